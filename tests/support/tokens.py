"""Bearer tokens made with a server's own secret, true ones and ones that must not be believed."""

import base64
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from hubbub.domain.actor import Actor
from hubbub.domain.model import Role
from hubbub.services import identity
from hubbub.services.identity import Identity, staff


def secret_of(data_dir: Path) -> str:
    """The secret a server made for itself."""
    return (data_dir / "secret.key").read_text(encoding="ascii")


def mint(server: Path | str, role: str, *, site: str = "demo", name: str | None = None) -> str:
    """What `hubbub token` prints, without the second a process takes to start; `server` is its data directory or its
    secret."""
    return _identity(server).issue(staff(site, Role(role), name))


def make_code(server: Path | str, role: str = "moderator", *, site: str = "demo") -> str:
    """The one-time code in what `hubbub link` prints."""
    return _identity(server).make_code(staff(site, Role(role)))


def _identity(server: Path | str) -> Identity:
    return Identity(server if isinstance(server, str) else secret_of(server))


def expired(server: Path | str, role: str = "moderator") -> str:
    """A token that was good until yesterday."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "STAFF_SECONDS", -24 * 3600)
        return mint(server, role)


def forged(true: str) -> dict[str, str]:
    """Tokens like `true`, each wrong in one way that once worked against somebody."""
    header, payload, signature = true.split(".")
    claims = _claims(payload)
    unsigned = _part({"alg": "none", "typ": "JWT"})
    key = identity.Identity("another secret of fitting length")
    other = Identity.issue(key, Actor(claims["sub"], claims["site"], Role(claims["role"]), claims["name"]))
    return {
        "alg none": f"{unsigned}.{payload}.",
        "alg none, old signature": f"{unsigned}.{payload}.{signature}",
        "alg nOnE": f"{_part({'alg': 'nOnE'})}.{payload}.",
        "another secret": other,
        "an empty secret": f"{header}.{payload}.{_signature(f'{header}.{payload}', b'')}",
        "another role": f"{header}.{_part({**claims, 'role': 'owner'})}.{signature}",
        "another site": f"{header}.{_part({**claims, 'site': '*'})}.{signature}",
        "a longer life": f"{header}.{_part({**claims, 'exp': claims['exp'] + 10**9})}.{signature}",
        "no signature": f"{header}.{payload}.",
        "a cut signature": f"{header}.{payload}.{signature[:-3]}",
        "a changed signature": f"{header}.{payload}.{('B' if signature[0] == 'A' else 'A') + signature[1:]}",
        "two parts": f"{header}.{payload}",
        "no token": "moderator",
        "empty": "",
        "brackets": "[" * 4000,
    }


def _claims(payload: str) -> dict[str, Any]:
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _signature(signed: str, key: bytes) -> str:
    """HS256 (RFC 7518, 3.2), whatever the key."""
    return base64.urlsafe_b64encode(hmac.digest(key, signed.encode(), "sha256")).rstrip(b"=").decode()


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
