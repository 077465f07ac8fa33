"""The cache bounded by bytes."""

from cachetools import LRUCache

from hubbub.services.cache import OVERHEAD, lru_cache_of_bytes


def cache_of(count: int, size: int) -> LRUCache[int, bytes]:
    """A cache with room for `count` entries of `size` bytes."""
    return lru_cache_of_bytes(count * (size + OVERHEAD), len)


def test_the_least_recently_used_go_first_until_a_large_value_fits() -> None:
    cache = cache_of(3, 1000)
    for key in range(3):
        cache[key] = bytes(1000)
    assert cache.get(0)
    cache[3] = bytes(2000)
    assert list(cache) == [0, 3]


def test_empty_values_are_not_free() -> None:
    cache = cache_of(10, 0)
    for key in range(100):
        cache[key] = b""
    assert len(cache) == 10
