"""The working copy: the lock files name all that pyproject.toml asks for, tests lie where one looks for them, and the
tests that the documentation names are there."""

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


def test_unit_tests_mirror_the_source() -> None:
    """tests/unit/A/test_B.py tests the module or package A/B, and test_B_of_something.py a side of it. Those directly
    in tests/unit are about the working copy."""
    unit = ROOT / "tests/unit"
    for path in sorted(unit.rglob("*/test_*.py")):
        place, words = path.parent.relative_to(unit), path.stem.split("_")[1:]
        names = ["_".join(words[:count]) for count in range(1, len(words) + 1)]
        tested = [base / place / name for base in (ROOT / "server/hubbub", ROOT / "tests") for name in names]
        found = any(thing.is_dir() or thing.with_suffix(".py").is_file() for thing in tested)
        assert found, f"{path.relative_to(ROOT)} names no module"


def test_the_tests_that_the_documentation_names_are_there() -> None:
    for page in sorted((ROOT / "docs").rglob("*.md")):
        path = ROOT
        for file, test in re.findall(r"`((?:[\w/]+\.py)?)::(test_\w+)`", page.read_text(encoding="utf-8")):
            path = ROOT / "tests" / file.removeprefix("tests/") if file else path
            assert path.is_file(), f"{page.name}: {path}"
            assert re.search(rf"def {test}\b", path.read_text(encoding="utf-8")), f"{page.name}: {path} has no {test}"
