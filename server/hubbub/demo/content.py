"""The demo's articles and their readers' comments, as they stand in the files."""

from pathlib import Path

import msgspec

from hubbub.domain.model import Theme

_FILES = Path(__file__).parent / "articles"


class DemoComment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One comment; `reply_to` is the number of the one it answers, `role` guest or moderator."""

    name: str
    text: str
    website: str | None = None
    reply_to: int | None = None
    role: str = "guest"
    removed: bool = False


class DemoArticle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One article with its comments, oldest first; `published` is RFC 3339."""

    key: str
    title: str
    section: str
    published: str
    author: str
    source: str
    source_url: str
    body: str
    comments: list[DemoComment]
    closed: bool = False
    poster: str | None = None
    poster_text: str | None = None
    theme: Theme | None = None


def articles() -> list[DemoArticle]:
    """All of them, the front page's first one first."""
    return [msgspec.toml.decode(path.read_bytes(), type=DemoArticle) for path in sorted(_FILES.glob("*.toml"))]
