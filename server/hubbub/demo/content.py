"""The demo's articles, its examples' threads, their readers' comments, and the script of what readers do meanwhile."""

from pathlib import Path
from typing import Literal

import msgspec

from hubbub.domain.model import Theme

_HERE = Path(__file__).parent
_FILES = _HERE / "articles"


class DemoComment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One comment; `reply_to` is the number of the one it answers, `role` guest or moderator."""

    name: str
    text: str
    website: str | None = None
    reply_to: int | None = None
    role: str = "guest"
    removed: bool = False


class DemoThread(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thread with its comments, oldest first; `published` is RFC 3339."""

    key: str
    title: str
    published: str
    comments: list[DemoComment]
    closed: bool = False
    reason: str | None = None


class DemoArticle(DemoThread, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One article of the newspaper."""

    section: str
    author: str
    source: str
    source_url: str
    body: str
    poster: str | None = None
    poster_text: str | None = None
    theme: Theme | None = None


def articles() -> list[DemoArticle]:
    """All of them, the front page's first one first."""
    return [msgspec.toml.decode(path.read_bytes(), type=DemoArticle) for path in sorted(_FILES.glob("*.toml"))]


class _Examples(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    threads: list[DemoThread]


def example_threads() -> list[DemoThread]:
    """The threads on the pages of /examples. They have no article, so the front page does not list them."""
    return msgspec.toml.decode((_HERE / "example-threads.toml").read_bytes(), type=_Examples).threads


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that a scripted reader does; script.toml says how."""

    does: Literal["post", "edit", "remove", "vote", "react", "close", "reopen", "wait"]
    of: str | int | None = None
    label: str = ""
    name: str = "A reader"
    text: str = ""
    reaction: str = ""


class Scene(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens below one article; `closing` is the reason given when its thread closes."""

    key: str
    steps: list[Step]
    closing: str | None = None


class _Script(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    scenes: list[Scene]


def scenes() -> list[Scene]:
    """The script, article by article."""
    return msgspec.toml.decode((_HERE / "script.toml").read_bytes(), type=_Script).scenes
