"""Errors for text that cannot be rendered."""


class MarkupError(ValueError):
    """Text whose markup is refused; `message` tells its author what to do, in a sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def too_much() -> MarkupError:
    """The error for text that would take too long to render or to read."""
    return MarkupError("This text has too much formatting. Please use fewer lists, signs and line breaks.")
