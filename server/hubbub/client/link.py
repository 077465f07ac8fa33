"""A connection that is kept open: it reconnects after a loss, and sends commands again until they are answered."""

import asyncio
import logging
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
import websockets
from websockets.typing import Subprotocol

from hubbub.client.connection import Call, Connection, Make, OnReply
from hubbub.client.errors import ClientClosed, ClosedForGood, NoAnswer
from hubbub.client.wire import SUBPROTOCOL, Message
from hubbub.domain.errors import ErrorCode
from hubbub.protocol.close_codes import CLOSE_CODES

MESSAGE_BYTES = 16 * 1024 * 1024  # an answer's comments or events are 1 MiB of text and of HTML; JSON adds to that
MESSAGES = 2  # that wait to be looked at; beyond, nothing more is read
CLOSING = 1.0  # s for a closing handshake; a peer that is gone answers none

_HERE = re.compile(r"localhost|127(\.\d+){3}|::1", re.ASCII)
_BASE, _CAP = 0.25, 10.0  # s
_FINAL = {code.code for code in CLOSE_CODES if not code.reconnect}
_PASSING = {408, 425, 429}  # HTTP statuses below 500 that another try may mend

log = logging.getLogger("hubbub.client")


def may_have_proxy(url: str) -> bool:
    """Whether the environment's proxies (HTTP_PROXY and the like) count: no proxy leads to this machine itself."""
    return not _HERE.fullmatch(urlsplit(url).hostname or "")


def full_jitter(attempt: int) -> float:
    """Seconds to wait before try number `attempt` (0, 1 …): anything up to 0.25 s × 2^attempt, 10 s at most.

    From https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
    """
    # The exponent is capped as well: after 1,024 tries the power is more than a float holds.
    return random.uniform(0, min(_CAP, _BASE * 2 ** min(attempt, 16)))  # noqa: S311 (spreads load, guards nothing)


@dataclass(frozen=True, slots=True)
class Options:
    """How patient a client is, in seconds. `backoff` tells how long to wait before the nth try in a row, from 0."""

    backoff: Callable[[int], float] = full_jitter
    connect_timeout: float = 10.0
    ping: float = 5.0  # between pings, and for their answer: a half-open connection is given up after twice that
    deadline: float = 30.0  # for an answer, all tries together
    queue: int = 1000  # events that may wait for their reader; beyond, the server keeps them


@dataclass(frozen=True, slots=True)
class Handlers:
    """What a link calls: `greet` on every new connection before any waiting command is sent, `on_push` for pushes,
    `on_down` when a connection is lost, and `on_end` once, with the reason, when there will be no other."""

    greet: Callable[[Call], None]
    on_push: Callable[[Message], None]
    on_down: Callable[[], None]
    on_end: Callable[[Exception], None]


