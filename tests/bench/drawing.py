"""Line charts with logarithmic axes as SVG, for the documentation."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 44, 52  # margins
COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7c3aed", "#a16207")
DASHES = ("", "7 4", "2 3", "10 3 2 3", "1 5")  # so that lines differ without colour too


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name and its points, all greater than zero."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn; `limit` is a height at which a line is drawn across, with its name."""

    title: str
    across: str
    up: str
    lines: Sequence[Line]
    limit: tuple[float, str] | None = None


def svg(chart: Chart) -> str:
    """The chart; whole powers of ten at both axes."""
    xs = [x for line in chart.lines for x, _ in line.points]
    ys = [y for line in chart.lines for _, y in line.points] + ([chart.limit[0]] if chart.limit else [])
    across, up = _Axis(xs, LEFT, WIDTH - RIGHT), _Axis(ys, HEIGHT - BOTTOM, TOP)
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="13"><title>{escape(chart.title)}</title>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 22, chart.title, size=16),
        *(_upright(across.at(tick), _short(tick)) for tick in across.ticks),
        *(_level(up.at(tick), _short(tick)) for tick in up.ticks),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, chart.across, anchor="middle"),
        f'<g transform="translate(16 {middle}) rotate(-90)">{_text(0, 0, chart.up, anchor="middle")}</g>',
    ]
    if chart.limit:
        y = up.at(chart.limit[0])
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#b91c1c" stroke-width="1.5"/>')
        parts.append(_text(WIDTH - RIGHT - 4, y - 5, chart.limit[1], anchor="end"))
    for place, line in enumerate(chart.lines):
        parts += _drawn(line, place, across, up)
    return "\n".join([*parts, "</svg>\n"])


class _Axis:
    """From values to places on one axis."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low, self._high = floor(log10(min(values))), max(ceil(log10(max(values))), floor(log10(min(values))) + 1)
        self._start, self._end = start, end
        self.ticks = [10.0**power for power in range(self._low, self._high + 1)]

    def at(self, value: float) -> float:
        """Where a value is."""
        return self._start + (log10(value) - self._low) / (self._high - self._low) * (self._end - self._start)


def _drawn(line: Line, place: int, across: _Axis, up: _Axis) -> list[str]:
    colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
    path = "L".join(f"{across.at(x):.1f} {up.at(y):.1f}" for x, y in line.points)
    style = f'fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dash}"'
    y = TOP + 14 + 18 * place
    return [
        f'<path d="M{path}" {style}/>',
        f'<path d="M{LEFT + 10} {y - 4}h34" {style}/>',
        _text(LEFT + 52, y, line.name),
    ]


def _upright(x: float, name: str) -> str:
    line = f'<path d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#e5e7eb"/>'
    return line + _text(x, HEIGHT - BOTTOM + 18, name, anchor="middle")


def _level(y: float, name: str) -> str:
    line = f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#e5e7eb"/>'
    return line + _text(LEFT - 8, y + 4, name, anchor="end")


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13) -> str:
    style = f'text-anchor="{anchor}" font-size="{size}" fill="#1f2937"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _short(value: float) -> str:
    """1, 10, 1k, 1M; 0.1 and less as they are."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
