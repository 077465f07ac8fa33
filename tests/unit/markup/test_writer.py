"""What the engine may say one day, and cannot be made to say now."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hubbub.markup import MarkupError
from hubbub.markup.engine import Event
from hubbub.markup.output import Output
from hubbub.markup.render import _COMMENT
from hubbub.markup.writer import Writer


@pytest.mark.parametrize(
    "event",
    [
        {"Start": "Superscript"},
        {"Start": {"Table": "None"}},
        {"InlineMath": "<script>"},
        {"FootnoteReference": "<script>"},
    ],
)
def test_unknown_markup_is_refused(event: Event) -> None:
    with pytest.raises(MarkupError, match="not known here"):
        Writer(_COMMENT).write(["Rule", event], decoded=False)


def test_work_is_bounded_while_it_is_done() -> None:
    seen = 0

    def endless() -> Iterator[Event]:
        nonlocal seen
        while True:
            seen += 1
            yield {"Text": "a"}

    with pytest.raises(MarkupError, match="too much formatting"):
        Writer(replace(_COMMENT, max_work=100)).write(endless(), decoded=False)
    assert seen == 101


def test_a_tag_that_closes_nothing_at_all() -> None:
    assert not Output().close_raw("u")
