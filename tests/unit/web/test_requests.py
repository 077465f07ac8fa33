"""Reading requests."""

from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import msgpack
import msgspec
import pytest
from starlette.requests import Request

from hubbub.domain.errors import ErrorCode, Refused
from hubbub.services.caller import Caller
from hubbub.services.identity import Identity
from hubbub.web import requests
from tests.unit.samples import ANN
from tests.unit.web.asgi import scope

IDENTITY = Identity("a secret of at least 16 characters")


def request(*chunks: bytes, query: str = "", **headers: str) -> Request:
    """A request with a body in pieces."""
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    app = SimpleNamespace(state=SimpleNamespace(node=SimpleNamespace(identity=IDENTITY)))
    bodies = iter([*chunks, b""])

    async def receive() -> dict[str, Any]:
        body = next(bodies)
        return {"type": "http.request", "body": body, "more_body": body != b""}

    return Request(scope(headers=pairs, query_string=query.encode(), app=app), receive)


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """A body to read."""

    text: str = "nothing"


async def code(work: Any) -> str:
    """How `work` is refused."""
    with pytest.raises(Refused) as caught:
        await work
    return caught.value.code


async def test_a_body_is_json_whatever_it_is_said_to_be() -> None:
    assert await requests.read_body(request(b'{"te', b'xt":"a"}'), Body) == Body("a")
    assert await requests.read_body(request(b'{"text":"a"}', content_type="text/plain"), Body) == Body("a")
    packed = msgpack.packb({"text": "a"})
    assert await code(requests.read_body(request(packed, content_type="application/msgpack"), Body)) == "bad_request"
    assert await requests.read_body(request(), Body) == Body()


@pytest.mark.parametrize(
    "data", [b"{", b"[]", b'{"text":1}', b'{"more":1}', b'{"text":"a","text":"b"}', b"\xff", b"NaN"]
)
async def test_a_bad_body(data: bytes) -> None:
    assert await code(requests.read_body(request(data), Body)) is ErrorCode.BAD_REQUEST


async def test_a_body_has_a_limit_and_reading_stops_there() -> None:
    whole = b'{"text":"%b"}' % (b"x" * 100)
    assert (await requests.read_body(request(whole), Body, limit=len(whole))).text == "x" * 100
    assert await code(requests.read_body(request(whole), Body, limit=len(whole) - 1)) is ErrorCode.TOO_LARGE
    with_length = request(whole, content_length="66000")
    assert await code(requests.read_body(with_length, Body)) is ErrorCode.TOO_LARGE, "not even read"
    read = 0

    async def endless() -> AsyncGenerator[bytes, None]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1024

    flood = request()
    flood.stream = endless  # type: ignore[method-assign]  # a body without end
    assert await code(requests.read_body(flood, Body)) is ErrorCode.TOO_LARGE
    assert read == 65


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_bearer_of_a_token(scheme: str) -> None:
    found = requests.caller_of(request(authorization=f"{scheme} {IDENTITY.issue(ANN)}", origin="https://news.example"))
    assert found == Caller(ANN, "https://news.example", "192.0.2.9")


def test_nobody() -> None:
    assert requests.caller_of(request()) == Caller(None, None, "192.0.2.9")


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "Bearer ", "Bearer x", "Token x", IDENTITY.issue(ANN)])
def test_what_is_no_valid_token_is_not_nobody(value: str) -> None:
    with pytest.raises(Refused) as caught:
        requests.caller_of(request(authorization=value))
    assert caught.value.code is ErrorCode.UNAUTHORIZED


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("7", 7), ("007", 7), ("200", 200)])
def test_a_number(text: str, number: int) -> None:
    assert requests.number_of(request(query=f"n={text}"), "n", most=200) == number


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "201", "1.0", "1e2", "x", "0x1", "%C2%B2", "%D9%A3", "1" * 5000, "1_0"]
)
def test_what_is_no_number_or_too_high(text: str) -> None:
    with pytest.raises(Refused) as caught:
        requests.number_of(request(query=f"n={text}"), "n", most=200)
    assert caught.value.code is ErrorCode.BAD_REQUEST


def test_a_number_too_low() -> None:
    with pytest.raises(Refused, match="from 1 to 200"):
        requests.number_of(request(query="n=0"), "n", most=200, least=1)


def test_a_number_not_given() -> None:
    assert requests.number_of(request(), "n", most=200) is None


def test_a_text() -> None:
    assert requests.text_of(request(query="key=%2Fa%26b"), "key") == "/a&b"
    for query in ("", "key=", "other=1"):
        with pytest.raises(Refused, match="`key` is missing"):
            requests.text_of(request(query=query), "key")
