"""A short run of the chaos: a few seeds which together strike with every kind of fault. The long one: `make chaos`."""

from pathlib import Path

import pytest

from tests.chaos.deployment import deployment
from tests.chaos.plan import KINDS, LINKS, WEBS, WITHIN, WORKERS, alone, plan
from tests.chaos.report import line
from tests.chaos.run import run

SEEDS = (136, 510, 419, 501)
LEAST = 100  # comments that a run is worth judging with, on a busy machine


def test_the_seeds_have_every_kind_of_fault() -> None:
    assert {fault.kind for seed in SEEDS for fault in plan(seed)} == set(KINDS)


def test_a_plan_follows_from_its_seed() -> None:
    assert plan(7) == plan(7) != plan(8)
    for fault in (fault for seed in range(200) for fault in plan(seed)):
        assert fault.target in {*WEBS, *WORKERS, *LINKS, "redis", "database", "webs", "workers"}
        assert 0 <= fault.at <= WITHIN


def test_each_kind_alone_is_on_the_list() -> None:
    assert {fault.kind for fault in alone("")} == set(KINDS)
    assert [str(fault) for fault in alone("freeze worker")] == ["freeze worker 1"]


async def test_no_promise_is_broken(tmp_path: Path) -> None:
    async with deployment(tmp_path) as on:
        for seed in SEEDS:
            result = await run(on, seed, plan(seed))
            print(line(result))
            if result.violations:
                pytest.fail("\n".join([f"Again: python -m tests.chaos --seed {seed}", *result.violations[:20]]))
            assert result.acknowledged > LEAST
