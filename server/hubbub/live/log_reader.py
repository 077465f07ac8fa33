"""The port through which the live layer reads logs, whatever they are about."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from hubbub.domain.actor import Actor
from hubbub.domain.events import Event
from hubbub.protocol.codec import Codec
from hubbub.protocol.views import OwnCommentView


class LogState(Protocol):
    """What a topic is about, as storage has it now."""

    @property
    def epoch(self) -> str:
        """Names the log: a log that replaces it has another one."""

    @property
    def head(self) -> int:
        """The seq of the last event; 0 before there is any."""

    @property
    def closed(self) -> bool:
        """Whether nobody can write there."""

    def fields(self, codec: Codec, watching: int) -> dict[str, bytes]:
        """What the reply to a join says of it, encoded; `watching` is how many read it."""

    async def own(self, viewer: Actor) -> Sequence[OwnCommentView] | None:
        """What is shown to `viewer` beside the log and to nobody else; None where there is nothing of that kind."""


class LogPage(NamedTuple):
    """Events in seq order; `more` where the log goes on."""

    state: LogState
    events: Sequence[Event]
    more: bool


class Snapshot(NamedTuple):
    """What a reader who joins without a position gets: the reply's fields, encoded, true at the state's head."""

    state: LogState
    fields: dict[str, bytes]


class LogReader(Protocol):
    """The logs of all topics of one kind; each is named as in its topic.

    No answer is older than its question (G7, G9). An unknown name is Refused `not_found`.
    """

    async def state(self, name: str) -> LogState:
        """The state now."""

    async def events(self, name: str, after: int, limit: int) -> LogPage:
        """The events after `after`, at most `limit`, and fewer where they are large."""

    async def heads(self, names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
        """(epoch, head) of each; a log that is gone is left out."""

    async def snapshot(self, name: str, codec: Codec, viewer: Actor | None) -> Snapshot:
        """The snapshot as `viewer` may see it."""
