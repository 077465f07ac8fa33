"""Which faults strike what and when: a pure function of the seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

WEBS, WORKERS = ("web 0", "web 1"), ("worker 0", "worker 1")
LINKS = (*(f"{node} → {service}" for node in (*WEBS, *WORKERS) for service in ("redis", "database")), "readers → webs")
WITHIN = 3.5  # s from a run's first fault to its last
LONG = 18.0  # s, the same for a run with a fault of every kind


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fault: what it may strike, and for how many seconds (from, to)."""

    targets: Sequence[str]
    lasts: tuple[float, float] = (0, 0)


KINDS = {
    "kill": Kind((*WEBS, *WORKERS), (0, 1)),  # -9, started again after that long
    "freeze": Kind((*WEBS, *WORKERS), (5, 5)),  # SIGSTOP: a worker is a zombie when it wakes
    "roll": Kind(("webs", "workers")),  # SIGTERM and start, one after the other
    "jump clock": Kind(("web 1", "worker 1"), (1, 4)),  # faketime; the offset is drawn too
    "restart redis": Kind(("redis",), (0, 1)),  # -9 and empty
    "freeze redis": Kind(("redis",), (5, 5)),
    "flush redis": Kind(("redis",)),
    "kill pubsub": Kind(("redis",)),
    "fill redis": Kind(("redis",), (1, 4)),  # maxmemory: it refuses writes
    "restart database": Kind(("database",), (0, 1)),  # immediate: crash recovery
    "freeze database": Kind(("database",), (3, 5)),  # all its processes
    "freeze session": Kind(("database",), (5, 5)),  # one of its processes, perhaps with a lock
    "end sessions": Kind(("database",)),  # pg_terminate_backend
    "reset": Kind(LINKS),
    "half-open": Kind(LINKS, (3, 6)),  # nothing passes on the connections there are; at the end they are reset
    "stall": Kind(LINKS, (2, 5)),  # nothing passes at all, and then late
}
OFFSETS = ("-1d", "-1h", "-70s", "+70s", "+1h", "+1d")  # days are well within a session's life


@dataclass(frozen=True, slots=True)
class Fault:
    """`kind` strikes `target` `at` seconds after the run began to be under load, for `lasts` seconds."""

    kind: str
    target: str
    at: float
    lasts: float
    offset: str = ""  # a clock's

    def __str__(self) -> str:
        what = self.kind if self.target in ("redis", "database") else f"{self.kind} {self.target}"
        return f"{what} {self.offset}".strip()


def plan(seed: int) -> list[Fault]:
    """Three to five faults of different kinds, in order of time; some overlap."""
    random = Random(seed)
    kinds = random.sample(sorted(KINDS), random.randint(3, 5))
    return _drawn(kinds, WITHIN, random)


def every_kind(seed: int) -> list[Fault]:
    """A fault of each kind, in order of time; many overlap."""
    return _drawn(sorted(KINDS), LONG, Random(seed))


def _drawn(kinds: Sequence[str], within: float, random: Random) -> list[Fault]:
    return sorted((_draw(kind, within, random) for kind in kinds), key=lambda fault: fault.at)


def _draw(kind: str, within: float, random: Random) -> Fault:
    target = random.choice(KINDS[kind].targets)
    at, lasts = round(random.uniform(0, within), 2), round(random.uniform(*KINDS[kind].lasts), 2)
    return Fault(kind, target, at, lasts, random.choice(OFFSETS) if kind == "jump clock" else "")


def alone(part: str) -> list[Fault]:
    """One fault of each kind and sort of target whose name contains `part`, as long as the kind ever lasts."""
    sorts = {(kind, target.replace("1", "0")): target for kind in KINDS for target in KINDS[kind].targets}
    faults = [
        Fault(kind, target, 0, KINDS[kind].lasts[1], "+1h" if kind == "jump clock" else "")
        for (kind, _), target in sorts.items()
    ]
    return [fault for fault in faults if part in str(fault)]
