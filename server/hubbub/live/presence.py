"""Presence: how many people read a topic on all nodes, and how many of this node's readers are typing."""

from collections.abc import Callable
from time import monotonic

from hubbub.domain.events import Topic
from hubbub.live.connection import Connection, Variant
from hubbub.protocol.messages import presence_push


class Presence:
    """The presence of one topic. Typing is known on its own node alone."""

    def __init__(self, topic: Topic, typing_seconds: float, clock: Callable[[], float] = monotonic) -> None:
        self._topic = topic
        self._typing_seconds = typing_seconds
        self._clock = clock
        self._accepts_typing = True
        self._last = (0, 0)  # watching and typing, as last pushed
        self.remote_readers = 0
        self._authors: dict[Connection, str] = {}  # of the readers with a token
        self._tabs: dict[str, int] = {}  # how many of them each author has
        self.typing: dict[Connection | str, float] = {}  # until when each counts

    @property
    def same_again(self) -> int:
        """How many readers are another tab or device of somebody who is counted already."""
        return len(self._authors) - len(self._tabs)

    def enter(self, reader: Connection, author: str | None) -> None:
        """`reader` has come, with the token of this author or without one."""
        if author is not None:
            self._authors[reader] = author
            self._tabs[author] = self._tabs.get(author, 0) + 1

    def author_of(self, reader: Connection) -> str | None:
        """The author whose token a reader has."""
        return self._authors.get(reader)

    def readers_of(self, author: str) -> list[Connection]:
        """The readers with a token of this author."""
        return [reader for reader, who in self._authors.items() if who == author]

    def note_typing(self, reader: Connection | str) -> None:
        """`reader` (or the author with this id, who has no connection) is typing, which counts for a few seconds; in a
        closed thread it does not count."""
        if self._accepts_typing:
            self.typing[reader] = self._clock() + self._typing_seconds

    def set_closed(self, closed: bool) -> None:
        """Nobody is typing in a closed thread. This is what is known here: it decides of nothing that is stored."""
        self._accepts_typing = not closed
        if closed:
            self.typing.clear()

    def forget(self, reader: Connection) -> None:
        """`reader` has left."""
        self.typing.pop(reader, None)
        author = self._authors.pop(reader, None)
        if author is not None:
            self._tabs[author] -= 1
            if not self._tabs[author]:
                del self._tabs[author]

    def update(self, watching: int) -> bool:
        """Takes the number of readers; returns whether there is anything new to push."""
        now = self._clock()
        self.typing = {reader: until for reader, until in self.typing.items() if until > now}
        last, self._last = self._last, (watching, len(self.typing))
        return self._last != last

    def frames(self, variant: Variant) -> tuple[bytes, bytes]:
        """The push in one variant: for those who are not typing, and for those who are, who do not count themselves."""
        watching, typing = self._last
        others = variant.frame(presence_push(variant.codec, self._topic, watching, typing))
        if not typing:
            return others, others
        return others, variant.frame(presence_push(variant.codec, self._topic, watching, typing - 1))
