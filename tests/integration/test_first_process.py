"""As a container's first process, whose signals the kernel drops unless somebody handles them (pid_namespaces(7))."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.contract import eventually
from tests.support.processes import PATIENCE, children, environment

ALONE = ["unshare", "--pid", "--fork", "--kill-child", *([] if os.getuid() == 0 else ["--map-root-user"])]


@pytest.mark.skipif(
    subprocess.run([*ALONE, "true"], check=False, capture_output=True).returncode != 0,
    reason="this system lets nobody make a PID namespace",
)
@pytest.mark.parametrize("command", ["web", "worker"])
def test_who_waits_for_storage_ends_when_asked(tmp_path: Path, command: str) -> None:
    nowhere = {"HUBBUB_DATABASE_URL": "postgresql://127.0.0.1:1/x", "HUBBUB_REDIS_URL": "redis://127.0.0.1:1"}
    env = environment({**nowhere, "HUBBUB_SECRET_KEY": "0" * 32, "HUBBUB_DATA_DIR": str(tmp_path)})
    port = ["--port", "0"] if command == "web" else []
    log = tmp_path / "log"
    with log.open("wb") as output:
        words = [*ALONE, sys.executable, "-m", "hubbub", command, *port]
        outside = subprocess.Popen(words, env=env, stdout=output, stderr=output)
    try:
        eventually(lambda: "waiting_for_storage" in log.read_text(), "it waits")
        (first,) = children(outside.pid)
        os.kill(first, signal.SIGTERM)
        assert outside.wait(PATIENCE) == 128 + signal.SIGTERM
    finally:
        outside.kill()
        outside.wait()
