"""The layers of the server are held: by import-linter, with the contracts of pyproject.toml, and by what they import.

The real package is checked by `make layers`; here wrong imports are planted in a hollow copy, to see them refused.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = ["__main__", "app", "logs", "metrics", "server", "settings"]
PACKAGES = [
    "commands",
    "domain",
    "protocol",
    "client",
    "languages",
    "markup",
    "names",
    "storage",
    "transport",
    "services",
    "worker",
    "live",
    "web",
    "demo",
    "cli",
]
LIVE = sorted(path.stem for path in (ROOT / "server/hubbub/live").glob("[a-z]*.py"))


def lint(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the project's contracts over the package `hubbub` in a directory."""
    code = "import importlinter.cli, sys; sys.exit(importlinter.cli.lint_imports_command())"
    options = ["--config", str(ROOT / "pyproject.toml"), "--no-cache"]
    return subprocess.run([sys.executable, "-c", code, *options], cwd=tree, capture_output=True, text=True, check=False)


@pytest.fixture
def hollow(tmp_path: Path) -> Path:
    """A package with every layer and nothing in them."""
    package = tmp_path / "hubbub"
    for name in PACKAGES:
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").touch()
    for name in ["__init__", *MODULES, *(f"live/{module}" for module in LIVE)]:
        (package / f"{name}.py").touch()
    return package


def test_allowed_imports_pass(hollow: Path) -> None:
    (hollow / "cli/tail.py").write_text("from hubbub import app, client")
    (hollow / "app.py").write_text("import hubbub.web, hubbub.worker, hubbub.domain")
    (hollow / "client/thread.py").write_text("import hubbub.protocol, hubbub.domain")
    result = lint(hollow.parent)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "wrong"),
    [
        ("domain/thread.py", "hubbub.protocol"),
        ("protocol/conversation.py", "hubbub.storage"),
        ("services/posting.py", "hubbub.worker"),
        ("transport/redis.py", "hubbub.services"),
        ("live/hub.py", "hubbub.web"),
        ("live/connection.py", "hubbub.live.channel"),
        ("live/catch_up.py", "hubbub.live.channel"),
        ("web/routes.py", "hubbub.app"),
        ("app.py", "hubbub.cli"),
        ("client/thread.py", "hubbub.storage"),
        ("client/thread.py", "hubbub.markup"),
        ("web/socket.py", "hubbub.client"),
        ("markup/render.py", "hubbub.client"),
    ],
)
def test_a_wrong_import_is_refused(hollow: Path, module: str, wrong: str) -> None:
    (hollow / module).write_text(f"import {wrong}")
    result = lint(hollow.parent)
    assert result.returncode == 1
    assert wrong in result.stdout


def test_a_module_outside_the_layers_is_refused(hollow: Path) -> None:
    (hollow / "utils.py").touch()
    result = lint(hollow.parent)
    assert result.returncode == 1
    assert "utils" in result.stdout


def imported(layer: str) -> Iterator[tuple[Path, str]]:
    """Every name imported in a layer's modules from outside the project."""
    for path in (ROOT / "server/hubbub" / layer).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module or ""]
            yield from ((path, name.partition(".")[0]) for name in names if not name.startswith("hubbub"))


def test_the_domain_imports_the_standard_library_alone() -> None:
    names = list(imported("domain"))
    assert names
    assert [name for name in names if name[1] not in sys.stdlib_module_names] == []


def test_the_protocol_does_no_io() -> None:
    names = list(imported("protocol"))
    assert names
    assert [name for name in names if name[1] in {"asyncio", "socket", "ssl", "selectors", "threading"}] == []
