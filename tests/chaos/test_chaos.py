"""A short run of the chaos, in which every kind of fault strikes once. The long one: `make chaos`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.deployment import deployment
from tests.chaos.plan import KINDS, LINKS, LONG, WEBS, WITHIN, WORKERS, Fault, alone, every_kind, plan
from tests.chaos.report import line
from tests.chaos.run import run

SEED = 1
LEAST = 100  # comments that a run is worth judging with, on a busy machine
DECIDED = 10  # comments that were held back, the same


@pytest.mark.parametrize(("draw", "within"), [(plan, WITHIN), (every_kind, LONG)], ids=["plan", "every_kind"])
def test_a_plan_follows_from_its_seed(draw: Callable[[int], list[Fault]], within: float) -> None:
    assert draw(7) == draw(7) != draw(8)
    for fault in (fault for seed in range(200) for fault in draw(seed)):
        assert fault.target in {*WEBS, *WORKERS, *LINKS, "redis", "database", "webs", "workers"}
        assert 0 <= fault.at <= within


def test_every_kind_is_struck_with() -> None:
    assert sorted(fault.kind for fault in every_kind(SEED)) == sorted(KINDS)


def test_each_kind_alone_is_on_the_list() -> None:
    assert {fault.kind for fault in alone("")} == set(KINDS)
    assert [str(fault) for fault in alone("freeze worker")] == ["freeze worker 1"]


async def test_no_promise_is_broken(tmp_path: Path) -> None:
    async with deployment(tmp_path) as on:
        result = await run(on, SEED, every_kind(SEED))
    print(line(result))
    if result.violations:
        again = f"Again: python -m tests.chaos --every --seed {SEED}"
        pytest.fail("\n".join([again, *result.violations[:20]]))
    assert result.acknowledged > LEAST
    assert result.decided > DECIDED
