"""Commands a client may send on the live socket. Missing, extra or mistyped fields are refused as `bad_request`."""

from typing import Annotated

import msgspec

Ref = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
Token = Annotated[str, msgspec.Meta(max_length=4096)]
# No NUL, which PostgreSQL takes in no text.
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=500, pattern=r"^[^\x00]*\Z")]
Uuid = Annotated[
    str, msgspec.Meta(pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\Z")
]


class Command(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="cmd"):
    """What all commands share: the tag `cmd` names the class."""


class Position(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A reader's position in a thread's log."""

    epoch: Name
    seq: Seq


class Hello(Command, frozen=True, tag="hello"):
    """Says who speaks from here on; may be repeated with a newer token."""

    ref: Ref
    token: Token


class Join(Command, frozen=True, tag="join"):
    """Follows a thread, named by `thread`, or by `site` and `key`; with `after`, from that position on."""

    ref: Ref
    site: Name | None = None
    key: Name | None = None
    thread: Name | None = None
    after: Position | None = None


class Leave(Command, frozen=True, tag="leave"):
    """Stops following a thread."""

    ref: Ref
    thread: Name


class Post(Command, frozen=True, tag="post"):
    """Posts a comment; `id` is the client's own UUID, so that a retry is harmless."""

    ref: Ref
    thread: Name
    id: Uuid
    body: str
    parent: Uuid | None = None


class Edit(Command, frozen=True, tag="edit"):
    """Rewrites a comment."""

    ref: Ref
    comment: Name
    body: str


class Remove(Command, frozen=True, tag="remove"):
    """Takes a comment out of sight; its number stays."""

    ref: Ref
    comment: Name
    reason: str | None = None


class Restore(Command, frozen=True, tag="restore"):
    """Brings a removed comment back."""

    ref: Ref
    comment: Name


class Close(Command, frozen=True, tag="close"):
    """Closes a thread: no comment is accepted until it is reopened."""

    ref: Ref
    thread: Name
    reason: str | None = None


class Reopen(Command, frozen=True, tag="reopen"):
    """Opens a closed thread again."""

    ref: Ref
    thread: Name


class Typing(Command, frozen=True, tag="typing"):
    """The sender is writing a comment. Answered only where it carries a ref."""

    thread: Name
    ref: Ref | None = None


AnyCommand = Hello | Join | Leave | Post | Edit | Remove | Restore | Close | Reopen | Typing


# The bodies of the HTTP API, refused by the same rules.


class SessionBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/sessions"""

    site: Name
    name: str | None = None
    email: str | None = None
    website: str | None = None


class ClaimBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/sessions/claim"""

    code: Token
    site: Name | None = None


class PostBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/threads/{id}/comments"""

    id: Uuid
    body: str
    parent: Uuid | None = None


class EditBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PATCH /api/v1/comments/{id}"""

    body: str


class EmptyBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/reopen and …/restore"""


class ReasonBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """POST …/close and DELETE …/comments/{id}"""

    reason: str | None = None


class ThreadBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /api/v1/threads: the article a thread belongs to; `published` is RFC 3339, `body` comment markup."""

    title: str | None = None
    url: str | None = None
    section: str | None = None
    published: str | None = None
    author: str | None = None
    source: str | None = None
    source_url: str | None = None
    body: str | None = None


class SiteChangeBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PATCH /api/v1/sites/{name}; `origins` are instead of those it had."""

    add: list[str] = []
    remove: list[str] = []
    origins: list[str] | None = None
    images: bool | None = None


class SiteBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /api/v1/sites/{name}"""

    origins: list[str]
    images: bool = False
