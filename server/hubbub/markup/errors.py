"""Errors for text that cannot be rendered."""

from hubbub.domain.errors import BadText


class MarkupError(BadText):
    """Text whose markup is refused."""


def too_much() -> MarkupError:
    """The error for text that would take too long to render or to read."""
    return MarkupError("This text has too much formatting. Please use fewer lists, signs and line breaks.")
