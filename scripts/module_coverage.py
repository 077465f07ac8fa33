"""Checks, after the tests, that no module of the server is left nearly untested behind a good average."""

import sys
from pathlib import Path

import coverage

FLOOR = 80  # per cent of a module's lines; the server as a whole needs 95


def main() -> int:
    """Print the modules below the floor; 1 when there are any."""
    data = coverage.Coverage()
    data.load()
    status = 0
    for path in sorted(Path("server/hubbub").rglob("*.py")):
        if "migrations" in path.parts:  # left out of the measurement, see pyproject.toml
            continue
        _, statements, _, missing, _ = data.analysis2(str(path.resolve()))
        covered = 100 * (1 - len(missing) / len(statements)) if statements else 100
        if covered < FLOOR:
            print(f"{path}: {covered:.0f} % of its lines are tested; {FLOOR} % at least")
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
