"""The sizes that clients were promised."""

from hubbub.domain import limits


def test_sizes_are_the_contracts() -> None:
    assert (limits.BODY_CHARS, limits.REASON_CHARS) == (10_000, 500)
    assert (limits.NAME_CHARS, limits.WEBSITE_CHARS, limits.EMAIL_CHARS) == (50, 200, 254)
    assert (limits.FRAME_BYTES, limits.NESTING, limits.VALUES) == (64 * 1024, 8, 100)
    assert (limits.PAGE_COMMENTS, limits.PAGE_COMMENTS_MAX, limits.PAGE_EVENTS) == (50, 200, 1000)
