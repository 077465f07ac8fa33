"""Sessions: only what this server signed, for the use it was signed for, until it ends."""

import base64
import hashlib
import hmac
import json
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.model import Role
from hubbub.domain.text import TextError
from hubbub.services.identity import (
    CHALLENGE_SECONDS,
    CODE_SECONDS,
    GUEST_SECONDS,
    STAFF_SECONDS,
    Identity,
    guest,
    staff,
)
from tests.unit.samples import ANN, MAY, OLA, OPERATOR, SITE

SECRET = "a secret of at least 16 characters"
NOW = 1_795_341_600
HERE = Identity(SECRET)
CLAIMS: dict[str, Any] = {"sub": "ann", "site": SITE, "role": "owner", "name": "Ann", "exp": 2**33}


def is_refused(token: str, reader: Identity = HERE) -> bool:
    """Whether `token` is unauthorized; any other error is a fault."""
    try:
        reader.read(token)
    except Refused as error:
        refused = error
    else:
        return False
    assert refused.code is ErrorCode.UNAUTHORIZED
    return True


def part(value: object) -> str:
    """One part of a token by hand."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@pytest.mark.parametrize(
    "who", [ANN, MAY, OLA, OPERATOR, replace(MAY, version=7), replace(ANN, website="https://ann.example", email=None)]
)
def test_a_token_is_who_it_was_issued_to(who: Actor) -> None:
    assert HERE.read(HERE.issue(who)) == who
    assert Identity(SECRET).read(HERE.issue(who)) == who, "nothing but the secret is needed"


def test_an_anonymous_reader_with_any_name_is_carried() -> None:
    who = replace(ANN, name="Zoë 🙂 \"'</script>", email=None)
    assert HERE.read(HERE.issue(who)) == who


@pytest.mark.parametrize(
    ("who", "seconds"), [(ANN, GUEST_SECONDS), (MAY, STAFF_SECONDS), (OLA, STAFF_SECONDS), (OPERATOR, 300)]
)
def test_a_token_ends_a_minute_of_leeway_after_its_time(who: Actor, seconds: int) -> None:
    with patch("time.time", lambda: NOW):
        claims = jwt.decode(HERE.issue(who), options={"verify_signature": False})
    assert claims["exp"] == NOW + seconds
    key, now = HERE._key, int(time.time())
    fresh = jwt.encode({**CLAIMS, "exp": now - 50}, key, "HS256")
    stale = jwt.encode({**CLAIMS, "exp": now - 61}, key, "HS256")
    assert not is_refused(fresh)
    with pytest.raises(Refused, match="ended"):
        HERE.read(stale)


def test_a_clock_that_is_set_back_shuts_nobody_out() -> None:
    with patch("time.time", lambda: time.time_ns() / 1e9 + 7200):
        token = HERE.issue(ANN)
    assert HERE.read(token) == ANN


def test_another_servers_token_is_none_here() -> None:
    assert is_refused(Identity(SECRET + "!").issue(OLA))


@pytest.mark.parametrize("key", [SECRET.encode(), hashlib.blake2b(SECRET.encode()).digest(), b""])
def test_a_token_signed_with_the_secret_itself_or_another_use_of_it_is_none(key: bytes) -> None:
    """The signing key is derived for this one use."""
    header, payload = part({"alg": "HS256", "typ": "JWT"}), part(CLAIMS)
    signature = hmac.digest(key, f"{header}.{payload}".encode(), "sha256")
    assert is_refused(f"{header}.{payload}.{part(signature)}")


def test_secrets_that_differ_beyond_the_hashs_key_size_differ() -> None:
    long = "x" * 64
    assert is_refused(Identity(long + "a").issue(OLA), Identity(long + "b"))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS512", "RS256", "ES256", "", None, 1, [], {}])
@pytest.mark.parametrize("signature", ["", "x", "c2lnbmVk"])
def test_another_algorithm_is_refused(algorithm: object, signature: str) -> None:
    assert is_refused(f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(CLAIMS)}.{signature}")


def test_a_token_signed_well_by_another_algorithm_is_refused() -> None:
    assert is_refused(jwt.encode(CLAIMS, HERE._key, "HS512"))
    assert not is_refused(jwt.encode(CLAIMS, HERE._key, "HS256"))


def test_a_changed_payload_is_refused() -> None:
    header, payload, signature = HERE.issue(ANN).split(".")
    claims = jwt.decode(f"{header}.{payload}.{signature}", options={"verify_signature": False})
    assert is_refused(f"{header}.{part({**claims, 'role': 'owner'})}.{signature}")


@given(st.data())
def test_any_changed_letter_is_refused(data: st.DataObject) -> None:
    token = HERE.issue(OLA)
    place = data.draw(st.integers(0, len(token) - 2))  # the last letter holds bits that no byte is made of
    letter = data.draw(st.sampled_from("abcXYZ019-_.=é "))
    if letter != token[place]:
        assert is_refused(token[:place] + letter + token[place + 1 :])


@pytest.mark.parametrize("name", ["sub", "site", "role", "name", "exp"])
def test_every_claim_is_needed(name: str) -> None:
    rest = {key: value for key, value in CLAIMS.items() if key != name}
    assert is_refused(jwt.encode(rest, HERE._key, "HS256"))


@pytest.mark.parametrize(
    "claims", [{"role": "king"}, {"role": None}, {"exp": "never"}, {"sub": 1}, {"ver": "1"}, {"ver": True}]
)
def test_claims_that_make_no_sense_are_refused(claims: dict[str, Any]) -> None:
    assert is_refused(jwt.encode({**CLAIMS, **claims}, HERE._key, "HS256"))


@given(st.text(max_size=60) | st.binary(max_size=60).map(part))
def test_what_is_no_token_is_refused(text: str) -> None:
    assert is_refused(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
headers = st.dictionaries(st.sampled_from(["alg", "typ", "crit", "kid", "b64", "jwk"]), json_values | st.just("HS256"))


@given(headers | json_values, json_values)
def test_whatever_header_and_payload_say_is_refused(header: object, payload: object) -> None:
    assert is_refused(f"{part(header)}.{part(payload)}.{part(b'0' * 32)}")


@pytest.mark.parametrize("nested", [b"[" * 3000, b'{"a":' * 600, b"1" * 5000])
def test_a_token_that_overwhelms_a_parser_is_refused(nested: bytes) -> None:
    assert is_refused(f"{part(nested)}.{part(CLAIMS)}.x")
    assert is_refused(f"{part({'alg': 'HS256'})}.{part(nested)}.x")


@pytest.mark.parametrize("who", [MAY, replace(OLA, name="🙂" * 50)])
def test_a_code_is_who_it_was_made_for_on_every_node(who: Actor) -> None:
    code = HERE.make_code(who)
    assert Identity(SECRET).read_code(code).actor == who
    assert len(code) < 4096, "what a claim may carry"


def test_each_code_has_a_use_of_its_own() -> None:
    """One member may be given many links."""
    first, second = (HERE.read_code(HERE.make_code(MAY)) for _ in range(2))
    assert first.actor == second.actor
    assert first.use != second.use


def test_a_code_of_an_older_version_is_for_an_actor_of_its_own() -> None:
    code = jwt.encode({**CLAIMS, "sub": "its own"}, HERE._code_key, "HS256")
    assert HERE.read_code(code).use == "its own"


def test_a_code_is_no_token_and_a_token_no_code() -> None:
    assert is_refused(HERE.make_code(MAY))
    assert not is_code(HERE.issue(MAY))


def test_a_code_of_another_secret_is_none() -> None:
    assert not is_code(Identity("another secret of fitting length").make_code(MAY))


@pytest.mark.parametrize(("late", "good"), [(50, True), (65, False)])
def test_a_code_ends_a_minute_of_leeway_after_its_time(late: int, good: bool) -> None:
    with patch("time.time", lambda: time.time_ns() / 1e9 - CODE_SECONDS - late):
        code = HERE.make_code(MAY)
    assert is_code(code) == good


def is_challenge(challenge: bytes, about: str = "use news") -> bool:
    """Whether a challenge for a passkey is believed."""
    with suppress(Refused):
        HERE.check_challenge(challenge, about)
        return True
    return False


@pytest.mark.parametrize(("late", "good"), [(-60, True), (50, True), (65, False)])
def test_a_challenge_ends_a_minute_of_leeway_after_its_time(late: int, good: bool) -> None:
    with patch("time.time", lambda: time.time_ns() / 1e9 - CHALLENGE_SECONDS - late):
        challenge = HERE.make_challenge("use news")
    assert is_challenge(challenge) == good


@pytest.mark.parametrize("at", range(54))
def test_a_challenge_that_was_changed_is_none(at: int) -> None:
    challenge = bytearray(HERE.make_challenge("use news"))
    assert is_challenge(bytes(challenge))
    challenge[at] ^= 1
    assert not is_challenge(bytes(challenge))


@pytest.mark.parametrize("wrong", [b"", b"x", bytes(32), bytes(54), bytes(500)])
def test_what_is_no_challenge_is_refused(wrong: bytes) -> None:
    assert not is_challenge(wrong)


def test_a_challenge_is_for_one_thing_and_of_one_secret() -> None:
    assert not is_challenge(HERE.make_challenge("use other"))
    assert not is_challenge(Identity("another secret of fitting length").make_challenge("use news"))
    assert HERE.make_challenge("use news") != HERE.make_challenge("use news")


@given(st.text(max_size=60))
def test_what_is_no_code_is_refused(text: str) -> None:
    assert not is_code(text)


def is_code(code: str) -> bool:
    """Whether `code` stands for anybody; any error but `unauthorized` is a fault."""
    try:
        HERE.read_code(code)
    except Refused as error:
        refused = error
    else:
        return True
    assert refused.code is ErrorCode.UNAUTHORIZED
    return False


def test_a_guest_is_as_they_said() -> None:
    who = guest(SITE, "  Zoë  B. ", "zoe@mail.example", "zoe.example")
    assert (who.site, who.role, who.name) == (SITE, Role.GUEST, "Zoë B.")
    assert (who.website, who.email) == ("https://zoe.example", "zoe@mail.example")


@pytest.mark.parametrize("nothing", [None, "", "  ", "\t\n"])
def test_a_guest_may_say_nothing(nothing: str | None) -> None:
    who = guest(SITE, nothing, nothing, nothing)
    assert (who.name, who.website, who.email) == ("Anonymous", None, None)


def test_two_guests_of_one_name_are_two() -> None:
    assert guest(SITE, "Ann", None, None).id != guest(SITE, "Ann", None, None).id


@pytest.mark.parametrize(
    ("name", "email", "website"),
    [
        ("x" * 51, None, None),
        ("a\nb", None, None),
        ("a\x00b", None, None),
        ("a\u202eb", None, None),
        ("\u200b", None, None),
        ("javascript:alert(1)", None, None),
        ("java\tscript:alert(1)", None, None),
        ("javascript&colon;alert(1)", None, None),
        ("data:text/html,x", None, None),
        (None, "no address", None),
        (None, None, "javascript:alert(1)"),
        (None, None, "java\tscript:alert(1)"),
        (None, None, "javascript&#58;alert(1)"),
        (None, None, "data:text/html,x"),
    ],
)
def test_a_guest_who_types_nonsense_is_told(name: str | None, email: str | None, website: str | None) -> None:
    with pytest.raises(TextError):
        guest(SITE, name, email, website)


def test_staff() -> None:
    assert staff(SITE, Role.MODERATOR).name == "Moderator"
    who = staff(SITE, Role.OWNER, "Ola")
    assert (who.name, who.role, who.site, who.email) == ("Ola", Role.OWNER, SITE, None)


def test_two_of_the_staff_are_two() -> None:
    assert staff(SITE, Role.OWNER, "Ola").id != staff(SITE, Role.OWNER, "Ola").id


@pytest.mark.parametrize(("who", "asked"), [(ANN, 1), (OPERATOR, 1), (MAY, 2), (OLA, 2)])
def test_only_whose_token_can_be_revoked_is_asked_about_again(who: Actor, asked: int) -> None:
    seen: list[Actor] = []

    def check(actor: Actor) -> Actor:
        seen.append(actor)
        return actor

    identity = Identity(SECRET, check)
    assert not identity.read_bearer(identity.issue(who)).ended
    assert seen == [who] * asked
