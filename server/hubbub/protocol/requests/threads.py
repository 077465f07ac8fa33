"""Requests about threads."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from hubbub.domain.model import MAX_DELAY, MAX_SLOW, Hold, Theme, Who
from hubbub.protocol.requests.base import Body, Name, ThreadRequest


class Close(ThreadRequest, frozen=True, tag="close"):
    """Closes a thread: no comment is accepted until it is reopened."""

    reason: str | None = None


class Reopen(ThreadRequest, frozen=True, tag="reopen"):
    """Opens a closed thread again."""


class Pin(ThreadRequest, frozen=True, tag="pin"):
    """Pins a comment in its thread, in place of the one before; null pins none."""

    comment: Name | None


class Mode(ThreadRequest, frozen=True, tag="mode"):
    """Changes what holds for new comments of a thread. What is not named stays as it was. `close_at` is RFC 3339, or
    null; `slow` is how many seconds an author waits between comments, `who` is who may write, `hold` whose comments a
    moderator reads before others see them, `delay` how many seconds after its author others see a comment."""

    close_at: str | UnsetType | None = UNSET
    slow: Annotated[int, Meta(ge=0, le=MAX_SLOW)] | UnsetType = UNSET
    who: Who | UnsetType = UNSET
    hold: Hold | UnsetType = UNSET
    delay: Annotated[int, Meta(ge=0, le=MAX_DELAY)] | UnsetType = UNSET


class ThreadBody(Body, frozen=True):
    """PUT /api/v1/threads: the article a thread belongs to; `published` is RFC 3339, `body` comment markup, `poster`
    the address of its picture, `poster_text` what that shows."""

    title: str | None = None
    url: str | None = None
    section: str | None = None
    published: str | None = None
    author: str | None = None
    source: str | None = None
    source_url: str | None = None
    body: str | None = None
    poster: str | None = None
    poster_text: str | None = None
    theme: Theme | None = None


ThreadsRequest = Close | Reopen | Pin | Mode
