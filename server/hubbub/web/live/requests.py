"""What a live connection's requests do. Requests are prepared one after the other, in the order in which they came; the
waiting for storage overlaps, so a client may send many before the first is answered."""

import asyncio
from collections import deque
from functools import partial
from time import monotonic
from typing import NamedTuple

from hubbub.domain.actor import check_site, of_site
from hubbub.domain.errors import ErrorCode, Refused, bad_request, unavailable
from hubbub.domain.events import THREAD, thread_topic
from hubbub.domain.sizes import FRAME_BYTES
from hubbub.live.connection import Connection
from hubbub.live.verdicts import complaints
from hubbub.metrics import REFUSED
from hubbub.protocol.close_codes import RIGHTS_CHANGED
from hubbub.protocol.messages import ok, refusal
from hubbub.protocol.requests import AnyRequest
from hubbub.protocol.requests.conversation import ConversationRequest, Hello, Join, Leave, Typing
from hubbub.services.caller import Bearer, Identities, actor_of
from hubbub.services.handlers import Prepared, prepare
from hubbub.services.history import ThreadRef
from hubbub.services.rate_limits import REQUESTS_ADDRESS
from hubbub.services.refusals import refusal_of
from hubbub.services.threads import with_thread
from hubbub.web.node import Node
from hubbub.web.requester import Requester, answer_fields

IN_FLIGHT = 64  # messages of one connection; beyond, its frames wait in the kernel's buffer
IN_FLIGHT_BYTES = FRAME_BYTES  # the same for their bytes
LARGE = 4096  # bytes from which on a message counts as a request: no command but a long comment is as large
THREADS = 100  # that one connection follows: no page shows so many, and each may cost the node a subscription
JOIN_WITHIN = 7.0  # s; storage that hangs must not hold a connection's commands for ever


class _Message(NamedTuple):
    data: bytes
    binary: bool
    since: float  # when it came, by `monotonic`


