"""pyproject.toml is kept: by the lock files, which name all it asks for, and by where the tests lie."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {
    "run": PROJECT["project"]["dependencies"],
    "build": PROJECT["dependency-groups"]["build"],
    "dev": PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"],
    "node": PROJECT["dependency-groups"]["node"],
}


def entries(text: str) -> dict[str, tuple[str, str]]:
    """Name → (pinned version, the lines of its entry) of one lock file."""
    found = re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==([^ \n]+)((?:.*\\\n)*.*\n)", text, flags=re.MULTILINE)
    return {canonicalize_name(name): (version, rest) for name, version, rest in found}


@pytest.mark.parametrize("name", LOCKS)
def test_lock_answers_pyproject(name: str) -> None:
    pins = entries((ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8"))
    for wanted in map(Requirement, LOCKS[name]):
        version, _ = pins.get(canonicalize_name(wanted.name), ("", ""))
        assert version, f"{wanted} is not locked: run `make lock`"
        assert wanted.specifier.contains(version, prereleases=True), f"{wanted} is locked at {version}: run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_every_download_is_hashed_and_no_index_is_named(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, flags=re.MULTILINE)
    assert all("--hash=sha256:" in rest for _, rest in entries(text).values())


def test_test_tools_run_with_what_production_runs_with() -> None:
    run, dev = (entries((ROOT / f"requirements/{name}.txt").read_text(encoding="utf-8")) for name in ("run", "dev"))
    assert {name: dev[name][0] for name in run} == {name: version for name, (version, _) in run.items()}


def test_every_directory_of_tests_is_run() -> None:
    holding_tests = {path.relative_to(ROOT).parts[1] for path in (ROOT / "tests").rglob("test_*.py")}
    paths = PROJECT["tool"]["pytest"]["ini_options"]["testpaths"]
    assert {f"tests/{name}" for name in holding_tests} <= set(paths)
