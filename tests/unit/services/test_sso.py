"""Sign-on from the publisher: which tokens are believed, and whom they name."""

import base64
import hmac
import json
import time
import uuid
from types import SimpleNamespace
from typing import Any, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hubbub.commands.sites import UseCode
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Site, SiteSettings, Sso, SsoKey
from hubbub.services.base import Services
from hubbub.services.sso import LONGEST, author_id, clean_sso_key, sign_on
from tests.support.sso import ALGORITHMS, claims, keys, sign
from tests.unit.samples import SITE


def site(name: str = SITE, salt: str = "00" * 16, *algorithms: str) -> Site:
    """A site whose keys are named as their algorithms."""
    known = {one: SsoKey(one, keys(one)[1]) for one in algorithms or ALGORITHMS}
    return Site(name, (), SiteSettings(sso=Sso(known, salt)))


class _Worker:
    def __init__(self) -> None:
        self.used: set[str] = set()

    async def submit(self, command: UseCode) -> None:
        if command.code in self.used:
            raise Refused(ErrorCode.UNAUTHORIZED, "used")
        self.used.add(command.code)


async def enter(token: str, where: Site | None = None, worker: _Worker | None = None) -> Actor:
    """Signs on."""
    services = SimpleNamespace(command_bus=worker or _Worker())
    return await sign_on(cast(Services, services), where or site(), token)


async def refused(token: str, where: Site | None = None) -> str:
    """Why a token is not believed."""
    with pytest.raises(Refused) as found:
        await enter(token, where)
    assert found.value.code is ErrorCode.UNAUTHORIZED
    return found.value.message


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_signed_token_names_an_author(algorithm: str) -> None:
    said = claims(SITE, email="nina@mail.example", website="nina.example")
    actor = await enter(sign(said, algorithm, algorithm))
    assert (actor.site, actor.name, actor.email, actor.website) == (
        SITE,
        "Nina",
        "nina@mail.example",
        "https://nina.example",
    )
    assert actor.role == "guest"
    assert actor.signed_on


async def test_the_same_subject_is_the_same_author_and_another_is_not() -> None:
    first = await enter(sign(claims(SITE), "HS256", "HS256"))
    again = await enter(sign(claims(SITE, name="Nino"), "RS256", "RS256"))
    other = await enter(sign(claims(SITE, "reader 8"), "HS256", "HS256"))
    assert first.id == again.id != other.id
    assert str(uuid.UUID(first.id)) == first.id
    assert author_id(site(salt="11" * 16), "reader 7") != first.id, "nobody finds the subject behind an id"


async def test_a_single_key_needs_no_name() -> None:
    assert (await enter(sign(claims(SITE)), site(SITE, "00", "HS256"))).name == "Nina"
    assert "kid" in await refused(sign(claims(SITE)))


async def test_a_token_works_once() -> None:
    worker, token = _Worker(), sign(claims(SITE), kid="HS256")
    await enter(token, worker=worker)
    with pytest.raises(Refused, match="used already"):
        await enter(token, worker=worker)


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "other"},
        {"aud": None},
        {"exp": lambda: int(time.time()) - 120},
        {"exp": None},
        {"exp": lambda: int(time.time()) + LONGEST + 300},
        {"exp": "soon"},
        {"nbf": lambda: int(time.time()) + 300},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 301},
        {"name": 7},
        {"name": ["Nina"]},
    ],
    ids=lambda wrong: " ".join(
        f"{name}-{'later' if callable(value) else value!s:.10}" for name, value in wrong.items()
    ),
)
async def test_claims_are_checked(wrong: dict[str, Any]) -> None:
    now = {name: value() if callable(value) else value for name, value in wrong.items()}
    await refused(
        sign({name: value for name, value in {**claims(SITE), **now}.items() if value is not None}, kid="HS256")
    )


async def test_a_bad_name_is_told_as_typed_ones_are() -> None:
    with pytest.raises(Refused) as found:
        await enter(sign(claims(SITE, name="a\nb"), kid="HS256"))
    assert found.value.code is ErrorCode.BAD_REQUEST


def part(value: object) -> str:
    """A part of a token."""
    return (
        base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).decode().rstrip("=")
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_a_token_chooses_neither_its_algorithm_nor_its_key(algorithm: str) -> None:
    said = claims(SITE)
    body = part(said)
    await refused(f"{part({'alg': 'none', 'kid': algorithm})}.{body}.")
    # A public key used as a secret (HS/RS confusion), by hand: no library signs so.
    head = part({"alg": "HS256", "kid": "RS256"})
    digest = hmac.digest(keys("RS256")[1].encode(), f"{head}.{body}".encode(), "sha256")
    await refused(f"{head}.{body}.{part(digest)}")
    await refused(sign(said, algorithm, algorithm, another=True))
    for other in set(ALGORITHMS) - {algorithm}:
        await refused(sign(said, algorithm, other))
    await refused(sign(said, algorithm, "../../etc/passwd"))
    await refused(sign(said, algorithm, algorithm), Site(SITE, ()))


@pytest.mark.parametrize("token", ["", ".", "a.b.c", "eyJhbGciOiJIUzI1NiIsImtpZCI6W119.e30.x", "\x00"])
async def test_what_is_no_token_is_refused(token: str) -> None:
    await refused(token)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_keys_are_taken(algorithm: str) -> None:
    assert clean_sso_key("main.2026", algorithm, keys(algorithm)[1]) == SsoKey(algorithm, keys(algorithm)[1])


def weak() -> str:
    """An RSA key that is too short."""
    public = rsa.generate_private_key(65537, 1024).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.mark.parametrize(
    ("name", "algorithm", "key"),
    [
        ("k", "HS256", "short"),
        ("k", "HS256", keys("RS256")[1]),
        ("k", "RS256", keys("EdDSA")[1]),
        ("k", "EdDSA", keys("RS256")[1]),
        ("k", "RS256", keys("RS256")[0]),
        ("k", "RS256", weak()),
        ("k", "EdDSA", "nonsense"),
        ("", "HS256", keys("HS256")[1]),
        ("a b", "HS256", keys("HS256")[1]),
    ],
)
def test_weak_private_and_wrong_keys_are_not(name: str, algorithm: str, key: str) -> None:
    with pytest.raises(Refused) as found:
        clean_sso_key(name, algorithm, key)
    assert found.value.code is ErrorCode.BAD_REQUEST
