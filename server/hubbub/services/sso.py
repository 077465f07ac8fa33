"""Sign-on from the publisher: a signed token (JWT, RFC 7519) from their own server says who a reader is.

Each key has one algorithm, and a token is tried with that alone: what its header says about itself decides nothing but
which key is meant (RFC 8725, 3.1).
"""

import re
import time
from hashlib import blake2b
from typing import Any
from uuid import UUID

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from hubbub.commands.sites import UseCode
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused, bad_request
from hubbub.domain.model import Site, SsoKey
from hubbub.services.base import Services
from hubbub.services.identity import guest

LONGEST = 3600  # s that a token may be valid: its use is remembered for a day
_LEEWAY = 60  # s by which two machines' clocks may differ
_ID = re.compile(r"[\w.-]{1,50}", re.ASCII)
_SECRET_BYTES, _RSA_BITS = 32, 2048  # RFC 7518, 3.2 and 3.3
_CLAIM_CHARS = 300


def clean_sso_key(name: str, algorithm: str, key: str) -> SsoKey:
    """A key that the site's tokens are signed with; Refused `bad_request` says what is wrong with it."""
    if not _ID.fullmatch(name):
        raise bad_request("A key's id is up to 50 letters, digits, dots, - and _; it is the `kid` of tokens.")
    if algorithm == "HS256":
        if len(key.encode()) < _SECRET_BYTES or "-----BEGIN" in key:
            raise bad_request(f"HS256 needs a secret of at least {_SECRET_BYTES} bytes, which is no PEM file.")
        return SsoKey(algorithm, key)
    try:
        public = load_pem_public_key(key.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise bad_request(f"{algorithm} needs a public key in PEM form (-----BEGIN PUBLIC KEY-----).") from None
    strong = isinstance(public, RSAPublicKey) and public.key_size >= _RSA_BITS
    if not (strong if algorithm == "RS256" else isinstance(public, Ed25519PublicKey)):
        raise bad_request(
            f"{algorithm} takes another key: RS256 one of RSA with {_RSA_BITS} bits or more, EdDSA Ed25519."
        )
    return SsoKey(algorithm, key)


async def sign_on(services: Services, site: Site, token: str) -> Actor:
    """The author whom a token of the publisher names. It works once. Refused `unauthorized`, with the reason, or
    `bad_request` where a name or an address in it can't be taken."""
    claims = _verify(site, token)
    use = blake2b(f"{site.name}\n{claims['jti']}".encode(), digest_size=16).hexdigest()
    try:
        await services.command_bus.submit(UseCode(f"sso {use}"))
    except Refused as refused:
        raise _refused("it was used already") if refused.code == ErrorCode.UNAUTHORIZED else refused from None
    name, email, website = (claims.get(field) for field in ("name", "email", "website"))
    return guest(site.name, name, email, website, author_id(site, claims["sub"]))


def author_id(site: Site, subject: str) -> str:
    """The id of the author whom the publisher knows as `subject`: the same whenever they sign on, and no way back from
    it for those who see it. A UUID of version 8 (RFC 9562, 5.8), which no guest has."""
    digest = bytearray(blake2b(subject.encode(), key=bytes.fromhex(site.settings.sso.salt), digest_size=16).digest())
    digest[6], digest[8] = digest[6] & 0x0F | 0x80, digest[8] & 0x3F | 0x80
    return str(UUID(bytes=bytes(digest)))


def _verify(site: Site, token: str) -> dict[str, Any]:
    keys = site.settings.sso.keys
    if not keys:
        raise _refused("the site has no key for it")
    try:
        named = jwt.get_unverified_header(token).get("kid")
        if named is None and len(keys) == 1:
            (named,) = keys
        key = keys.get(named) if isinstance(named, str) else None
        if key is None:
            raise _refused("its `kid` names no key of the site")
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            audience=site.name,
            leeway=_LEEWAY,
            options={"require": ["sub", "aud", "exp", "jti"]},
        )
    except (jwt.InvalidTokenError, ValueError) as error:
        raise _refused(str(error)) from None
    if int(claims["exp"]) > time.time() + LONGEST + _LEEWAY:
        raise _refused("it is valid for more than an hour")
    for field in ("sub", "jti", "name", "email", "website"):
        value = claims.get(field)
        if value is None and field not in ("sub", "jti"):
            continue
        if not isinstance(value, str) or len(value) > _CLAIM_CHARS:
            raise _refused(f"`{field}` must be a text of at most {_CLAIM_CHARS} characters")
    if not claims["sub"] or not claims["jti"]:
        raise _refused("`sub` or `jti` is empty")
    return claims


def _refused(reason: str) -> Refused:
    return Refused(ErrorCode.UNAUTHORIZED, f"The sign-on from the page was refused: {reason}.")
