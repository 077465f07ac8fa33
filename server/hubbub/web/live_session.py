"""What a live connection's commands do. Commands are admitted one after the other, in the order they came; the
waiting for storage overlaps, so a client may send many before the first is answered."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from functools import partial
from time import monotonic
from typing import Any, NamedTuple

import structlog
from sqlalchemy.exc import DBAPIError

from hubbub.domain.actor import of_site
from hubbub.domain.errors import ErrorCode, Refused, bad_request, unavailable
from hubbub.domain.limits import FRAME_BYTES
from hubbub.domain.topics import thread_topic
from hubbub.live.connection import Connection
from hubbub.live.verdicts import complaints
from hubbub.metrics import REFUSED
from hubbub.protocol import commands as c
from hubbub.protocol.messages import ok, refusal
from hubbub.protocol.views import author_view, comment_views, thread_view
from hubbub.services.caller import Caller
from hubbub.services.history import ThreadRef
from hubbub.services.identity import Bearer, session_ended
from hubbub.services.limits import REQUESTS_ADDRESS
from hubbub.storage.faults import reason
from hubbub.transport.commands import AnyWrite, Done
from hubbub.web.sender import Sender
from hubbub.web.state import Node

IN_FLIGHT = 64  # messages of one connection; beyond, its frames wait in the kernel's buffer
IN_FLIGHT_BYTES = FRAME_BYTES  # the same for their bytes
LARGE = 4096  # bytes from which on a message counts as a request: no command but a long comment is as large
THREADS = 100  # that one connection follows: no page shows so many, and each may cost the node a subscription
JOIN_WITHIN = 7.0  # s; storage that hangs must not hold a connection's commands for ever

log = structlog.get_logger()


class _Message(NamedTuple):
    data: bytes
    binary: bool
    since: float  # when it came, by `monotonic`


class LiveSession:
    """Handles one connection's messages; `receive` never raises and never blocks."""

    __slots__ = ("_admitting", "_bearer", "_bytes", "_in_flight", "_node", "_queue", "_session", "connection")

    def __init__(self, node: Node, connection: Connection) -> None:
        self._node = node
        self.connection = connection
        self._session = connection.session
        self._bearer: Bearer | None = None
        self._queue: deque[_Message] = deque()
        self._admitting: asyncio.Task[None] | None = None
        self._in_flight = 0
        self._bytes = 0

    def receive(self, data: bytes, binary: bool) -> None:
        """One message from the peer; it is looked into when its turn has come."""
        if self._session.verdict is not None:
            return
        self._queue.append(_Message(data, binary, monotonic()))
        self._in_flight += 1
        self._bytes += len(data)
        if self._in_flight >= IN_FLIGHT or self._bytes >= IN_FLIGHT_BYTES:
            self.connection.link.pause_receiving()
        if self._admitting is None:
            self._admitting = asyncio.create_task(self._admit())

    async def _admit(self) -> None:
        while self._queue:
            await self.connection.drained()  # whoever does not read its answers is asked nothing more
            message = self._queue.popleft()
            command = self._read(message) if await self._may_be_read(message) else None
            if command is None:
                self._finished(message)
                continue
            answering = await self._answered(command, self._begin(command, Sender(message.since, self._is_there)))
            if answering is None:
                self._finished(message)
            else:
                task = asyncio.create_task(self._finish(message, command, answering))
                self._node.running.add(task)
                task.add_done_callback(self._node.running.discard)
        self._admitting = None

    async def _may_be_read(self, message: _Message) -> bool:
        """Whether a message is worth looking into, once it may be. A large one is a request of its network's, and waits
        where those were too many: it can't be refused, as its `ref` is not known yet."""
        while len(message.data) >= LARGE and not self.connection.closed:
            try:
                self._node.limits.check((REQUESTS_ADDRESS, self._session.address))
            except Refused as refused:
                await asyncio.sleep(refused.retry_after or 1)
            else:
                return True
        return len(message.data) < LARGE

    def _read(self, message: _Message) -> c.AnyCommand | None:
        """The command in a message; None, and a refusal is sent, if there is none to be had."""
        read = self._session.receive(message.data, binary=message.binary)
        if not isinstance(read, bytes):
            return read
        REFUSED.labels(ErrorCode.BAD_REQUEST).inc()
        self.connection.send(read)
        verdict = self._session.verdict
        if verdict is not None:
            self._queue.clear()
            complaints.note(verdict.name)
            self.connection.link.close(verdict.code, verdict.name)
        return None

    async def _finish(self, message: _Message, command: c.AnyCommand, answering: Coroutine[Any, Any, None]) -> None:
        await self._answered(command, answering)
        self._finished(message)

    def _finished(self, message: _Message) -> None:
        self._in_flight -= 1
        self._bytes -= len(message.data)
        if self._in_flight < IN_FLIGHT // 2 and self._bytes < IN_FLIGHT_BYTES:
            self.connection.link.resume_receiving()

    async def _answered(
        self, command: c.AnyCommand, work: Coroutine[Any, Any, Coroutine[Any, Any, None] | None]
    ) -> Coroutine[Any, Any, None] | None:
        """The work's result; its refusal is sent instead."""
        try:
            return await work
        except Refused as error:
            refused = error
        except DBAPIError as error:
            log.error("storage_unavailable", error=reason(error))
            refused = unavailable("Storage is not available; please try again.", 1)
        except Exception:
            log.exception("command_failed", command=type(command).__name__)
            refused = Refused(ErrorCode.INTERNAL, "Something went wrong here; the fault is ours.")
        REFUSED.labels(refused.code).inc()
        self.connection.send(refusal(self.connection.variant.codec, command.ref, refused))
        return None

    async def _is_there(self) -> bool:
        return not self.connection.closed

    async def _begin(self, command: c.AnyCommand, sender: Sender) -> Coroutine[Any, Any, None] | None:
        """Does what must be in order; returns what may overlap."""
        self._check_session(command)
        match command:
            case c.Hello():
                self._node.limits.check((REQUESTS_ADDRESS, self._session.address))
                self._hello(command)
            case c.Join():
                await self._join(command)
            case c.Leave():
                self._node.hub.leave(self.connection, thread_topic(command.thread))
                self._reply(command.ref)
            case c.Typing():
                await self._note_typing(command.thread)
                if command.ref is not None:
                    self._reply(command.ref)
            case c.Close() | c.Reopen():
                return self._write(sender, command.ref, await self._prepare(command), self._show_thread)
            case _:
                return self._write(sender, command.ref, await self._prepare(command), self._show_comment)
        return None

    def _check_session(self, command: c.AnyCommand) -> None:
        """A token may end before its connection does: from then on nobody speaks here, and who wanted to is told."""
        if self._bearer is None or not self._bearer.ended:
            return
        self._bearer = self._session.actor = None
        if not isinstance(command, c.Hello | c.Join | c.Leave | c.Typing):
            raise session_ended()

    def _hello(self, command: c.Hello) -> None:
        self._bearer = self._node.identity.read_bearer(command.token)
        self._session.actor = self._bearer.actor
        self._reply(command.ref, author=author_view(self._session.actor.author))

    async def _note_typing(self, thread: str) -> None:
        """Tells others of somebody who writes what may be posted."""
        actor = self._session.actor
        if actor is None or thread_topic(thread) not in self.connection.followed:
            return
        ref = await self._node.history.ref(thread)
        if of_site(actor, ref.site) is not None:
            self._node.hub.note_typing(self.connection, thread_topic(thread))

    async def _join(self, command: c.Join) -> None:
        self._node.limits.check((REQUESTS_ADDRESS, self._session.address))
        try:
            async with asyncio.timeout(JOIN_WITHIN):
                await self._find_and_join(command)
        except TimeoutError:
            raise unavailable("The thread can't be read just now; please try again.", 1) from None

    async def _find_and_join(self, command: c.Join) -> None:
        join = partial(self._join_found, command)
        if command.thread is not None and command.site is None and command.key is None:
            found = await self._node.history.ref(command.thread)
            self._node.sites.check_origin(found.site, self._session.origin)
            await join(found)
        elif command.thread is None and command.site is not None and command.key is not None:
            await self._node.moderation.opened(self._caller, command.site, command.key, join)
        else:
            raise bad_request("A join names either `thread`, or `site` and `key`.")

    async def _join_found(self, command: c.Join, found: ThreadRef) -> None:
        follows, topic = self.connection.followed, thread_topic(found.id)
        if len(follows) >= THREADS and topic not in follows:
            message = f"A connection follows at most {THREADS} threads; leave another one first."
            raise Refused(ErrorCode.RATE_LIMITED, message, 10)
        await self._node.hub.join(self.connection, topic, command.ref, command.after)

    @property
    def _caller(self) -> Caller:
        return Caller(self._session.actor, self._session.origin, self._session.address)

    async def _prepare(self, command: c.AnyCommand) -> AnyWrite:
        node, caller = self._node, self._caller
        match command:
            case c.Post():
                return await node.posting.post(caller, command.thread, command.id, command.body, command.parent)
            case c.Edit():
                return await node.posting.edit(caller, command.comment, command.body)
            case c.Remove():
                return await node.moderation.remove(caller, command.comment, command.reason)
            case c.Restore():
                return await node.moderation.restore(caller, command.comment)
            case c.Close():
                return await node.moderation.close(caller, command.thread, command.reason)
            case c.Reopen():
                return await node.moderation.reopen(caller, command.thread)
        raise AssertionError(f"expected a command that writes, got {command!r}")

    async def _write(
        self, sender: Sender, ref: int, command: AnyWrite, show: Callable[[Done], dict[str, object]]
    ) -> None:
        done = await sender.carry_out(self._node, command)
        self._reply(ref, **show(done), seq=done.seq)

    def _show_thread(self, done: Done) -> dict[str, object]:
        assert done.thread is not None
        return {"thread": thread_view(done.thread, self._node.hub.watching(thread_topic(done.thread.id)))}

    def _show_comment(self, done: Done) -> dict[str, object]:
        assert done.comment is not None
        assert done.thread is not None
        (view,) = comment_views([done.comment], self._session.actor, done.thread.site)
        return {"comment": view}

    def _reply(self, ref: int, **fields: object) -> None:
        self.connection.send(ok(self.connection.variant.codec, ref, **fields))
