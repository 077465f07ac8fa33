"""Sessions: bearer tokens that say who speaks. Nothing is stored for them; the server's secret signs them."""

import hashlib
import time
import uuid
from typing import Any, NamedTuple

import jwt

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Role
from hubbub.domain.text import clean_email, clean_name, clean_website

GUEST_SECONDS = 180 * 24 * 3600  # a nick lasts as long as a reader's habit
STAFF_SECONDS = 30 * 24 * 3600
CODE_SECONDS = 12 * 3600  # time to open a link; its use is remembered for longer (see worker.committer)
_ALGORITHM = "HS256"
_LEEWAY = 60  # seconds by which two machines' clocks may differ
_LIFETIMES = {Role.GUEST: GUEST_SECONDS, Role.OPERATOR: 300}


class Bearer(NamedTuple):
    """Whose a token is, until `ends` (in seconds of the wall clock)."""

    actor: Actor
    ends: float

    @property
    def ended(self) -> bool:
        """Whether the token is good no longer."""
        return time.time() >= self.ends


class Identity:
    """Issues and reads tokens, and the one-time codes that stand for a token in a link. Every node that has the secret
    reads what any other has issued."""

    def __init__(self, secret: str) -> None:
        # A key of its own for each use, so that no other use of the secret can make a token.
        master = hashlib.blake2b(secret.encode()).digest()
        self._key = hashlib.blake2b(b"hubbub session token", key=master).digest()
        self._code_key = hashlib.blake2b(b"hubbub one-time code", key=master).digest()

    def issue(self, actor: Actor) -> str:
        """A token that `read` turns into `actor` again, until its role's lifetime is over."""
        return _sign(actor, self._key, _LIFETIMES.get(actor.role, STAFF_SECONDS))

    def read(self, token: str) -> Actor:
        """Who speaks; Refused `unauthorized` if the token is expired, forged or no token."""
        return self.read_bearer(token).actor

    def read_bearer(self, token: str) -> Bearer:
        """The same, with the end of it, for those who read a token once and use it for long."""
        try:
            return _verify(token, self._key)
        except jwt.ExpiredSignatureError:
            raise session_ended() from None
        except (jwt.InvalidTokenError, ValueError):
            raise Refused(ErrorCode.UNAUTHORIZED, "This token is not valid here; start a new session.") from None

    def make_code(self, actor: Actor) -> str:
        """A code, good for CODE_SECONDS, that `read_code` turns into `actor` again. That it is good only once is for
        storage to hold, by the actor's id: each code is for an actor of its own."""
        return _sign(actor, self._code_key, CODE_SECONDS)

    def read_code(self, code: str) -> Actor:
        """Whom a code stands for; Refused `unauthorized` if it is expired, forged or no code."""
        try:
            return _verify(code, self._code_key).actor
        except (jwt.InvalidTokenError, ValueError):
            raise Refused(ErrorCode.UNAUTHORIZED, "This link is no longer valid; ask for a new one.") from None


def _sign(actor: Actor, key: bytes, seconds: int) -> str:
    claims: dict[str, object] = {"sub": actor.id, "site": actor.site, "role": str(actor.role), "name": actor.name}
    claims["exp"] = int(time.time()) + seconds
    optional = {"web": actor.website, "mail": actor.email}
    claims.update({key: value for key, value in optional.items() if value is not None})
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def session_ended() -> Refused:
    """For a token whose time is over."""
    return Refused(ErrorCode.UNAUTHORIZED, "This session has ended; start a new one.")


def _verify(token: str, key: bytes) -> Bearer:
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[_ALGORITHM],
        leeway=_LEEWAY,
        options={"require": ["sub", "site", "role", "name", "exp"]},
    )
    role = Role(claims["role"])
    actor = Actor(claims["sub"], claims["site"], role, claims["name"], claims.get("web"), claims.get("mail"))
    return Bearer(actor, int(claims["exp"]) + _LEEWAY)


def guest(site: str, name: str | None, email: str | None, website: str | None, id_: str | None = None) -> Actor:
    """A guest from what a person typed, a new one unless they have an id. Raises TextError."""
    return Actor(
        id=id_ or str(uuid.uuid4()),
        site=site,
        role=Role.GUEST,
        name=clean_name(name) if name and name.strip() else "Anonymous",
        website=clean_website(website) if website else None,
        email=clean_email(email) if email else None,
    )


def staff(site: str, role: Role, name: str | None = None) -> Actor:
    """A moderator, owner or operator, made by whoever holds the server's secret."""
    shown = clean_name(name) if name else role.value.capitalize()
    return Actor(id=str(uuid.uuid4()), site=site, role=role, name=shown)
