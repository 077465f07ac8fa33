"""The identities on a live connection: the token of `hello` holds for all threads, a token of `join` for its thread."""

from collections.abc import Container

from hubbub.domain.actor import Actor
from hubbub.domain.events import Topic, thread_topic
from hubbub.services.caller import Caller
from hubbub.services.identity import Bearer

KEPT = 100  # threads with a token of their own; no connection follows more


class Identities:
    """The bearers of one connection's tokens."""

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

    def unbind(self, thread: str) -> None:
        """Removes a thread's own bearer: the default one holds there again."""
        self._by_thread.pop(thread, None)

    def actor_in(self, thread: str) -> Actor | None:
        """Who reads a thread; nobody once the token has expired."""
        return actor_of(self._by_thread.get(thread, self.default))

    def caller(self, origin: str | None, address: str) -> Caller:
        """Who sends a request now."""
        ended = self.default is not None and self.default.ended
        return Caller(actor_of(self.default), origin, address, self._by_thread, ended)


def actor_of(bearer: Bearer | None) -> Actor | None:
    """Who a token stands for; nobody once it has expired."""
    return None if bearer is None or bearer.ended else bearer.actor
