"""domain.events: every kind has its properties, and one that nobody knows has the safest."""

import pytest

from hubbub.domain import events
from hubbub.domain.events import Audience, Kind, traits


def test_every_kind_has_properties() -> None:
    assert events._TRAITS.keys() == set(Kind)


@pytest.mark.parametrize("kind", ["comment.future", "thread.future", ""])
def test_an_unknown_kind_may_change_a_comment_and_is_for_everybody(kind: str) -> None:
    assert traits(kind).changes_comment
    assert traits(kind).audience is Audience.EVERYBODY


@pytest.mark.parametrize("kind", Kind)
def test_what_rewrites_or_hides_a_text_outdates_what_was_shown_before(kind: Kind) -> None:
    assert traits(kind).changes_comment == (kind in {Kind.EDITED, Kind.REMOVED})
