"""Checks the house rules of CONTRIBUTING.md that no linter knows; prints one line a fault."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 40  # without the docstring; tests may tell a longer story

SILENCED = re.compile(r"#\s*(?:noqa|type:\s*ignore|pragma:\s*no cover)(?::\s*[A-Z0-9, ]+|\[[\w, -]+\])?(.*)")


def faults(path: Path, text: str) -> Iterator[str]:
    """What is wrong in one source file, as `path:line: fault`."""
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield f"{path}:1: {len(lines)} lines; split it before {FILE_LINES}"
    if path.suffix != ".py":
        return
    for number, line in enumerate(lines, 1):
        silenced = SILENCED.search(line)
        reason = silenced and re.search(r"\w+ \w+", silenced.group(1))
        if silenced and not reason and not lines[number - 2].lstrip().startswith("#"):
            yield f"{path}:{number}: a silenced check needs its reason, beside it or in the line above"
    if path.is_relative_to("server") and "versions" not in path.parts:  # a migration is one long list
        yield from long_functions(path, text)


def long_functions(path: Path, text: str) -> Iterator[str]:
    """The functions of a module that are over the limit."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = node.body[0] if ast.get_docstring(node) else None
            told = (docstring.end_lineno or 0) - docstring.lineno + 1 if docstring else 0
            length = (node.end_lineno or 0) - node.lineno + 1 - told
            if length > FUNCTION_LINES:
                yield f"{path}:{node.lineno}: {node.name}() has {length} lines; {FUNCTION_LINES} at most"


def sources() -> Iterator[Path]:
    """Every file that people write and the rules hold for."""
    for pattern in ("server/**/*.py", "tests/**/*.py", "scripts/*.py", "client/src/**/*.ts", "client/test/**/*.ts"):
        yield from (path for path in sorted(Path().glob(pattern)) if path.name != "generated.ts")


if __name__ == "__main__":
    found = [fault for path in sources() for fault in faults(path, path.read_text(encoding="utf-8"))]
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(1 if found else 0)
