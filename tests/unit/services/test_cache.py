"""The cache bounded by bytes."""

from hubbub.services.cache import OVERHEAD, Cache


def cache_of(count: int, size: int = 1000) -> Cache[int, str]:
    """A cache with room for that many entries of that size."""
    return Cache(count * (size + OVERHEAD))


def test_the_longest_unused_go_first() -> None:
    cache = cache_of(3)
    for key in range(3):
        cache.put(key, str(key), 1000)
    assert cache.get(0) == "0"
    cache.put(3, "3", 1000)
    assert [cache.get(key) for key in range(4)] == ["0", None, "2", "3"]
    assert cache.size == 3 * (1000 + OVERHEAD)


def test_a_large_value_takes_the_place_of_several_and_is_kept_even_alone() -> None:
    cache = cache_of(3)
    for key in range(3):
        cache.put(key, "", 1000)
    cache.put(3, "", 2000)
    assert [key for key in range(4) if cache.get(key) is not None] == [2, 3]
    cache.put(4, "", 1_000_000)
    assert (len(cache), cache.get(4)) == (1, "")


def test_what_is_replaced_or_dropped_counts_no_more() -> None:
    cache = cache_of(3)
    for size in (3000, 2000, 1000):
        cache.put(0, str(size), size)
    assert (len(cache), cache.size, cache.get(0)) == (1, 1000 + OVERHEAD, "1000")
    cache.drop(0)
    cache.drop(0)
    assert (len(cache), cache.size, cache.get(0)) == (0, 0, None)
    cache.put(1, "", 1000)
    cache.clear()
    assert (len(cache), cache.size, cache.get(1)) == (0, 0, None)


def test_empty_values_are_not_free() -> None:
    cache = cache_of(10, 0)
    for key in range(100):
        cache.put(key, "", 0)
    assert len(cache) == 10
