"""Sign-on as a publisher's server makes it, with keys made for the tests."""

import time
import uuid
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

SECRET = "a shared secret of a fitting length"
ALGORITHMS = ("HS256", "RS256", "EdDSA")


def keys(algorithm: str, *, another: bool = False) -> tuple[str, str]:
    """What the publisher signs with, and what the site is given."""
    return _keys(algorithm, another)


@cache
def _keys(algorithm: str, another: bool) -> tuple[str, str]:
    if algorithm == "HS256":
        secret = SECRET + ("!" if another else "")
        return secret, secret
    made = rsa.generate_private_key(65537, 2048) if algorithm == "RS256" else ed25519.Ed25519PrivateKey.generate()
    private = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.decode(), made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def claims(site: str, subject: str = "reader 7", **others: Any) -> dict[str, Any]:
    """What a token says; a claim that is None is left out."""
    said = {
        "sub": subject,
        "aud": site,
        "exp": int(time.time()) + 300,
        "jti": str(uuid.uuid4()),
        "name": "Nina",
        **others,
    }
    return {name: value for name, value in said.items() if value is not None}


def sign(said: dict[str, Any], algorithm: str = "HS256", kid: str | None = None, *, another: bool = False) -> str:
    """A token."""
    return jwt.encode(said, keys(algorithm, another=another)[0], algorithm, None if kid is None else {"kid": kid})
