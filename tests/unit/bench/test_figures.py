"""What turns measurements into the published table."""

from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.bench.figures import (
    BEGIN,
    END,
    Row,
    number,
    page_table,
    percentile,
    put_between,
    spread,
    terminal_table,
    times,
)
from tests.bench.posters import masked

ROWS = [Row("posts", "4,000 /s", "2,000 /s", "2.00 ×", "≥ 3,000/s"), Row("close", "12.5 ms")]


@pytest.mark.parametrize(("share", "found"), [(0, 1), (0.2, 1), (0.21, 2), (0.5, 3), (0.8, 4), (0.99, 5), (1, 5)])
def test_a_percentile_is_one_of_the_values(share: float, found: float) -> None:
    assert percentile([4, 2, 5, 1, 3], share) == found


@given(st.lists(st.floats(0, 1e9), min_size=1), st.floats(0, 1))
def test_so_many_values_do_not_exceed_a_percentile(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) <= share * len(values)


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(ValueError, match="expected values"):
        percentile([], 0.5)


@pytest.mark.parametrize(
    ("value", "written"),
    [(0, "0"), (0.1234, "0.123"), (4.567, "4.57"), (78.94, "78.9"), (100, "100"), (1234.6, "1,235")],
)
def test_a_number_is_written_with_about_three_digits(value: float, written: str) -> None:
    assert number(value) == written


def test_a_spread_is_the_median_with_the_extremes() -> None:
    assert spread([3, 1, 20], "µs") == "3.00 µs (1.00–20.0)"
    assert spread([3], "µs") == "3.00 µs"


def test_a_ratio_is_one_of_medians() -> None:
    assert times([3, 100, 2], [1, 2, 90]) == "1.50 ×"


def test_the_tables_have_every_cell() -> None:
    assert page_table(ROWS).splitlines() == [
        "| What | Hubbub | Beside it, in the same go | Ratio | Goal |",
        "| --- | --- | --- | --- | --- |",
        "| posts | 4,000 /s | 2,000 /s | 2.00 × | ≥ 3,000/s |",
        "| close | 12.5 ms |  |  |  |",
    ]
    screen = StringIO()
    Console(width=120, file=screen).print(terminal_table(ROWS))
    assert [cell for cell in (*ROWS[0].cells, *ROWS[1].cells) if cell not in screen.getvalue()] == []


def test_only_what_is_between_the_markers_is_replaced() -> None:
    page = f"above\n{BEGIN}\nold\n{END}\nbelow\n"
    assert put_between(page, "new") == f"above\n{BEGIN}\nnew\n{END}\nbelow\n"
    assert put_between(put_between(page, "new"), "old") == page


@pytest.mark.parametrize("page", ["", BEGIN, END, f"{END} {BEGIN}", f"{BEGIN} {END} {BEGIN}"])
def test_a_page_without_its_markers_is_left_alone(page: str) -> None:
    with pytest.raises(ValueError, match="each once"):
        put_between(page, "new")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 3000])
def test_a_masked_frame_can_be_read(size: int) -> None:
    """RFC 6455, 5.3: the mask is repeated over the payload."""
    payload = bytes(index % 256 for index in range(size))
    frame = masked(payload)
    start = len(frame) - size
    mask = frame[start - 4 : start]
    assert frame[:2] == bytes((0x82, 0x80 | min(size, 126)))
    assert bytes(byte ^ mask[index % 4] for index, byte in enumerate(frame[start:])) == payload
