"""The client itself: who speaks, which threads are followed, and how they come back after a loss."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

import httpx
import msgspec

from hubbub.client.connection import Call, Make
from hubbub.client.errors import NoAnswer
from hubbub.client.link import Handlers, Link, Options, may_have_proxy
from hubbub.client.state import Reset
from hubbub.client.thread import Phase, Thread
from hubbub.client.wire import Message
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.protocol.answers import QueueAnswer
from hubbub.protocol.requests.conversation import Hello, Join, Leave
from hubbub.protocol.requests.sites import SessionBody
from hubbub.protocol.views import AuthorView, ErrorView, ThreadView

# Refusals that may be over at the next try; `reset` is a race of the join with a change of the log.
_PASSING = {ErrorCode.UNAVAILABLE, ErrorCode.RATE_LIMITED, ErrorCode.INTERNAL, ErrorCode.RESET}

ANSWER_BYTES = 64 * 1024
PAGE_BYTES = 16 * 1024 * 1024  # of a page of comments: each may have some 100 KiB of HTML
LEAVING = 5.0  # s after a goodbye in which the server closes; then we do


class _SessionReply(msgspec.Struct, frozen=True):
    token: str
    author: AuthorView


class _ErrorReply(msgspec.Struct, frozen=True):
    error: ErrorView


def connect(url: str, token: str | None = None, name: str | None = None, options: Options | None = None) -> "Client":
    """A client of the server at `url` (http or https, with a path if it lives under one), for `async with`.

    `token` is said on every connection, `name` is the default for `session`. Nothing waits for the connection but
    commands, each until its deadline. ValueError if `url` is none.
    """
    return Client(url, token, name, options or Options())


class Client:
    """Made by `connect`."""

    def __init__(self, url: str, token: str | None, name: str | None, options: Options) -> None:
        parts = urlsplit(url)
        path = parts.path.rstrip("/")
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
            raise ValueError(f"expected an address such as https://comments.example, got {url!r}")
        self.url = urlunsplit((parts.scheme, parts.netloc, path, "", ""))
        self._token = token
        self._name = name
        self._options = options
        self._threads: dict[str, Thread] = {}
        handlers = Handlers(self._greet, self._on_push, self._on_down, self._on_end)
        live = urlunsplit((parts.scheme.replace("http", "ws"), parts.netloc, f"{path}/api/v1/live", "", ""))
        self._link = Link(live, options, handlers)
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._link.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._link.close()
        if self._running is not None:
            self._running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._running

    # What a user calls

    async def hello(self, token: str, *, deadline: float | None = None) -> AuthorView:
        """Speaks as the token's bearer from here on, on later connections too. Raises Refused `unauthorized`."""
        reply = await self.request(lambda ref: Hello(ref, token), deadline=deadline)
        assert reply.author is not None, f"expected an author, got {reply}"
        self._token = token
        return reply.author

    async def session(
        self, site: str, name: str | None = None, email: str | None = None, website: str | None = None
    ) -> AuthorView:
        """Starts a guest's session on `site` and speaks as that guest. Raises Refused, NoAnswer."""
        body = SessionBody(site, name or self._name, email, website)
        status, answer = await self._http("POST", "/api/v1/sessions", ANSWER_BYTES, msgspec.json.encode(body))
        if status != httpx.codes.CREATED:
            raise _refusal(status, answer)
        reply = msgspec.json.decode(answer, type=_SessionReply)
        await self.hello(reply.token)
        return reply.author

    async def queue(
        self, site: str, state: str = "held", *, limit: int | None = None, cursor: str | None = None
    ) -> QueueAnswer:
        """A page of what waits for the staff of `site` (`held`), or of what they took out of sight (`spam`, `removed`),
        for a token of theirs. `cursor` is that of the page before. Raises Refused, NoAnswer."""
        query = {"state": state, "limit": limit, "cursor": cursor}
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        status, answer = await self._http(
            "GET", f"/api/v1/sites/{quote(site, safe='')}/queue?{asked}", PAGE_BYTES, token=self._token
        )
        if status != httpx.codes.OK:
            raise _refusal(status, answer)
        return msgspec.json.decode(answer, type=QueueAnswer)

    async def join(
        self,
        site: str | None = None,
        key: str | None = None,
        *,
        thread: str | None = None,
        deadline: float | None = None,
    ) -> Thread:
        """Follows the thread of a page, or the one with the id `thread`; once more gives the same Thread.

        Raises Refused (`not_found`), NoAnswer, ClosedForGood.
        """
        joined: list[Thread] = []

        def on_reply(reply: Message | None) -> None:
            if reply is not None and reply.ok:
                joined.append(self._joined(reply))

        await self._link.request(lambda ref: Join(ref, site, key, thread), deadline=deadline, on_reply=on_reply)
        return joined[-1]

    async def _http(
        self, method: str, path: str, most: int, content: bytes | None = None, token: str | None = None
    ) -> tuple[int, bytes]:
        """The status and body of an answer over HTTP, of at most so many bytes. Raises NoAnswer."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        timeout, proxied = self._options.connect_timeout, may_have_proxy(self.url)
        try:
            # Not trust_env, with which SSL_CERT_FILE would be left aside too.
            secure = self.url.startswith("https:")  # to read all certificates takes 20 ms
            straight = None if proxied else httpx.AsyncHTTPTransport(verify=secure)
            async with (
                asyncio.timeout(timeout),
                httpx.AsyncClient(verify=secure, timeout=timeout, transport=straight) as http,
            ):
                return await _ask(http, method, f"{self.url}{path}", most, content, headers)
        except (httpx.HTTPError, TimeoutError) as error:
            raise NoAnswer(f"No answer from {self.url}: {error or type(error).__name__}") from error

    # What threads need (see thread.Carrier)

    async def request(self, make: Make, *, deadline: float | None, patient: bool = False) -> Message:
        """The answer to a command. Raises Refused, NoAnswer, ClosedForGood."""
        return await self._link.request(make, deadline=deadline, patient=patient)

    def follow(self, thread: Thread, attempt: int = 0) -> None:
        """Joins again from the thread's place on, after a pause unless it is the first attempt."""
        if attempt:
            self._follow_later(thread, self._options.backoff(attempt - 1))
        else:
            self._rejoin(self._link.call, thread)

    def unfollow(self, thread: Thread, *, forget: bool) -> None:
        """Tells the server to send no more of it."""
        if forget:
            self._threads.pop(thread.id, None)
        self._link.call(lambda ref: Leave(ref, thread.id), lambda reply: None)

    # Joining again

    def _rejoin(self, call: Call, thread: Thread) -> None:
        call(lambda ref: Join(ref, thread=thread.id, after=thread.after), lambda reply: self._rejoined(thread, reply))

    def _rejoined(self, thread: Thread, reply: Message | None) -> None:
        if reply is None or thread.phase is not Phase.WAITING:
            return  # lost: the next greeting asks again
        refused = reply.refused
        if refused is None:
            self._resume(thread, reply)
        elif refused.code in _PASSING:
            self._follow_later(thread, max(refused.retry_after or 0.0, self._options.backoff(0)))
        else:
            self._threads.pop(thread.id, None)
            thread.end(refused)

    def _resume(self, thread: Thread, reply: Message) -> None:
        assert isinstance(reply.thread, ThreadView), f"expected a thread, got {reply}"
        thread.own.clear()
        thread.take_own(reply.own or ())
        if reply.events is None:
            thread.restart(Reset(reply.thread, reply.comments or [], reply.more))
            return
        thread.phase = Phase.LIVE
        thread.watch(reply.thread.watching or 0)
        thread.take(reply.thread.epoch, reply.events)

    def _follow_later(self, thread: Thread, seconds: float) -> None:
        def again() -> None:
            if thread.phase is Phase.WAITING:
                self._rejoin(self._link.call, thread)

        asyncio.get_running_loop().call_later(seconds, again)

    def _joined(self, reply: Message) -> Thread:
        assert isinstance(reply.thread, ThreadView), f"expected a thread, got {reply}"
        known = self._threads.get(reply.thread.id)
        if known is not None:
            known.stumble()  # the server follows on from this answer's place now, which may be beyond ours
            return known
        snapshot = Reset(reply.thread, reply.comments or [], reply.more)
        thread = self._threads[reply.thread.id] = Thread(snapshot, self._options.queue, self)
        thread.take_own(reply.own or ())
        return thread

    # What the link tells

    def _greet(self, call: Call) -> None:
        """Who speaks, then what is followed: the server answers in this order, before any command that waits."""
        token = self._token
        if token is not None:
            call(lambda ref: Hello(ref, token), self._greeted)
        for thread in self._threads.values():
            if thread.phase is Phase.WAITING:
                self._rejoin(call, thread)

    def _greeted(self, reply: Message | None) -> None:
        """A token that is no longer good makes us a mere reader; one that could not be looked at makes us come back."""
        refused = reply.refused if reply is not None else None
        if refused is not None and refused.code in _PASSING:
            self._link.replace(after=0.0, back_in=max(refused.retry_after or 0.0, self._options.backoff(0)))

    def _on_push(self, push: Message) -> None:
        if push.push == "goodbye":
            self._link.replace(after=LEAVING, back_in=max(0.0, push.reconnect_in))
            return
        thread = self._threads.get(push.thread_id)
        if thread is None or thread.phase is not Phase.LIVE:
            return
        if push.push == "events":
            thread.take(push.epoch or "", push.events or [])
        elif push.push == "own" and push.comment is not None:
            thread.take_own([push.comment])
        elif push.push == "presence":
            thread.watch(push.watching)
        elif push.push == "reset":
            thread.stumble(void=True)

    def _on_down(self) -> None:
        for thread in self._threads.values():
            if thread.phase is Phase.LIVE:
                thread.phase = Phase.WAITING

    def _on_end(self, error: Exception) -> None:
        for thread in self._threads.values():
            thread.end(error)


async def _ask(
    http: httpx.AsyncClient, method: str, url: str, most: int, content: bytes | None, headers: dict[str, str]
) -> tuple[int, bytes]:
    """An answer's status and body, of which no more is taken in than one of Hubbub's has (`most` bytes)."""
    body = bytearray()
    async with http.stream(method, url, content=content, headers=headers) as answer:
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > most:
                raise httpx.DecodingError(f"expected an answer of at most {most // 1024} KiB")
    return answer.status_code, bytes(body)


def _refusal(status: int, answer: bytes) -> Refused:
    """The refusal in an HTTP answer; `internal` where something else than Hubbub answered."""
    try:
        view = msgspec.json.decode(answer, type=_ErrorReply).error
    except msgspec.DecodeError:
        return Refused(ErrorCode.INTERNAL, f"Expected an answer of Hubbub, got HTTP status {status}.")
    return Message(error=view).refused or Refused(ErrorCode.INTERNAL, view.message)
