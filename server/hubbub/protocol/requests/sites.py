"""Bodies of HTTP requests about sessions and sites."""

from typing import Annotated, Literal

import msgspec

from hubbub.domain.model import Names, Theme
from hubbub.domain.votes import Votes
from hubbub.protocol.requests.base import Body, Name, Token
from hubbub.protocol.webauthn import CredentialId, NewCredential, UsedCredential


class SessionBody(Body, frozen=True):
    """POST /api/v1/sessions; by the code `pair`, the publisher's token `sso` or a `passkey`, the session of the author
    who is meant, with their own name."""

    site: Name
    name: str | None = None
    email: str | None = None
    website: str | None = None
    pair: Name | None = None
    sso: Token | None = None
    passkey: UsedCredential | None = None


class SignInBody(Body, frozen=True):
    """POST /api/v1/sessions/options"""

    site: Name


class PasskeyBody(Body, frozen=True):
    """POST /api/v1/me/passkeys"""

    passkey: NewCredential


class PasskeyRemovalBody(Body, frozen=True):
    """DELETE /api/v1/me/passkeys"""

    id: CredentialId


class ClaimBody(Body, frozen=True):
    """POST /api/v1/sessions/claim"""

    code: Token
    site: Name | None = None


class SeenBody(Body, frozen=True):
    """POST /api/v1/me/seen: the number of the last comment that the author saw."""

    thread: Name
    number: Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]


class MemberBody(Body, frozen=True):
    """PUT /api/v1/sites/{name}/staff"""

    name: str
    role: Literal["moderator", "owner"]


class RevokeBody(Body, frozen=True):
    """DELETE /api/v1/sites/{name}/staff"""

    name: Name


class SsoKeyBody(Body, frozen=True):
    """A key for sign-on from the publisher: a secret (HS256), or a public key in PEM form."""

    algorithm: Literal["HS256", "RS256", "EdDSA"]
    key: str


class SiteChangeBody(Body, frozen=True):
    """PATCH /api/v1/sites/{name}; `origins` and `reactions` (name → emoji) replace those it had. An empty title or
    tagline is removed, and so is a key of `sso` (id → key) that is null."""

    add: list[str] = msgspec.field(default_factory=list)
    remove: list[str] = msgspec.field(default_factory=list)
    origins: list[str] | None = None
    images: bool | None = None
    title: str | None = None
    tagline: str | None = None
    votes: Votes | None = None
    reactions: dict[str, str] | None = None
    names: Names | None = None
    language: str | None = None
    sso: dict[str, SsoKeyBody | None] | None = None
    theme: Theme | None = None


class SiteBody(Body, frozen=True):
    """PUT /api/v1/sites/{name}"""

    origins: list[str]
    images: bool = False
    title: str | None = None
    tagline: str | None = None


class EmptyBody(Body, frozen=True):
    """DELETE /api/v1/sites/{name}"""
