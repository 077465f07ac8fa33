"""Shared out among processes, every test runs once, a file's tests in one process, and what runs alone runs alone."""

from random import Random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.support.shares import ALONE, SECONDS, Shares
from tests.unit.test_project import ROOT


class Process:
    """What the scheduler sees of a process of pytest-xdist: it begins a test once it knows the next, or that none is
    left."""

    def __init__(self) -> None:
        self.gateway = SimpleNamespace(id="gw")
        self.shutting_down = False
        self.waiting: list[int] = []
        self.running: int | None = None

    def send_runtest_some(self, indices: list[int]) -> None:
        """These come next."""
        self.waiting += indices

    def shutdown(self) -> None:
        """Nothing more comes."""
        self.shutting_down = True

    @property
    def ready(self) -> bool:
        """Whether it can begin a test."""
        return self.running is None and len(self.waiting) > (0 if self.shutting_down else 1)


def played(tests: list[str], processes: int, seed: int) -> dict[str, Process]:
    """Lets them run the tests, each for a drawn time; who ran which. AssertionError if one ran beside one of ALONE."""
    config = SimpleNamespace(
        getvalue=lambda _name: ["popen"] * processes, option=SimpleNamespace(loadscopereorder=True)
    )
    shares = Shares(cast(Any, config), None)
    nodes = [Process() for _ in range(processes)]
    for node in nodes:
        shares.add_node(node)
        shares.add_node_collection(node, tests)
    shares.schedule()
    random, ran = Random(seed), {}
    while able := [node for node in nodes if node.ready or node.running is not None]:
        node = random.choice(able)
        if node.running is None:
            node.running = node.waiting.pop(0)
            names = [tests[one.running] for one in nodes if one.running is not None]
            assert len(names) == 1 or not any(name.startswith(ALONE) for name in names)
        else:
            assert tests[node.running] not in ran, "expected every test once"
            ran[tests[node.running]] = node
            ended, node.running = node.running, None
            shares.mark_test_complete(node, ended)
    return ran


@pytest.mark.parametrize("processes", [1, 2, 3, 5])
@pytest.mark.parametrize("counts", [(4, 1, 1, 30, 2), (4,), (0, 1, 1, 1), (1, 1), (1, 3, 0, 0, 3), (4, 50, 1, 1, 1, 1)])
def test_every_test_runs_once_and_files_stay_together(counts: tuple[int, ...], processes: int) -> None:
    """The first count is of ALONE."""
    files = [ALONE, *(f"tests/unit/test_{number}.py" for number in range(1, len(counts)))]
    tests = [f"{file}::test_{turn}" for file, count in zip(files, counts, strict=True) for turn in range(count)]
    for seed in range(20):
        ran = played(tests, processes, seed)
        assert set(ran) == set(tests), "expected no test to be left"
        for file in files:
            assert len({id(node) for test, node in ran.items() if test.startswith(f"{file}::")}) <= 1
        if len(files) > 3:
            assert len({id(node) for node in ran.values()}) > 1 or processes == 1, "expected nobody to wait for ever"


def test_the_contracts_tests_go_with_their_deployment() -> None:
    tests = [f"tests/contract/test_{file}.py::test_a[{way}-json-x::y]" for file in "ab" for way in ("one", "many")]
    ran = played([*tests, "tests/contract/storage/test_c.py::test_a[direct]"], 3, 0)
    assert ran[tests[0]] is ran[tests[2]]
    assert ran[tests[1]] is ran[tests[3]]
    assert ran[tests[0]] is not ran[tests[1]]


def test_long_shares_are_there() -> None:
    assert [share for share in SECONDS if not share.startswith("contract-") and not (ROOT / share).exists()] == []
