"""A desk's log that tests keep in memory, read through the port through which the hub reads threads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hubbub.domain.actor import Actor
from hubbub.domain.errors import not_found
from hubbub.domain.events import Event, desk_topic
from hubbub.live.log_reader import LogPage, Snapshot
from hubbub.protocol.codec import Codec
from hubbub.protocol.views import comment_view
from hubbub.transport.base import Publication
from tests.unit.samples import comment

NEWS = desk_topic("news")
HELD = "comment.held"


@dataclass(frozen=True, slots=True)
class DeskState:
    """A LogState."""

    epoch: str
    head: int
    closed: bool = False

    def fields(self, codec: Codec, watching: int) -> dict[str, bytes]:
        """See LogState."""
        return {"counts": codec.encode({"held": self.head, "watching": watching})}

    async def own(self, viewer: Actor) -> None:
        """See LogState."""


class DeskLog:
    """A LogReader of one desk: what is committed is in its list before it is published."""

    def __init__(self) -> None:
        self.epoch = "first"
        self.log: list[Event] = []

    def commit(self, kind: str = HELD) -> Publication:
        """One more held comment; its publication."""
        number = len(self.log) + 1
        held = replace(comment(number), body=f"source {number}", html=f"<p>{number}</p>")
        self.log.append(Event(number, kind, number, held))
        return Publication(NEWS, self.epoch, (self.log[-1],))

    async def state(self, name: str) -> DeskState:
        """See LogReader."""
        if name != NEWS.name:
            raise not_found("site")
        return DeskState(self.epoch, len(self.log))

    async def events(self, name: str, after: int, limit: int) -> LogPage:
        """See LogReader."""
        events = self.log[after : after + limit]
        return LogPage(await self.state(name), events, after + limit < len(self.log))

    async def heads(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        """See LogReader."""
        return {name: (self.epoch, len(self.log)) for name in names if name == NEWS.name}

    async def snapshot(self, name: str, codec: Codec, viewer: Actor | None) -> Snapshot:
        """See LogReader."""
        cards = [comment_view(event.comment, with_body=True) for event in self.log if event.comment]
        return Snapshot(await self.state(name), {"cards": codec.encode(cards)})
