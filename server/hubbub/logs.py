"""Structured logs on stderr: readable in a terminal, JSON lines otherwise. Tokens and query strings are never
logged."""

import logging
import sys
from contextlib import suppress
from typing import TextIO, cast

import structlog
from structlog.typing import Processor


class Lossy:
    """A stream that drops what cannot be written (the disk is full, the reader is gone) instead of raising."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """See TextIO."""
        with suppress(OSError):
            self._stream.write(text)

    def flush(self) -> None:
        """See TextIO."""
        with suppress(OSError):
            self._stream.flush()


def configure(level: str) -> None:
    """Sets up structlog, and the standard library's logging (uvicorn's, Alembic's) with the same form."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if sys.stderr.isatty():
        ending: list[Processor] = [structlog.dev.ConsoleRenderer()]
    else:
        ending = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *ending],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, Lossy(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    formatter = structlog.stdlib.ProcessorFormatter(
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending], foreign_pre_chain=shared
    )
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(number, logging.WARNING))


def describe(error: BaseException) -> str:
    """An error in one line; its type if it says nothing, as a timeout does. Of one of the database's without the
    contents of rows, which PostgreSQL's detail would quote."""
    inner = getattr(error, "orig", None) or error
    said = getattr(getattr(inner, "diag", None), "message_primary", None) or str(inner)
    return " ".join(said.split())[:500] or type(inner).__name__
