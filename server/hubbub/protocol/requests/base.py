"""What all requests have in common, and the forms of their fields."""

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


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, tag_field="cmd"):
    """A command on the live socket. Its tag, the field `cmd`, names the class. Our client leaves out what is not used:
    a server of an older version knows no newer field."""


class ThreadRequest(Request, frozen=True):
    """A request about a thread."""

    ref: Ref
    thread: Name


class CommentRequest(Request, frozen=True):
    """A request about a comment."""

    ref: Ref
    comment: Name


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of an HTTP request that the live socket does not have."""
