"""Who sends requests, and from where: the bearers of tokens, on a live connection one for each thread."""

import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused, token_missing
from hubbub.domain.events import Topic, thread_topic

KEPT = 100  # threads with a token of their own; no connection follows more

Check = Callable[[Actor], Actor]


class Bearer(NamedTuple):
    """Whose a token is, until `ends` (in seconds of the wall clock), or until `check` says that it was revoked or
    gives other rights now; one without `check` cannot be."""

    actor: Actor
    ends: float
    check: Check | None = None

    @property
    def ended(self) -> bool:
        """Whether the token is good no longer, at least not for these rights."""
        return time.time() >= self.ends or self.rights_changed

    @property
    def rights_changed(self) -> bool:
        """Whether the token was revoked, or gives other rights than when it was read."""
        if self.check is None:
            return False
        try:
            return self.check(self.actor) != self.actor
        except Refused:
            return True


def actor_of(bearer: Bearer | None) -> Actor | None:
    """Who a token stands for; nobody once it has ended."""
    return None if bearer is None or bearer.ended else bearer.actor


def session_ended() -> Refused:
    """For a token whose time is over."""
    return Refused(ErrorCode.UNAUTHORIZED, "This session has ended; start a new one.")


@dataclass(frozen=True, slots=True)
class Caller:
    """`actor` is the bearer of the token, if there is one; `origin` the page that asks (None: a program); `address` the
    network address that rate limits count by. On a live connection, `bearers` are those of the tokens of single threads
    (by their ids), and `ended` is whether the connection's own token has expired."""

    actor: Actor | None
    origin: str | None
    address: str
    bearers: Mapping[str, Bearer] = field(default_factory=dict)
    ended: bool = False

    def actor_in(self, thread: str) -> Actor | None:
        """Who writes in a thread, None without a token. Refused `unauthorized` where the token has expired."""
        bearer = self.bearers.get(thread)
        if self.ended if bearer is None else bearer.ended:
            raise session_ended()
        return self.actor if bearer is None else bearer.actor

    def anybody(self) -> Actor:
        """One of those who write here, while it is not known yet in which thread. Refused `unauthorized` if there is
        none."""
        if self.actor is not None:
            return self.actor
        for bearer in self.bearers.values():
            if not bearer.ended:
                return bearer.actor
        raise session_ended() if self.ended else token_missing()


class Identities:
    """Whose tokens a connection has: that of `hello` is for all threads, that of a `join` for its thread alone."""

    __slots__ = ("_by_thread", "default")

    def __init__(self) -> None:
        self.default: Bearer | None = None
        self._by_thread: dict[str, Bearer] = {}

    def bind(self, thread: str, bearer: Bearer | None, follows: Container[Topic]) -> None:
        """`bearer` speaks in a thread from here on, or whoever speaks by default. Threads that the connection no longer
        `follows` are forgotten where there are too many."""
        if bearer is None:
            self.unbind(thread)
            return
        if len(self._by_thread) >= KEPT:
            self._by_thread = {one: kept for one, kept in self._by_thread.items() if thread_topic(one) in follows}
        self._by_thread[thread] = bearer

    def has_own(self, thread: str) -> bool:
        """Whether a token of a `join` speaks in a thread, whatever `hello` says."""
        return thread in self._by_thread

    def unbind(self, thread: str) -> None:
        """Removes a thread's own bearer: the default one holds there again."""
        self._by_thread.pop(thread, None)

    @property
    def rights_changed(self) -> bool:
        """Whether any of the tokens was revoked, or gives other rights than when it was read."""
        bearers = self._by_thread.values() if self.default is None else (self.default, *self._by_thread.values())
        return any(bearer.rights_changed for bearer in bearers)

    def actor_in(self, thread: str) -> Actor | None:
        """Who reads a thread; nobody once the token has expired."""
        return actor_of(self._by_thread.get(thread, self.default))

    def caller(self, origin: str | None, address: str) -> Caller:
        """Who sends a request now."""
        actor = actor_of(self.default)
        return Caller(actor, origin, address, self._by_thread, ended=self.default is not None and actor is None)
