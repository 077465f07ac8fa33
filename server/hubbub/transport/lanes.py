"""What waits for a worker at hand: two lanes, moderators' first."""

import asyncio
from collections import deque
from collections.abc import Sequence

from hubbub.transport.base import Delivery


class Lanes:
    """Deliveries in the order in which they came, but for moderators', which are taken before all others."""

    def __init__(self) -> None:
        self.priority: deque[Delivery] = deque()
        self.normal: deque[Delivery] = deque()
        self._filled = asyncio.Event()

    def put(self, delivery: Delivery) -> None:
        """At the end of its lane."""
        (self.priority if delivery.command.priority else self.normal).append(delivery)
        self._filled.set()

    async def take(self, most: int) -> Sequence[Delivery]:
        """See Queue."""
        await self._filled.wait()
        taken: list[Delivery] = []
        for lane in (self.priority, self.normal):
            while lane and len(taken) < most:
                taken.append(lane.popleft())
        if not self.priority and not self.normal:
            self._filled.clear()
        return taken
