"""The ports within one process: a bounded queue and a function call."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from hubbub.commands import AnyWrite
from hubbub.commands.base import Answer, Done
from hubbub.domain.errors import unavailable
from hubbub.domain.events import Topic
from hubbub.transport.base import Delivery, Handler, IsConnected, Publication, always, refused
from hubbub.transport.priority_queue import PriorityQueue

BACKLOG = 5000  # commands: a second or two of work; more would only be answered too late


class MemoryCommandBus:
    """CommandBus and Queue in one, with two lanes, moderators' first; full means `unavailable` at once."""

    healthy = True

    def __init__(self, backlog: int = BACKLOG) -> None:
        self._backlog = backlog
        self._queue = PriorityQueue()

    async def submit(self, command: AnyWrite, is_connected: IsConnected = always) -> Done:
        """See CommandBus."""
        if not command.priority and len(self._queue.normal) >= self._backlog:
            raise unavailable("Too many comments at once; please try again.", retry_after=1)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.put(Delivery(command, _resolver(answered)))
        answer = await answered
        if isinstance(answer, Done):
            return answer
        raise refused(answer)

    async def take(self, most: int) -> Sequence[Delivery]:
        """See Queue."""
        return await self._queue.take(most)

    def pause(self) -> None:
        """See Queue. There is no other worker."""

    def resume(self) -> None:
        """See Queue."""


def _resolver(answered: asyncio.Future[Answer]) -> Callable[[Answer], None]:
    def resolve(answer: Answer) -> None:
        if not answered.done():  # the asker may have left meanwhile
            answered.set_result(answer)

    return resolve


class MemoryBus:
    """Bus by a function call: within one process every publication reaches the one node."""

    healthy = True

    def __init__(self) -> None:
        self._handlers: dict[Topic, Handler] = {}

    async def count(self, readers: Mapping[Topic, int]) -> Mapping[Topic, int]:
        """See Bus."""
        return readers

    async def publish(self, publications: Sequence[Publication]) -> None:
        """See Bus."""
        for publication in publications:
            handler = self._handlers.get(publication.topic)
            if handler is not None:
                handler(publication)

    async def subscribe(self, topic: Topic, handler: Handler) -> None:
        """See Bus."""
        self._handlers[topic] = handler

    async def unsubscribe(self, topic: Topic) -> None:
        """See Bus."""
        self._handlers.pop(topic, None)
