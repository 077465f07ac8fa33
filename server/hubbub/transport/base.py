"""The two ports that differ between one process and many, and what each promises."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from hubbub.commands import AnyWrite
from hubbub.commands.base import Ambiguous, Answer, Denied, Done
from hubbub.domain.errors import Refused, unavailable
from hubbub.domain.events import Event, Topic
from hubbub.domain.held import OwnChange


class Publication(msgspec.Struct, frozen=True):
    """New events of one topic, in seq order, on their way to every node that has readers of it; `own` are for the
    authors of these comments alone."""

    topic: Topic
    epoch: str
    events: tuple[Event, ...]
    own: tuple[OwnChange, ...] = ()


@dataclass(slots=True)
class Delivery:
    """One command taken from the queue, and the way back for its answer."""

    command: AnyWrite
    answer: Callable[[Answer], None]


Handler = Callable[[Publication], None]

IsConnected = Callable[[], Awaitable[bool]]  # whether a command's sender is still connected


async def always() -> bool:
    """The IsConnected of a sender that waits for the answer in any case."""
    return True


def refused(answer: Denied | Ambiguous) -> Refused:
    """What a refusal raises at the sender of the command."""
    if isinstance(answer, Denied):
        return answer.refused
    return unavailable("Another attempt at the same comment was refused; please try again.", retry_after=1)


class CommandBus(Protocol):
    """The web node's end: commands out, answers back.

    Commands of one thread are carried out in the order in which they were submitted, moderators' first; after a fault
    one may come late. A command may be carried out twice (its ids make that harmless) and an answer may be lost (the
    caller is told `unavailable`).
    """

    @property
    def healthy(self) -> bool:
        """Whether commands are being taken, as far as the last ones tell."""

    async def submit(self, command: AnyWrite, is_connected: IsConnected = always) -> Done:
        """Returns what the worker did, once it is on disk. Raises Refused: the worker's refusal, or `unavailable`. If
        it is ambiguous which of two attempts is the later one, this one counts as it only if its sender
        `is_connected`."""


class Queue(Protocol):
    """The worker's end: commands in, answers out."""

    async def take(self, most: int) -> Sequence[Delivery]:
        """The next commands, at least one, at most `most`; the worker answers each."""

    def pause(self) -> None:
        """The worker cannot write for now. Other workers, if there are any, take over its share."""

    def resume(self) -> None:
        """The worker can write again. Both calls may be repeated."""


class Bus(Protocol):
    """Live events from workers to the nodes that have readers.

    A message may be lost or come twice; per topic and publisher they come in order. Nodes compare heads with storage,
    so a loss costs a second, never an event.
    """

    @property
    def healthy(self) -> bool:
        """Whether publications arrive at present, as far as is known."""

    async def count(self, readers: Mapping[Topic, int]) -> Mapping[Topic, int]:
        """Reports this node's number of readers of each topic; returns the sums over all nodes."""

    async def publish(self, publications: Sequence[Publication]) -> None:
        """Sends each publication to every node that has subscribed to its topic."""

    async def subscribe(self, topic: Topic, handler: Handler) -> None:
        """Subscribes to a topic: `handler` gets its publications from now on."""

    async def unsubscribe(self, topic: Topic) -> None:
        """Stops the delivery of this topic's publications."""
