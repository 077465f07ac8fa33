"""The wheel holds all that an installed Hubbub needs: modules, migrations, templates and the built client."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hubbub.languages.texts import LANGUAGES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from this working copy."""
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = directory.glob("hubbub-*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


def test_every_file_of_the_package_is_in_the_wheel(names: set[str]) -> None:
    package = ROOT / "server/hubbub"
    files = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    wanted = {str(path.relative_to(package.parent)) for path in files if path.name != ".stamp"}
    assert wanted - names == set()
    assert not any(name.endswith(".stamp") for name in names)


@pytest.mark.parametrize("part", ["hubbub/static/embed.js", "hubbub/storage/migrations/versions/0001_threads.py"])
def test_the_parts_that_are_not_imported_are_there(names: set[str], part: str) -> None:
    assert part in names, "build the client first: make client"


def test_the_widget_finds_its_other_parts(names: set[str]) -> None:
    embed = (ROOT / "server/hubbub/static/embed.js").read_text(encoding="utf-8")
    (version,) = set(re.findall(r"-[0-9a-f]{16}\.js", embed))
    parts = re.findall(r'import\("\./(\w+)"\)', (ROOT / "client/src/ui/parts.ts").read_text(encoding="utf-8"))
    assert all(f'"{part}"' in embed for part in parts)
    # A language's file is named when the page's language is known.
    assert {f"hubbub/static/{part}{version}" for part in [*parts, *LANGUAGES - {"en"}]} == {
        name for name in names if re.search(r"static/[\w-]+-.*js$", name)
    }


def test_nothing_else_is_in_the_wheel(names: set[str]) -> None:
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {"hubbub"}
