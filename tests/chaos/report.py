"""What runs came to, as lines on the terminal and as tables in docs/reliability.md."""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from tests.chaos.run import Result

PAGE = Path("docs/reliability.md")
BAR = 0.25  # s that one block of a bar stands for


def line(result: Result) -> str:
    """One run for the terminal."""
    verdict = "ok" if not result.violations else f"{len(result.violations)} VIOLATIONS"
    faults = ", ".join(f"{fault.at:.1f} {fault}" for fault in result.faults)
    return (
        f"seed {result.seed}: {verdict}; {result.acknowledged} comments, {result.decided} held and decided,"
        f" {result.deliveries} deliveries,"
        f" {result.unavailable} unavailable; silence {result.silence:.1f} s, late {result.late:.1f} s,"
        f" posting {result.posting:.2f} s, converged {result.converged:.2f} s; {result.seconds:.0f} s in all [{faults}]"
    )


def broken(result: Result) -> list[str]:
    """The first violations of a run, short enough to read; all of them are kept with its record."""
    return [f"    {message[:400]}" for message in result.violations[:10]]


def summary(results: Sequence[Result]) -> str:
    """All runs in one sentence or two."""
    failed = sum(bool(result.violations) for result in results)
    slow = sum(result.converged > 2 for result in results)
    return (
        f"{len(results)} runs, {sum(len(r.faults) for r in results)} faults,"
        f" {sum(r.acknowledged for r in results):,} acknowledged comments,"
        f" {sum(r.deliveries for r in results):,} deliveries: {failed} runs with violations."
        f" Readers were where storage was within {_at(results, 0.5):.2f} s of the last healing in half of the runs,"
        f" within {_at(results, 1):.2f} s in all; in {slow} it took longer than 2 s."
    )


def _at(results: Sequence[Result], share: float) -> float:
    times = sorted(result.converged for result in results)
    return times[min(len(times) - 1, int(len(times) * share))]


def write_runs(results: Sequence[Result]) -> None:
    """The long table."""
    head = "| seed | faults, after s | comments | deliveries | unavailable | silence | late | converged | broken |"
    rows = [
        f"| {r.seed} | {'; '.join(f'{f.at:.1f} {f}' for f in r.faults)} | {r.acknowledged:,} | {r.deliveries:,} |"
        f" {r.unavailable} | {r.silence:.1f} | {r.late:.1f} | {r.converged:.2f} | {len(r.violations)} |"
        for r in results
    ]
    _write("runs", [f"{date.today()}: {summary(results)}", "", head, "|--:|---|--:|--:|--:|--:|--:|--:|--:|", *rows])


def write_kinds(results: Sequence[Result]) -> None:
    """Each kind of fault alone: what people notice, with bars."""
    rows = [
        f"| {r.faults[0]}, {r.faults[0].lasts:g} s | {_bar(r.silence)} | {_bar(r.late)} | {r.unavailable} |"
        f" {r.posting:.2f} | {r.converged:.2f} |"
        for r in results
    ]
    head = "| fault | no comment acknowledged for | reader behind by | unavailable | posting again | converged |"
    _write("kinds", [head, "|---|---|---|--:|--:|--:|", *rows])


def _bar(seconds: float) -> str:
    return f"{'█' * round(seconds / BAR)} {seconds:.1f} s".strip()


def write_closing(text: str) -> None:
    """The result of the race of closing against posting."""
    _write("closing", [f"{date.today()}: {text}"])


def _write(part: str, lines: Sequence[str]) -> None:
    """Replaces what is between the marks of `part`."""
    page = PAGE.read_text()
    marked = re.compile(f"(<!-- {part} -->\n).*?(<!-- /{part} -->)", re.DOTALL)
    assert marked.search(page), f"expected the marks of {part!r} in {PAGE}"
    PAGE.write_text(marked.sub(lambda found: found[1] + "\n" + "\n".join(lines) + "\n\n" + found[2], page))
