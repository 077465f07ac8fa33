"""Caches bounded by bytes: entries whose size others choose cannot fill the memory, however many there are."""

from collections.abc import Callable
from typing import TypeVar

from cachetools import LRUCache

OVERHEAD = 4096  # bytes an entry costs beside its own size, so that many empty ones are bounded too

K = TypeVar("K")
V = TypeVar("V")


def lru_cache_of_bytes(limit: int, size_of: Callable[[V], int]) -> LRUCache[K, V]:
    """An empty cache for `limit` bytes of values, each of `size_of(value)` bytes. The least recently used go first."""
    return LRUCache(limit, getsizeof=lambda value: size_of(value) + OVERHEAD)
