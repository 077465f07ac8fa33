"""One thread that the client follows and writes to."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from enum import Enum, auto
from typing import Literal, Protocol
from uuid import uuid4

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.client.connection import Make
from hubbub.client.errors import ClientClosed
from hubbub.client.state import Gap, Reset, ThreadState
from hubbub.client.wire import Message
from hubbub.domain.model import Hold, State, Who
from hubbub.protocol.requests.conversation import Position
from hubbub.protocol.requests.moderation import Approve, Remove, Restore, Spam
from hubbub.protocol.requests.posting import Edit, Post
from hubbub.protocol.requests.threads import Close, Mode, Pin, Reopen
from hubbub.protocol.requests.votes import React, Vote
from hubbub.protocol.views import CommentView, EventView, OwnCommentView, ThreadView


class Phase(Enum):
    """Where a thread stands towards the server."""

    LIVE = auto()  # every push is taken
    WAITING = auto()  # a join is due or under way, whose answer brings all that is missed meanwhile
    PARKED = auto()  # left for now: the reader has enough to read
    ENDED = auto()


class Carrier(Protocol):
    """What a thread needs of its client."""

    async def request(self, make: Make, *, deadline: float | None, patient: bool = False) -> Message:
        """The answer to a command. Raises Refused, NoAnswer, ClosedForGood."""

    def follow(self, thread: "Thread", attempt: int = 0) -> None:
        """Joins again from the thread's position; at once at the first attempt."""

    def unfollow(self, thread: "Thread", *, forget: bool) -> None:
        """Tells the server to send no more of the thread."""


