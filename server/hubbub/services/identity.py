"""Sessions: bearer tokens that say who speaks, signed with the server's secret.

Nothing is stored for a guest's token. A token of staff names a member and the version that the member had: rights are
the member's, and when the version moves on, the token is revoked. The role is in it for nodes of an older version, and
for the operator, who is no member.
"""

import hashlib
import hmac
import secrets
import time
import uuid
from typing import Any, NamedTuple

import jwt

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Member, Role
from hubbub.domain.permissions import STAFF
from hubbub.domain.text import clean_email, clean_name, clean_website
from hubbub.services.caller import Bearer, Check, session_ended

GUEST_SECONDS = 180 * 24 * 3600  # a nick lasts as long as a reader's habit
SSO_SECONDS = 24 * 3600  # until the publisher is asked again
STAFF_SECONDS = 30 * 24 * 3600
CODE_SECONDS = 12 * 3600  # time to open a link; its use is remembered for longer (see worker.committer)
CHALLENGE_SECONDS = 5 * 60  # to look for the key, and for its PIN (WebAuthn, 15.1)
_ENDS_BYTES, _HEAD_BYTES, _SEAL_BYTES = 6, 22, 32
_ALGORITHM = "HS256"
_LEEWAY = 60  # seconds by which two machines' clocks may differ
_LIFETIMES = {Role.GUEST: GUEST_SECONDS, Role.OPERATOR: 300}


class Code(NamedTuple):
    """Whom a one-time code stands for, and the word under which its use is remembered."""

    actor: Actor
    use: str


class Identity:
    """Issues and reads tokens, and the one-time codes that stand for a token in a link. Every node that has the secret
    reads what any other has issued."""

    def __init__(self, secret: str, check: Check | None = None) -> None:
        """`check` gives the actor the rights they have now, or raises Refused where their token was revoked."""
        self._check = check or _admit
        # A key of its own for each use, so that no other use of the secret can make a token.
        master = hashlib.blake2b(secret.encode()).digest()
        self._key = hashlib.blake2b(b"hubbub session token", key=master).digest()
        self._code_key = hashlib.blake2b(b"hubbub one-time code", key=master).digest()
        self._challenge_key = hashlib.blake2b(b"hubbub passkey challenge", key=master).digest()

    def issue(self, actor: Actor) -> str:
        """A token that `read` turns into `actor` again, until its role's lifetime is over or it is revoked."""
        return _sign(actor, self._key, _lifetime(actor))

    def read(self, token: str) -> Actor:
        """Who speaks; Refused `unauthorized` if the token is expired, revoked, forged or no token."""
        return self.read_bearer(token).actor

    def read_bearer(self, token: str) -> Bearer:
        """The same, with the end of it, for those who read a token once and use it for long."""
        try:
            claims = _verify(token, self._key)
        except jwt.ExpiredSignatureError:
            raise session_ended() from None
        except (jwt.InvalidTokenError, ValueError):
            raise Refused(ErrorCode.UNAUTHORIZED, "This token is not valid here; start a new session.") from None
        actor = self._check(claims.actor)
        return Bearer(actor, claims.ends, self._check if actor.role in STAFF else None)

    def make_code(self, actor: Actor) -> str:
        """A code, good for CODE_SECONDS, that `read_code` turns into `actor` again. Storage remembers its use."""
        return _sign(actor, self._code_key, CODE_SECONDS, use=str(uuid.uuid4()))

    def read_code(self, code: str) -> Code:
        """What a code stands for; Refused `unauthorized` if it is expired, revoked, forged or no code."""
        try:
            claims = _verify(code, self._code_key)
        except (jwt.InvalidTokenError, ValueError):
            raise Refused(ErrorCode.UNAUTHORIZED, "This link is no longer valid; ask for a new one.") from None
        return Code(self._check(claims.actor), claims.use)

    def make_challenge(self, about: str) -> bytes:
        """A challenge for a passkey (WebAuthn, 13.4.3), good for CHALLENGE_SECONDS and what it is `about`. It is kept
        nowhere, so that asking for many fills nothing; storage remembers its use."""
        ends = int(time.time()) + CHALLENGE_SECONDS
        head = ends.to_bytes(_ENDS_BYTES, "big") + secrets.token_bytes(_HEAD_BYTES - _ENDS_BYTES)
        return head + self._seal(head, about)

    def check_challenge(self, challenge: bytes, about: str) -> None:
        """Refused `unauthorized` for a challenge that is expired, forged or about something else."""
        head, seal = challenge[:_HEAD_BYTES], challenge[_HEAD_BYTES:]
        ends = int.from_bytes(head[:_ENDS_BYTES], "big") + _LEEWAY
        if not hmac.compare_digest(seal, self._seal(head, about)) or ends < time.time():
            raise Refused(ErrorCode.UNAUTHORIZED, "That took too long; please try again.")

    def _seal(self, head: bytes, about: str) -> bytes:
        return hashlib.blake2b(head + about.encode(), key=self._challenge_key, digest_size=_SEAL_BYTES).digest()


def _admit(actor: Actor) -> Actor:
    return actor


def _lifetime(actor: Actor) -> int:
    return SSO_SECONDS if actor.signed_on else _LIFETIMES.get(actor.role, STAFF_SECONDS)


class _Claims(NamedTuple):
    actor: Actor
    ends: float
    use: str


def _sign(actor: Actor, key: bytes, seconds: int, use: str | None = None) -> str:
    claims: dict[str, object] = {"sub": actor.id, "site": actor.site, "role": str(actor.role), "name": actor.name}
    claims["exp"] = int(time.time()) + seconds
    optional = {"web": actor.website, "mail": actor.email, "ver": actor.version, "jti": use}
    claims.update({key: value for key, value in optional.items() if value is not None})
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def _verify(token: str, key: bytes) -> _Claims:
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[_ALGORITHM],
        leeway=_LEEWAY,
        options={"require": ["sub", "site", "role", "name", "exp"]},
    )
    version = claims.get("ver")
    if version is not None and type(version) is not int:
        raise ValueError("expected a whole number as version")
    who = claims["sub"], claims["site"], Role(claims["role"]), claims["name"]
    actor = Actor(*who, claims.get("web"), claims.get("mail"), version)
    # A code of an older version has no word of its own, and was for an actor of its own.
    return _Claims(actor, int(claims["exp"]) + _LEEWAY, claims.get("jti") or actor.id)


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
    return Actor(id=str(uuid.uuid4()), site=site, role=role, name=staff_name(role, name))


def staff_name(role: Role, name: str | None) -> str:
    """The name shown beside what one of the staff does."""
    return clean_name(name) if name else role.value.capitalize()


def actor_of(member: Member) -> Actor:
    """A member as the bearer of a token."""
    return Actor(id=member.id, site=member.site, role=member.role, name=member.name, version=member.version)
