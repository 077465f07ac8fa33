"""The sizes that clients were promised."""

from hubbub.domain import sizes


def test_sizes_are_the_contracts() -> None:
    assert (sizes.BODY_CHARS, sizes.REASON_CHARS) == (10_000, 500)
    assert (sizes.NAME_CHARS, sizes.WEBSITE_CHARS, sizes.EMAIL_CHARS) == (50, 200, 254)
    assert (sizes.FRAME_BYTES, sizes.NESTING, sizes.VALUES) == (64 * 1024, 8, 100)
    assert (sizes.PAGE_COMMENTS, sizes.PAGE_COMMENTS_MAX, sizes.PAGE_EVENTS) == (50, 200, 1000)
