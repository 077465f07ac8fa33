"""From measurements to the table: percentiles, how a figure is written, and the table in a terminal and in a page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import median

from rich.table import Table

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
COLUMNS = ("What", "Hubbub", "Beside it, in the same go", "Ratio", "Goal")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table; what is written where there is nothing to say is empty. `costs` are the unit costs that
    the sizing of `capacity` rests on and this line measured, by the names of its fields."""

    what: str
    figure: str
    beside: str = ""
    ratio: str = ""
    goal: str = ""
    costs: Mapping[str, float] = field(default_factory=dict)

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """In the order of COLUMNS."""
        return (self.what, self.figure, self.beside, self.ratio, self.goal)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest of `values` that at least `share` (0 to 1) of them do not exceed (nearest rank)."""
    if not values:
        raise ValueError("expected values, got none")
    return sorted(values)[max(1, ceil(share * len(values))) - 1]


def number(value: float) -> str:
    """About three digits: 0.123, 4.56, 78.9, 1,234."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def spread(values: Sequence[float], unit: str = "") -> str:
    """The median, and from where to where the repetitions went."""
    told = f"{number(median(values))} {unit}".strip()
    if len(values) == 1:
        return told
    return f"{told} ({number(min(values))}–{number(max(values))})"


def times(values: Sequence[float], others: Sequence[float]) -> str:
    """How many times the median of `others` the median of `values` is."""
    return f"{median(values) / median(others):.2f} ×"


def terminal_table(rows: Sequence[Row]) -> Table:
    """For a terminal."""
    table = Table(*COLUMNS, title="Hubbub's benchmarks: median (least–most)", title_justify="left")
    for row in rows:
        table.add_row(*row.cells)
    return table


def page_table(rows: Sequence[Row]) -> str:
    """For a page in Markdown."""
    lines = [COLUMNS, tuple("---" for _ in COLUMNS), *(row.cells for row in rows)]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


def put_between(page: str, text: str) -> str:
    """`page` with `text` in place of what stands between its markers; ValueError if it does not have each once."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"expected {BEGIN} and then {END}, each once")
    before, after = page[: page.index(BEGIN) + len(BEGIN)], page[page.index(END) :]
    return f"{before}\n{text}\n{after}"
