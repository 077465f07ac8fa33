"""The ports within one process: a bounded queue and a function call. `PriorityQueue` is also what holds the commands
that a worker has taken from Redis."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from hubbub.commands import AnyWrite
from hubbub.commands.base import Answer, Done
from hubbub.domain.errors import unavailable
from hubbub.domain.events import Topic
from hubbub.transport.base import Delivery, Handler, IsConnected, Publication, always, refused

BACKLOG = 5000  # commands: a second or two of work; more would only be answered too late
GATHERING_TURNS = 8  # of the event loop: the intake gives a burst to several, and one commit for all of it is cheaper


class PriorityQueue:
    """Deliveries in order of arrival, moderators' before all others."""

    def __init__(self) -> None:
        self.priority: deque[Delivery] = deque()
        self.normal: deque[Delivery] = deque()
        self._filled = asyncio.Event()

    def put(self, delivery: Delivery) -> None:
        """Adds a delivery at the end of its lane."""
        (self.priority if delivery.command.priority else self.normal).append(delivery)
        self._filled.set()

    async def take(self, most: int) -> Sequence[Delivery]:
        """See Queue. Waits for the rest of a burst: GATHERING_TURNS at most, and only while each brings something."""
        await self._filled.wait()
        for _ in range(GATHERING_TURNS):
            waiting = len(self)
            await asyncio.sleep(0)
            if not waiting < len(self) < most:
                break
        taken: list[Delivery] = []
        for lane in (self.priority, self.normal):
            while lane and len(taken) < most:
                taken.append(lane.popleft())
        if not len(self):
            self._filled.clear()
        return taken

    def __len__(self) -> int:
        """How many deliveries wait."""
        return len(self.priority) + len(self.normal)


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
