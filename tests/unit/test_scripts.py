"""The Makefile's helpers: what `scripts/once` skips, what the others say, and the house rules' checker."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.house_rules import faults

SCRIPTS = Path(__file__).parents[2] / "scripts"
BASE = str(sys._base_executable)  # type: ignore[attr-defined]  # the Python that this one's virtual environment was made from


def run(script: str, *args: str | Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run one of the scripts, with another PATH where one is given, and without the PYTHON that make was given."""
    environment = {**os.environ, "PATH": path or os.environ["PATH"], "PYTHON": ""}
    command = ["/bin/sh", SCRIPTS / script, *args]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


class Step:
    """A step made from one directory, which counts how often it was done."""

    def __init__(self, directory: Path) -> None:
        self.sources = directory / "sources"
        self.sources.mkdir()
        (self.sources / "one").write_text("1")
        self.done = directory / "done"
        self.stamp = directory / "stamps/step"

    def times(self) -> int:
        """Ask for the step once more; how often it has been done by now."""
        run("once", self.stamp, self.sources, "--", "sh", "-c", f"echo . >> {self.done}")
        return len(self.done.read_text().split())


@pytest.fixture
def step(tmp_path: Path) -> Step:
    return Step(tmp_path)


def test_a_step_is_done_once(step: Step) -> None:
    assert step.times() == 1
    (step.sources / "one").touch()
    (step.sources / "node_modules").mkdir()
    (step.sources / "node_modules/new").write_text("what a tool wrote")
    assert step.times() == 1


def test_a_step_is_done_again_for_a_changed_new_or_removed_source(step: Step) -> None:
    assert step.times() == 1
    (step.sources / "one").write_text("2")
    assert step.times() == 2
    (step.sources / "two").touch()
    assert step.times() == 3
    (step.sources / "one").unlink()
    assert step.times() == 4
    assert step.times() == 4


def test_a_failed_step_is_not_taken_for_done(step: Step) -> None:
    assert run("once", step.stamp, step.sources, "--", "false").returncode == 1
    assert step.times() == 1
    (step.sources / "one").write_text("2")
    assert run("once", step.stamp, step.sources, "--", "false").returncode == 1
    (step.sources / "one").write_text("1")
    assert step.times() == 2


def test_a_long_command_is_quiet_until_it_fails() -> None:
    good = run("quietly", "Work", "sh", "-c", "echo chatter")
    assert (good.returncode, good.stdout, good.stderr) == (0, "• Work …\n", "")
    bad = run("quietly", "Work", "sh", "-c", "echo the reason; exit 3")
    assert bad.returncode == 3
    assert "the reason" in bad.stdout
    assert "Failed (3): Work" in bad.stderr


