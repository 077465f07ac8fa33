"""Fixtures for tests that need a real server, and how long each part of a run took."""

import signal
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.support import fork_server
from tests.support.server import Server

LONGEST_PART = 90  # s of a run that one directory may take: `make test` has eight minutes on two quiet cores
# Coverage is not measured in the process of these tests, where it takes half of the time: what they ask is another
# process, or other tests run the same lines.
UNMEASURED = (
    "tests/acceptance/",
    "tests/browser/",
    "tests/contract/storage/test_failover.py",
    "tests/contract/storage/test_same.py",
    "tests/contract/test_",
    "tests/integration/test_descriptions.py",
    "tests/integration/test_first_process.py",
    "tests/integration/test_goodbye.py",
    "tests/integration/test_growth.py",
    "tests/integration/test_health.py",
    "tests/integration/test_late_commands.py",
    "tests/integration/test_log_secrets.py",
    "tests/integration/test_many_commands.py",
    "tests/integration/test_nginx",
    "tests/integration/test_rate_limits.py",
    "tests/integration/test_rolling_restart.py",
    "tests/integration/test_serve_many.py",
    "tests/integration/test_unix_socket.py",
    "tests/unit/live/test_hub_crowd.py",
    "tests/unit/live/test_hub_delivery.py",
    "tests/unit/markup/test_render_xss.py",
    "tests/unit/protocol/test_codec_fuzz.py",
    "tests/unit/protocol/test_requests.py",
    "tests/unit/worker/test_decide_permissions.py",
    "tests/unit/worker/test_decide_rules.py",
    "tests/unit/worker/test_decide_votes.py",
)

# What a shell starts with `&` ignores Ctrl-C, and so would all processes that tests start and end with it.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own with the demo site, rate limits off, on a free port."""
    with Server(tmp_path / "data") as running:
        yield running


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The same for all tests of a module, who each use a thread of their own."""
    with Server(tmp_path_factory.mktemp("shared") / "data") as running:
        yield running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves tests out of the measurement of coverage."""
    for item in items:
        if item.nodeid.startswith(UNMEASURED):
            item.add_marker(pytest.mark.no_cover)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Ends what forks servers after the last test, before coverage is combined."""
    ran = yield
    fork_server.stop()
    return ran


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints each directory's seconds of the run: those of its tests, shared by the processes that ran them."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        if isinstance(report, pytest.TestReport):
            seconds["/".join(Path(report.nodeid.partition("::")[0]).parts[:2])] += report.duration
    processes = config.getoption("numprocesses", 0) or 1
    if seconds:
        terminalreporter.section("seconds of the run by part")
    for part, total in sorted(seconds.items(), key=lambda one: -one[1]):
        took = total / processes
        terminalreporter.write_line(
            f"{took:6.0f} s {part}{f', over the {LONGEST_PART} s that a part may take' * (took > LONGEST_PART)}",
            red=took > LONGEST_PART,
        )
