"""A cache bounded by bytes: entries whose size others choose cannot fill the memory, however many there are."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

OVERHEAD = 4096  # bytes an entry costs beside its own size, so that many empty ones are bounded too

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Cache(Generic[K, V]):
    """At most `limit` bytes of values; the longest unused go first, the newest stays whatever its size."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self.size = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The value kept under `key`, which counts as a use."""
        if key not in self._entries:
            return None
        self._entries.move_to_end(key)
        return self._entries[key][0]

    def put(self, key: K, value: V, size: int) -> None:
        """Keeps `value`, of `size` bytes, in place of what was there."""
        self.drop(key)
        self._entries[key] = value, size + OVERHEAD
        self.size += size + OVERHEAD
        while self.size > self._limit and len(self) > 1:
            self.drop(next(iter(self._entries)))

    def drop(self, key: K) -> None:
        """Forgets what is kept under `key`, if anything."""
        _, size = self._entries.pop(key, (None, 0))
        self.size -= size

    def clear(self) -> None:
        """Forgets everything."""
        self._entries.clear()
        self.size = 0
