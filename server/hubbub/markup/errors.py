"""Why a text cannot be shown."""


class MarkupError(ValueError):
    """Text whose markup is refused; `message` tells its author what to do, in a sentence."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
