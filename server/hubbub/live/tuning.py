"""The times and sizes of the live layer. A hub takes both, and hands them to whatever uses them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds."""

    compare: float = 1.0  # between comparisons of heads with storage: what a lost publication can cost
    compare_without_bus: float = 0.3  # the same while publications do not arrive at all
    presence: float = 2.0  # between presence pushes: nobody needs a count sooner
    typing: float = 5.0  # that one `typing` command counts
    tick: float = 0.005  # events this close together travel in one frame; nobody can see the difference
    storage_retry: float = 0.5  # until a reader's catch-up asks storage again that failed
    stale_retry: float = 0.02  # until a catch-up looks again at memory that was overtaken meanwhile


@dataclass(frozen=True, slots=True)
class Sizes:
    """Events, or bytes where the name says so."""

    tail: int = 256  # events of a log's tail in memory; whoever is further behind reads from storage
    tail_bytes: int = 512 * 1024  # of them: of usual events as many, of 10,000 ampersands each three
    early: int = 1000  # events that came too early; beyond, storage is quicker
    fetch: int = 1000  # events read from storage at once
    flush_bytes: int = 128 * 1024  # of one flush: with the transport's own 64 KiB limit a reader costs < 256 KiB (G8)
    page_bytes: int = 64 * 1024  # of one write to a reader who may be slow
