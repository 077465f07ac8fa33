"""The commands that wait in a worker's process: a queue with two lanes, moderators' first."""

import asyncio
from collections import deque
from collections.abc import Sequence

from hubbub.transport.base import Delivery

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