@pytest.mark.parametrize(("good_at", "code", "tries"), [(1, 0, 1), (3, 0, 3), (4, 7, 3)])
def test_a_download_that_fails_is_tried_again(
    good_at: int, code: int, tries: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGAIN_AFTER", "0")
    log = tmp_path / "log"
    counted = f"echo . >> {log}; [ $(wc -l < {log}) -ge {good_at} ] || exit 7"
    assert run("again", "sh", "-c", counted).returncode == code
    assert len(log.read_text().split()) == tries


def python_that(directory: Path, name: str, script: str) -> str:
    """A PATH whose only program is a Python made by us."""
    program = directory / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(directory)


def test_python_is_found(tmp_path: Path) -> None:
    path = python_that(tmp_path, "python3.12", f'exec "{sys.executable}" "$@"')
    assert run("find-python", path=path).stdout.strip() == BASE


def test_of_a_python_in_a_virtual_environment_the_one_it_was_made_from_is_found(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    assert (
        run("find-python", path=python_that(tmp_path, "python3", f'exec {tmp_path}/venv/bin/python "$@"')).stdout
        == f"{BASE}\n"
    )


def test_a_python_without_ssl_or_sqlite_is_not_taken(tmp_path: Path) -> None:
    script = f"""case "$2" in
        *sqlite3*) exit 1 ;;
        *executable*) echo "{tmp_path}/python3" ;;
        *) exec "{sys.executable}" "$@" ;;
    esac"""
    result = run("find-python", path=python_that(tmp_path, "python3", script))
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)
    assert "without ssl or sqlite3" in result.stderr


def test_a_virtual_environment_is_kept_until_another_python_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("scripts").symlink_to(SCRIPTS)
    subprocess.run([BASE, "-m", "venv", "--without-pip", ".venv"], check=True)

    def stays(python: str) -> bool:
        """Asks for .venv with this Python, none if empty; whether the one that was there stayed."""
        Path(".venv/mark").touch()
        environment = {**os.environ, "PYTHON": python}
        subprocess.run(["/bin/sh", "scripts/make-venv", ".venv"], env=environment, check=True, capture_output=True)
        return Path(".venv/mark").exists()

    another = f"""case "$2" in
        venv) exec "{BASE}" -m venv --without-pip "$3" ;;
        *realpath*) echo /elsewhere/python3 ;;
        *base_executable*) echo "{tmp_path}/python3" ;;
        *) exec "{BASE}" "$@" ;;
    esac"""
    assert stays("")
    assert stays(BASE)
    assert not stays(f"{python_that(tmp_path, 'python3', another)}/python3")


@pytest.mark.parametrize("script", ["exit 1", "exit 127"])
def test_an_old_or_broken_python_gets_one_line_of_advice(tmp_path: Path, script: str) -> None:
    result = run("find-python", path=python_that(tmp_path, "python3", script))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "3.11" in result.stderr


def test_a_python_without_venv_gets_the_name_of_its_package(tmp_path: Path) -> None:
    # Debian's python3 comes without ensurepip until python3-venv is installed.
    script = f"""case "$2" in
        *ensurepip*) exit 1 ;;
        *executable*) echo "{tmp_path}/python3" ;;
        *) exec "{sys.executable}" "$@" ;;
    esac"""
    result = run("find-python", path=python_that(tmp_path, "python3", script))
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert f"apt-get install python{sys.version_info.major}.{sys.version_info.minor}-venv" in result.stderr


LONG = "def long():\n" + "    pass\n" * 40
SILENCED = "no" + "qa: S101"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("x = 1\n" * 401, "401 lines"),
        (LONG, "long() has 41 lines"),
        (f"assert 1  # {SILENCED}\n", "needs its reason"),
    ],
)
def test_house_rules_find_what_breaks_them(text: str, fault: str) -> None:
    (found,) = faults(Path("server/hubbub/x.py"), text)
    assert fault in found


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\n" * 400,
        LONG.removesuffix("    pass\n"),
        f"assert 1  # {SILENCED} - an invariant of ours\n",
        f"# An invariant of ours.\nassert 1  # {SILENCED}\n",
    ],
)
def test_house_rules_let_the_rest_pass(text: str) -> None:
    assert list(faults(Path("server/hubbub/x.py"), text)) == []


def commands(directory: Path, *names: str) -> str:
    """A PATH with these commands, an `id` that says one is not root and an `apt-get` that fails."""
    for name, does in {"id": "echo 1000", "apt-get": "exit 1", **dict.fromkeys(names, "")}.items():
        (directory / name).write_text(f"#!/bin/sh\n{does}\n")
        (directory / name).chmod(0o755)
    (directory / "cat").symlink_to("/bin/cat")
    return str(directory)


def test_debian_packages_that_are_there_are_left_alone(tmp_path: Path) -> None:
    words = [line.split() for line in (SCRIPTS / "debian-packages").read_text().splitlines()]
    names = {line[1] for line in words if len(line) == 3 and line[0] == "test"}
    assert {"redis-server", "initdb", "chromium"} <= names
    done = run("debian-packages", "test", path=commands(tmp_path, *names))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_debian_packages_that_are_missing_are_named(tmp_path: Path) -> None:
    done = run("debian-packages", "test", path=commands(tmp_path, "nginx"))
    assert done.returncode == 1
    assert "sudo apt-get install" in done.stderr
    assert "redis-server" in done.stderr
    assert "nginx" not in done.stderr
