"""How much is done: the whole, or a quick look."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """`events`, `rates` and `flood` belong to the numbers of `readers`, one each; `rates` are slow enough to leave the
    server idle half of the time."""

    repeats: int = 3
    readers: tuple[int, ...] = (1000, 5000)
    events: tuple[int, ...] = (100, 30)
    rates: tuple[float, ...] = (50.0, 10.0)
    warm_up: int = 20
    burst: int = 200
    burst_readers: int = 1000
    flood: tuple[int, ...] = (4000, 1600)
    posts: int = 8000
    lone_posts: int = 500
    closes: int = 20
    storm: int = 5000
    missed: int = 100_000
    publications: int = 20_000
    comments: int = 1000
    seconds: float = 1.5


QUICK = Plan(
    repeats=1,
    readers=(200,),
    events=(50,),
    rates=(50.0,),
    burst_readers=200,
    flood=(1000,),
    posts=1000,
    lone_posts=100,
    closes=5,
    storm=500,
    missed=4000,
    publications=2000,
    comments=300,
    seconds=0.5,
)
