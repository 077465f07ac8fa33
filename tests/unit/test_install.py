"""What is installed is what the lock files say, on any day and by every way to install."""

import hashlib
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pip
import pytest

from tests.unit.test_project import PROJECT, ROOT, entries

SCRIPTS = ROOT / "scripts"


def wheel(index: Path, name: str, version: str, requires: str = "") -> str:
    """Puts a package without contents into the directory `index`; its line of a lock file."""
    path = index / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(
            f"{info}/METADATA",
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: more\n{needs}",
        )
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Machine:
    """A virtual environment, and an index that holds what a test puts there."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.index = directory / "index"
        self.index.mkdir()
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", directory / "venv"], check=True)
        (packages,) = (directory / "venv").glob("lib/*/site-packages")
        for found in Path(pip.__file__).parents[1].glob("pip*"):  # unpacking another one takes four seconds
            (packages / found.name).symlink_to(found)

    def install(self, lock: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
        """Installs what the lock file says."""
        (self.directory / "lock.txt").write_text(lock)
        environment = {"PATH": path or "/usr/bin:/bin", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.index)}
        words = SCRIPTS / "install", "--into", self.directory / "venv", self.directory / "lock.txt"
        command = ["/bin/sh", *map(str, words)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    def has(self) -> set[str]:
        """What is installed, pip aside."""
        listed = subprocess.run(
            [self.directory / "venv/bin/python", "-m", "pip", "list", "--format=freeze"],
            capture_output=True,
            text=True,
            check=True,
        )
        return {line for line in listed.stdout.split() if not line.startswith(("pip==", "setuptools=="))}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """One for all tests, who each install packages of their own: making it takes seconds."""
    return Machine(tmp_path_factory.mktemp("machine"))


def test_a_newer_release_of_what_is_locked_changes_nothing(machine: Machine) -> None:
    lock = wheel(machine.index, "user", "1.0", "used[more]") + wheel(machine.index, "used", "1.0")
    wheel(machine.index, "used", "2.0")
    done = machine.install(lock)
    assert done.returncode == 0, done.stderr
    assert machine.has() >= {"user==1.0", "used==1.0"}


def test_a_lock_that_lacks_something_is_refused(machine: Machine) -> None:
    lock = wheel(machine.index, "lonely", "1.0", "lacked")
    rest = wheel(machine.index, "lacked", "1.0")
    done = machine.install(lock)
    assert done.returncode != 0
    assert "lonely 1.0 requires lacked, which is not installed" in done.stdout
    assert machine.install(lock + rest).returncode == 0


def test_a_download_that_is_not_what_was_locked_is_refused(machine: Machine) -> None:
    lock = wheel(machine.index, "forged", "1.0").replace("sha256:", "sha256:0000")[:-5] + "\n"
    assert machine.install(lock).returncode != 0
    assert "forged==1.0" not in machine.has()


def test_without_a_compiler_one_line_says_what_to_do(machine: Machine) -> None:
    tools = machine.directory / "tools"
    tools.mkdir()
    done = machine.install("sources-only==1.0 --hash=sha256:" + "0" * 64 + "\n", path=str(tools))
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("sudo apt-get install gcc python3-dev")


def test_sources_are_built_with_the_locked_builder() -> None:
    pins = {
        f"{name}=={version}" for name, (version, _) in entries((ROOT / "requirements/build.txt").read_text()).items()
    }
    assert set(PROJECT["build-system"]["requires"]) == pins, "write requirements/build.txt into build-system.requires"


def told_to_install() -> list[tuple[Path, str]]:
    """Every command in the repository's scripts and instructions that has pip install something."""
    places = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "Makefile"]
    for directory in ("scripts", "deploy", "docs", ".ci"):
        places += sorted(
            path for path in (ROOT / directory).rglob("*") if path.is_file() and path.suffix not in (".png", ".pyc")
        )
    found = []
    for path in places:
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        found += [(path, words) for words in re.findall(r"pip install\b[^&|\n`]*", text)]
    return found


def test_nothing_is_installed_but_what_is_locked() -> None:
    commands = told_to_install()
    assert len(commands) >= 5
    for path, command in commands:
        assert "--no-deps" in command, f"{path}: {command}"
    locked = [command for _, command in commands if "requirement" in command]
    assert all("--require-hashes" in command or "$@" in command for command in locked)


def test_npm_runs_no_install_scripts_of_packages() -> None:
    assert "ignore-scripts=true" in (ROOT / "client/.npmrc").read_text().splitlines()


def test_only_the_lock_needs_uv() -> None:
    users = {path.name for path in SCRIPTS.iterdir() if path.is_file() and re.search(r"\buv\b", path.read_text())}
    assert users == {"lock"}


def test_the_oldest_python_is_the_same_everywhere() -> None:
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"].removeprefix(">=")
    major, minor = oldest.split(".")
    for name in ("find-python", "make-venv"):
        assert f"({major}, {minor})" in (SCRIPTS / name).read_text()
