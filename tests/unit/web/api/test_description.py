"""The descriptions of the API name all that the server has."""

import re
from typing import Any, get_args

import pytest
from jsonschema_rs import Draft202012Validator
from starlette.routing import Route, WebSocketRoute

from hubbub.domain.errors import HTTP_STATUS
from hubbub.domain.events import thread_topic
from hubbub.domain.model import Site
from hubbub.protocol import messages
from hubbub.protocol.codec import JSON
from hubbub.protocol.requests import AnyRequest
from hubbub.protocol.views import site_view
from hubbub.web.api.description.asyncapi import REPLIES, asyncapi
from hubbub.web.api.description.openapi import OPERATIONS, openapi
from hubbub.web.application import ROUTES
from hubbub.web.live import handshake
from tests.unit.test_project import ROOT

TOPIC = thread_topic("t")
BESIDE = {"/api/v1/live", "/api/v1/openapi.json", "/api/v1/asyncapi.json"}


def test_openapi_has_every_route_of_the_api() -> None:
    routes = {
        (route.path, method.lower())
        for route in ROUTES
        if isinstance(route, Route) and route.path.startswith("/api/") and route.path not in BESIDE
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = openapi()["paths"]
    assert {(path, method) for path, methods in described.items() for method in methods} == routes


def test_openapi_tells_every_error_code() -> None:
    document = openapi()
    assert document["components"]["schemas"]["ErrorView"]["properties"]["code"]["examples"] == list(HTTP_STATUS)
    told = {
        (int(status), code)
        for methods in document["paths"].values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        for code in re.findall(r"`(\w+)`", answer["description"])
    }
    assert told == {(status, code) for code, status in HTTP_STATUS.items()}


def test_the_page_of_the_api_has_every_operation() -> None:
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    assert {f"`{command.__struct_config__.tag}`" for command in get_args(AnyRequest)} <= set(re.findall(r"`\w+`", page))
    rows = re.findall(r"^\| `(\w+)` \| `(\w+) (\S+)` \| (\w+) \|$", page, flags=re.MULTILINE)
    assert {(method, f"/api/v1{path}", name, who) for name, method, path, who in rows} == {
        (*key, operation.name, operation.who) for key, operation in OPERATIONS.items()
    }


def test_asyncapi_has_every_command() -> None:
    assert set(REPLIES) == set(get_args(AnyRequest))
    received = [name for name, one in asyncapi()["operations"].items() if one["action"] == "receive"]
    assert set(received) == {command.__struct_config__.tag for command in get_args(AnyRequest)}
    paths = [route.path for route in handshake.ROUTES if isinstance(route, WebSocketRoute)]
    assert paths == [asyncapi()["channels"]["live"]["address"]]


@pytest.mark.parametrize("describe", [openapi, asyncapi])
def test_nothing_is_referred_to_that_is_not_there(describe: Any) -> None:
    document = describe()

    def check(value: Any) -> int:
        if isinstance(value, list):
            return sum(map(check, value))
        if not isinstance(value, dict):
            return 0
        if not isinstance(reference := value.get("$ref"), str):
            return sum(map(check, value.values()))
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return 1

    assert check(document) > 50


@pytest.mark.parametrize(
    ("kind", "push"),
    [
        ("EventsPush", messages.events_push(JSON, TOPIC, "e", [])),
        ("PresencePush", messages.presence_push(JSON, TOPIC, 2, 0)),
        ("PresencePush", messages.presence_push(JSON, TOPIC, 2, 1)),
        ("ResetPush", messages.reset_push(JSON, TOPIC)),
        ("SitePush", messages.site_push(JSON, site_view(Site("news", ())))),
        ("GoodbyePush", messages.goodbye_push(JSON, 0.5)),
    ],
)
def test_pushes_are_as_described(kind: str, push: bytes) -> None:
    schema = {"$ref": f"#/components/schemas/{kind}", "components": asyncapi()["components"]}
    known = asyncapi()["components"]["schemas"][kind]["properties"]
    Draft202012Validator(schema).validate(JSON.decode(push))
    assert set(JSON.decode(push)) <= set(known)  # type: ignore[call-overload]  # it is a dictionary


def test_patterns_end_as_in_ecmascript() -> None:
    assert r"\\Z" not in repr(openapi()) + repr(asyncapi())