class Link:
    """Keeps one connection up for as long as `run` runs."""

    def __init__(self, url: str, options: Options, handlers: Handlers) -> None:
        self._url = url
        self._options = options
        self._handlers = handlers
        self._current: Connection | None = None
        self._moved = asyncio.Event()  # set while there is a connection, or the end
        self._ended: Exception | None = None
        self._trouble: Exception | None = None

    def call(self, make: Make, on_reply: OnReply) -> None:
        """Sends a command if the connection is up; does nothing otherwise, since `greet` says it all anew."""
        if self._current is not None:
            self._current.call(make, on_reply)

    async def request(
        self, make: Make, *, deadline: float | None, patient: bool = False, on_reply: OnReply | None = None
    ) -> Message:
        """The answer to a command that may safely be sent again: it is, after every loss and every `unavailable`.

        Raises Refused (`rate_limited` and `slow_mode` only if not `patient`), NoAnswer after `deadline` seconds,
        ClosedForGood.
        """
        seconds = self._options.deadline if deadline is None else deadline
        try:
            async with asyncio.timeout(seconds):
                return await self._insist(make, patient=patient, on_reply=on_reply)
        except TimeoutError:
            why = f": {self._trouble}" if self._trouble else ""
            raise NoAnswer(f"No answer from {self._url} within {seconds:g} s{why}") from None

    async def _insist(self, make: Make, *, patient: bool, on_reply: OnReply | None) -> Message:
        passing = {ErrorCode.UNAVAILABLE}
        if patient:
            passing |= {ErrorCode.RATE_LIMITED, ErrorCode.SLOW_MODE}
        attempt = 0
        while True:
            reply = await self._ask(await self._up(), make, on_reply)
            if reply is None:
                continue  # lost: once more on the next connection, which is not before its time
            refused = reply.refused
            if refused is None:
                return reply
            if refused.code not in passing:
                raise refused
            self._trouble = refused
            await asyncio.sleep(max(refused.retry_after or 0.0, self._options.backoff(attempt)))
            attempt += 1

    async def _ask(self, connection: Connection, make: Make, on_reply: OnReply | None) -> Message | None:
        answer: asyncio.Future[Message | None] = asyncio.get_running_loop().create_future()

        def take(message: Message | None) -> None:
            if answer.done():
                return  # nobody waits any more
            if on_reply is not None:
                on_reply(message)
            answer.set_result(message)

        connection.call(make, take)
        return await answer

    async def _up(self) -> Connection:
        while self._current is None:
            if self._ended is not None:
                raise self._ended
            await self._moved.wait()
        return self._current

    async def run(self) -> None:
        """Connects again and again, until `close`, or until the server says that reconnecting cannot help."""
        attempt = 0
        try:
            while True:
                connection = await self._converse()
                if self._ended is not None:
                    return
                attempt = 0 if connection is not None and connection.heard else attempt
                if connection is not None and connection.back_in is not None:
                    seconds = connection.back_in
                else:
                    seconds = max(self._options.backoff(attempt), retry_after(self._trouble))
                attempt += 1
                log.info("connecting to %s again in %.2f s: %s", self._url, seconds, self._trouble)
                await asyncio.sleep(seconds)
        except Exception as error:
            self._end(error)

    async def close(self) -> None:
        """Closes the link. Calls that still wait raise ClientClosed."""
        connection = self._current
        self._end(ClientClosed())
        if connection is not None:
            await connection.socket.close()

    def replace(self, *, after: float, back_in: float) -> None:
        """Sends nothing more on this connection and ends it in `after` seconds, unless the server does so before; the
        next one is due `back_in` seconds later."""
        if self._current is not None:
            self._current.end(after, back_in)
            self._down()

    async def _converse(self) -> Connection | None:
        """Runs one connection until it ends; None if it could not be made. ClosedForGood if there must be no other."""
        connection = None
        try:
            async with websockets.connect(
                self._url,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                open_timeout=self._options.connect_timeout,
                ping_interval=self._options.ping,
                ping_timeout=self._options.ping,
                close_timeout=CLOSING,
                max_size=MESSAGE_BYTES,
                max_queue=MESSAGES,
                proxy=True if may_have_proxy(self._url) else None,
            ) as socket:
                connection = Connection(socket, self._handlers.on_push)
                self._handlers.greet(connection.call)
                self._current = connection
                self._moved.set()
                await connection.run()
        except (OSError, websockets.WebSocketException, msgspec.DecodeError) as error:
            self._trouble = error
            if connection is None or connection.back_in is None:
                check_reconnect(error)
            if connection is not None and isinstance(error, msgspec.DecodeError):
                connection.heard = False  # what it said made no sense: the next try waits longer
        finally:
            self._down()
            self._handlers.on_down()
        return connection

    def _down(self) -> None:
        self._current = None
        if self._ended is None:
            self._moved.clear()

    def _end(self, error: Exception) -> None:
        if self._ended is None:
            self._ended = error
            self._current = None
            self._moved.set()
            self._handlers.on_end(error)


def check_reconnect(error: Exception) -> None:
    """Raises ClosedForGood if `error`, with which a connection ended, says that trying again cannot help."""
    if isinstance(error, websockets.InvalidStatus):
        status = error.response.status_code
        if status < 500 and status not in _PASSING:
            body = (error.response.body or b"")[:200].decode(errors="replace")
            raise ClosedForGood(status, body)
    elif isinstance(error, websockets.ConnectionClosed) and error.rcvd is not None and error.rcvd.code in _FINAL:
        raise ClosedForGood(error.rcvd.code, error.rcvd.reason)


def retry_after(error: Exception | None) -> float:
    """The seconds for which a refused handshake asks us to stay away (RFC 9110, 10.2.3; dates are not sent here)."""
    if not isinstance(error, websockets.InvalidStatus):
        return 0.0
    asked = error.response.headers.get("Retry-After", "")
    return float(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0.0