class Thread:
    """A joined thread.

    `async for item in thread` yields every event since the join once, in seq order, across reconnects. A `Reset` among
    them says that the server's log is another one now; it carries the snapshot to go on from. The iteration ends when
    the client is left, and raises Refused or ClosedForGood when the thread or the server can be followed no longer.

    `snapshot` is what the iteration starts from. `view` and `comments` are the state as far as it was received, which
    may be ahead of the iteration. A reader that lags by more than `limit` events leaves the thread and has the rest
    read from the log later on, so it costs neither memory nor a blocked connection; until then the state stands still,
    too. Writing needs no reading. `own` are the caller's comments that others don't see, by their ids: those that are
    held, and those that the staff removed.

    `deadline` is in seconds, the client's default when None; after it NoAnswer is raised.
    """

    def __init__(self, snapshot: Reset, limit: int, carrier: Carrier) -> None:
        self.id = snapshot.thread.id
        self.snapshot = snapshot
        self.phase = Phase.LIVE
        self.void = False  # whether the place in the log means nothing any more
        self.own: dict[str, OwnCommentView] = {}
        self._state = ThreadState(snapshot)
        self._limit = limit
        self._carrier = carrier
        self._items: deque[EventView | Reset] = deque()
        self._arrived = asyncio.Event()
        self._ended: Exception | None = None
        self._stumbles = 0  # gaps without an event taken in between

    @property
    def view(self) -> ThreadView:
        """The thread as far as received."""
        return self._state.view

    @property
    def comments(self) -> list[CommentView]:
        """The comments of the snapshot's page and all newer ones, as far as received, oldest first."""
        return self._state.comments

    @property
    def more(self) -> bool:
        """Whether the thread has comments older than `comments`."""
        return self._state.more

    @property
    def after(self) -> Position | None:
        """The place in the log up to which all was received; None where there is none."""
        return None if self.void else Position(self._state.epoch, self._state.seq)

    # Reading

    def __aiter__(self) -> "Thread":
        return self

    async def __anext__(self) -> EventView | Reset:
        while not self._items:
            if self._ended is not None:
                raise self._ended
            self._arrived.clear()
            await self._arrived.wait()
        item = self._items.popleft()
        if self.phase is Phase.PARKED and len(self._items) <= self._limit // 2:
            self.phase = Phase.WAITING
            self._carrier.follow(self)
        return item

    async def leave(self) -> None:
        """Stops following the thread. The iteration ends after what was received."""
        if self.phase is not Phase.ENDED:
            self.end(ClientClosed())
            self._carrier.unfollow(self, forget=True)

    # Writing

    async def post(
        self,
        body: str,
        id: str | None = None,
        parent: str | None = None,
        *,
        deadline: float | None = None,
        patient: bool = False,
    ) -> OwnCommentView:
        """Posts a comment and returns it once it is stored; its `state` is `held` where others do not see it yet.

        `id` is a UUID, made here if None. It is tried again with the same id, through reconnects and while the server
        is `unavailable`, until there is an answer. Raises Refused (`rate_limited` and `slow_mode`
        too, unless `patient`), NoAnswer.
        """
        comment = id or str(uuid4())
        return await self._change_own(lambda ref: Post(ref, self.id, comment, body, parent), deadline, patient)

    async def edit(
        self, comment: str, body: str, *, rename: bool = False, deadline: float | None = None
    ) -> CommentView:
        """Rewrites a comment; with `rename` it takes the name that its author has now, too. Raises Refused."""
        return await self._change(lambda ref: Edit(ref, comment, body, rename), deadline)

    async def remove(
        self, comment: str, reason: str | None = None, *, seen: State | None = None, deadline: float | None = None
    ) -> OwnCommentView:
        """Takes a comment out of sight. Raises Refused, also if `seen` is given and no longer its state."""
        return await self._change_own(lambda ref: Remove(ref, comment, reason, seen), deadline)

    async def approve(
        self, comment: str, *, seen: State | None = None, deadline: float | None = None
    ) -> OwnCommentView:
        """Lets a held comment through. Raises Refused, also if `seen` is given and no longer its state."""
        return await self._change_own(lambda ref: Approve(ref, comment, seen), deadline)

    async def spam(self, comment: str, *, seen: State | None = None, deadline: float | None = None) -> OwnCommentView:
        """Takes a comment out of sight as spam. Raises Refused, also if `seen` is given and no longer its state."""
        return await self._change_own(lambda ref: Spam(ref, comment, seen), deadline)

    async def restore(self, comment: str, *, seen: State | None = None, deadline: float | None = None) -> CommentView:
        """Brings a removed comment back. Raises Refused, also if `seen` is given and no longer its state."""
        return await self._change(lambda ref: Restore(ref, comment, seen), deadline)

    async def vote(self, comment: str, value: Literal[1, 0, -1], *, deadline: float | None = None) -> CommentView:
        """Votes on somebody else's comment: 1 is up, -1 down, 0 takes the vote back. Raises Refused."""
        return await self._change(lambda ref: Vote(ref, comment, value), deadline)

    async def react(self, comment: str, name: str, *, on: bool = True, deadline: float | None = None) -> CommentView:
        """Adds one of the site's reactions, or takes it back. Raises Refused."""
        return await self._change(lambda ref: React(ref, comment, name, on), deadline)

    async def close(self, reason: str | None = None, *, deadline: float | None = None) -> ThreadView:
        """Closes the thread: no comment is accepted from here on. Raises Refused."""
        return await self._switch(lambda ref: Close(ref, self.id, reason), deadline)

    async def reopen(self, *, deadline: float | None = None) -> ThreadView:
        """Opens the thread again. Raises Refused."""
        return await self._switch(lambda ref: Reopen(ref, self.id), deadline)

    async def pin(self, comment: str | None, *, deadline: float | None = None) -> ThreadView:
        """Pins a comment in the thread, in place of the one before; None pins none. Raises Refused."""
        return await self._switch(lambda ref: Pin(ref, self.id, comment), deadline)

    async def set_close_at(self, close_at: str | None, *, deadline: float | None = None) -> ThreadView:
        """Sets when the thread closes by itself (RFC 3339), or None: at no set time. Raises Refused."""
        return await self._switch(lambda ref: Mode(ref, self.id, close_at), deadline)

    async def set_mode(
        self,
        *,
        slow: int | UnsetType = UNSET,
        who: Who | UnsetType = UNSET,
        hold: Hold | UnsetType = UNSET,
        delay: int | UnsetType = UNSET,
        deadline: float | None = None,
    ) -> ThreadView:
        """Sets how many seconds an author waits between comments (0: none), who may write, which comments a
        moderator reads before others see them, or after how many seconds others see one. Raises Refused."""
        return await self._switch(lambda ref: Mode(ref, self.id, slow=slow, who=who, hold=hold, delay=delay), deadline)

    async def _change(self, make: Make, deadline: float | None) -> CommentView:
        comment = await self._change_own(make, deadline)
        assert isinstance(comment, CommentView), f"expected a comment that everybody sees, got {comment}"
        return comment

    async def _change_own(self, make: Make, deadline: float | None, patient: bool = False) -> OwnCommentView:
        reply = await self._carrier.request(make, deadline=deadline, patient=patient)
        comment = reply.comment
        assert comment is not None, f"expected a comment, got {reply}"
        return comment if comment.number is None else CommentView(**msgspec.structs.asdict(comment))

    async def _switch(self, make: Make, deadline: float | None) -> ThreadView:
        reply = await self._carrier.request(make, deadline=deadline)
        assert isinstance(reply.thread, ThreadView), f"expected a thread, got {reply}"
        return reply.thread

    # What the client tells

    def take(self, epoch: str, events: Sequence[EventView]) -> None:
        """Takes events from the server while live. An event that is not the next one leads to a new join."""
        if epoch != self._state.epoch:
            self.stumble()
            return
        try:
            for event in sorted(events, key=lambda event: event.seq):
                if self._state.apply(event):
                    self._stumbles = 0
                    self._put(event)
        except Gap:
            self.stumble()
        if len(self._items) >= self._limit and self.phase is Phase.LIVE:
            self.phase = Phase.PARKED
            self._carrier.unfollow(self, forget=False)

    def stumble(self, *, void: bool = False) -> None:
        """The position in the log is doubtful or invalid: joins again, after a backoff."""
        self.phase = Phase.WAITING
        self.void = self.void or void
        self._carrier.follow(self, self._stumbles)
        self._stumbles += 1

    def restart(self, snapshot: Reset) -> None:
        """The server did not know the position: goes on from a snapshot."""
        self.void = False
        self.phase = Phase.LIVE
        self._state = ThreadState(snapshot)
        if self._items and isinstance(self._items[-1], Reset):
            self._items.pop()  # nothing came since: one snapshot is enough to go on from
        self._put(snapshot)

    def take_own(self, own: Iterable[OwnCommentView]) -> None:
        """What became of the caller's comments."""
        for comment in own:
            self.own.pop(comment.id, None)
            if comment.removed:
                self.own[comment.id] = comment

    def watch(self, watching: int) -> None:
        """How many read the thread now."""
        self._state.watch(watching)

    def end(self, error: Exception) -> None:
        """Ends the iteration; `error` says why."""
        self.phase = Phase.ENDED
        if self._ended is None:
            self._ended = StopAsyncIteration() if isinstance(error, ClientClosed) else error
            self._arrived.set()

    def _put(self, item: EventView | Reset) -> None:
        self._items.append(item)
        self._arrived.set()
