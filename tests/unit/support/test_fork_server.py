"""Processes that the fork server starts are processes like others."""

import signal
import subprocess
from pathlib import Path

import pytest

from tests.support.fork_server import ForkedProcess
from tests.support.processes import environment, run


def test_a_command_has_its_own_output_environment_and_exit_code(tmp_path: Path) -> None:
    fine = run(["migrate", "--data-dir", str(tmp_path / "data")], environment())
    assert (fine.returncode, fine.stdout, fine.stderr) == (0, "The schema is up to date.\n", "")
    faulty = run(["migrate"], environment({"HUBBUB_DATABASE_URL": "mysql://127.0.0.1/x"}))
    assert faulty.returncode == 1
    assert "HUBBUB_DATABASE_URL" in faulty.stderr
    assert run(["no-such-command"], environment()).returncode == 2


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGTERM, 0), (signal.SIGINT, 0)])
def test_a_server_is_signalled_and_waited_for(number: signal.Signals, code: int, tmp_path: Path) -> None:
    words = ["serve", "--port", "0", "--data-dir", str(tmp_path)]
    log = tmp_path / "log"
    process = ForkedProcess(words, environment(), log, log)
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0)
    while "Hubbub serves" not in log.read_text() if log.exists() else True:
        assert process.poll() is None, log.read_text()
    process.send_signal(number)
    assert process.wait(60) == code
    process.send_signal(number)  # nobody is there any more