class RequestHandler:
    """Handles one connection's messages; `receive` never raises and never blocks."""

    __slots__ = (
        "_admitting",
        "_bytes",
        "_conversation",
        "_identities",
        "_in_flight",
        "_join_within",
        "_node",
        "_queue",
        "connection",
    )

    def __init__(self, node: Node, connection: Connection, *, join_within: float = JOIN_WITHIN) -> None:
        self._node = node
        self._join_within = join_within
        self.connection = connection
        self._conversation = connection.conversation
        self._identities = Identities()
        self._queue: deque[_Message] = deque()
        self._admitting: asyncio.Task[None] | None = None
        self._in_flight = 0
        self._bytes = 0

    def receive(self, data: bytes, binary: bool) -> None:
        """Takes a message from the peer. It is handled when its turn comes."""
        if self._conversation.verdict is not None:
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
            request = self._read(message) if await self._may_be_read(message) else None
            prepared = None if request is None else await self._begin(request)
            if prepared is None:
                self._finished(message)
                continue
            task = asyncio.create_task(self._submit(message, prepared))
            self._node.running.add(task)
            task.add_done_callback(self._node.running.discard)
        self._admitting = None

    async def _begin(self, request: AnyRequest) -> Prepared | None:
        """The first step, in order: prepares a request that writes, and carries out any other. None: answered."""
        try:
            if not isinstance(request, ConversationRequest):
                caller = self._identities.caller(self._conversation.origin, self._conversation.address)
                return await prepare(self._node, caller, request)
            await self._converse(request)
        except Exception as error:
            self._refuse(request, error)
        return None

    async def _submit(self, message: _Message, prepared: Prepared) -> None:
        """The second step, which overlaps others': waits for the worker and answers."""
        try:
            done = await Requester(message.since, self._is_connected).submit(self._node, prepared.command)
            fields = answer_fields(self._node, prepared.shows, done, prepared.actor)
            self._reply(prepared.request.ref, **fields, seq=done.seq)
        except Exception as error:
            self._refuse(prepared.request, error)
        self._finished(message)

    def _refuse(self, request: AnyRequest, error: Exception) -> None:
        refused = refusal_of(error, "command_failed", command=type(request).__name__)
        REFUSED.labels(refused.code).inc()
        self.connection.send(refusal(self.connection.variant.codec, request.ref, refused))

    async def _may_be_read(self, message: _Message) -> bool:
        """Waits until a message may be read; returns whether it should be. A large one counts as a request of its
        network, and waits if there were too many: it cannot be refused, since its `ref` is not known yet."""
        while len(message.data) >= LARGE and not self.connection.closed:
            try:
                self._node.limits.check((REQUESTS_ADDRESS, self._conversation.address))
            except Refused as refused:
                await asyncio.sleep(refused.retry_after or 1)
            else:
                return True
        return len(message.data) < LARGE

    def _read(self, message: _Message) -> AnyRequest | None:
        """Decodes a message. Sends a refusal and returns None if it is invalid."""
        read = self._conversation.receive(message.data, binary=message.binary)
        if not isinstance(read, bytes):
            return read
        REFUSED.labels(ErrorCode.BAD_REQUEST).inc()
        self.connection.send(read)
        verdict = self._conversation.verdict
        if verdict is not None:
            self._queue.clear()
            complaints.note(verdict.name)
            self.connection.link.close(verdict.code, verdict.name)
        return None

    def _finished(self, message: _Message) -> None:
        self._in_flight -= 1
        self._bytes -= len(message.data)
        if self._in_flight < IN_FLIGHT // 2 and self._bytes < IN_FLIGHT_BYTES:
            self.connection.link.resume_receiving()

    async def _is_connected(self) -> bool:
        return not self.connection.closed

    async def _converse(self, request: ConversationRequest) -> None:
        """Carries out a request about the connection itself, and answers it."""
        match request:
            case Hello():
                await self._hello(request)
            case Join():
                await self._join(request)
            case Leave():
                self._node.hub.leave(self.connection, thread_topic(request.thread))
                self._identities.unbind(request.thread)
                self._reply(request.ref)
            case Typing():
                await self._note_typing(request.thread)
                if request.ref is not None:
                    self._reply(request.ref)

    async def _hello(self, request: Hello) -> None:
        self._node.limits.check((REQUESTS_ADDRESS, self._conversation.address))
        self._identities.default = bearer = self._read_bearer(request.token)
        author = await self._node.authors.own_view(bearer.actor)
        for topic in list(self.connection.followed):  # they may have joined before it was known who they are
            if topic.kind == THREAD and not self._identities.has_own(topic.name):
                await self._node.hub.identify(self.connection, topic, bearer.actor)
        self._reply(request.ref, author=author)

    async def _note_typing(self, thread: str) -> None:
        """Shows others that the sender is typing, if the sender could post."""
        actor = self._identities.actor_in(thread)
        if actor is None or thread_topic(thread) not in self.connection.followed:
            return
        ref = await self._node.history.ref(thread)
        if of_site(actor, ref.site) is not None:
            self._node.hub.note_typing(self.connection, thread_topic(thread))

    async def _join(self, request: Join) -> None:
        self._node.limits.check((REQUESTS_ADDRESS, self._conversation.address))
        try:
            async with asyncio.timeout(self._join_within):
                await self._find_and_join(request)
        except TimeoutError:
            raise unavailable("The thread can't be read just now; please try again.", 1) from None

    async def _find_and_join(self, request: Join) -> None:
        bearer = None if request.token is None else self._read_bearer(request.token)
        join = partial(self._join_found, request, bearer)
        if request.thread is not None and request.site is None and request.key is None:
            ref = await self._node.history.ref(request.thread)
            self._node.sites.check_origin(ref.site, self._conversation.origin)
            await join(ref)
        elif request.thread is None and request.site is not None and request.key is not None:
            caller = self._identities.caller(self._conversation.origin, self._conversation.address)
            await with_thread(self._node, caller, request.site, request.key, join)
        else:
            raise bad_request("A join names either `thread`, or `site` and `key`.")

    async def _join_found(self, request: Join, bearer: Bearer | None, ref: ThreadRef) -> None:
        """Follows the thread as the bearer of the join's token, if it has one, else as `hello` said."""
        follows, topic = self.connection.followed, thread_topic(ref.id)
        if bearer is not None:
            check_site(bearer.actor, ref.site)
        if len(follows) >= THREADS and topic not in follows:
            message = f"A connection follows at most {THREADS} threads; leave another one first."
            raise Refused(ErrorCode.RATE_LIMITED, message, 10)
        viewer = actor_of(bearer or self._identities.default)
        await self._node.hub.join(self.connection, topic, request.ref, request.after, viewer=viewer)
        self._identities.bind(ref.id, bearer, follows)
        if bearer is not None and bearer.rights_changed:  # while the thread was read
            self.check_rights()

    def _read_bearer(self, token: str) -> Bearer:
        """Whose a token is. A connection that has one of staff has its rights checked whenever the staff changes."""
        bearer = self._node.identity.read_bearer(token)
        if bearer.check is not None:
            self._node.members.watchers.add(self.check_rights)
        return bearer

    def check_rights(self) -> None:
        """Closes the connection if one of its tokens was revoked or gives other rights now (G13). It then follows
        nothing, and the client comes back with what it still may do."""
        if self._identities.rights_changed:
            self.connection.link.close(RIGHTS_CHANGED.code, RIGHTS_CHANGED.name)

    def _reply(self, ref: int, **fields: object) -> None:
        self.connection.send(ok(self.connection.variant.codec, ref, **fields))
