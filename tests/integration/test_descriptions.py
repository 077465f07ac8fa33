"""What openapi.json and asyncapi.json say is what a real server takes, answers and pushes."""

import uuid
from typing import Any, NamedTuple

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from hubbub.web.api.description.openapi import OPERATIONS
from tests.support.authenticator import Authenticator
from tests.support.contract import PAGE, Api, Json, Live
from tests.support.server import Server
from tests.support.tokens import make_code, mint, secret_of

EXAMPLES = 15  # requests of each operation: its form is simple, and the rules behind it have tests of their own
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


class Described(NamedTuple):
    """A server, its descriptions, and what is there to ask for."""

    openapi: Any
    asyncapi: Json
    url: str
    secret: str
    token: str  # may do everything
    own: str  # an author's, for what is about themselves
    there: Json  # what keeps a request of the form from being refused by a rule, by the names of parameters and fields

    def mend(self, case: schemathesis.Case[Any]) -> None:
        """Lets a request ask for what is there."""
        for fields in (case.query, case.body):
            if isinstance(fields, dict):
                there = {**self.there, "code": make_code(self.secret)}
                fields.update({name: there[name] for name in fields.keys() & there.keys()})
                if "passkey" in fields:
                    fields["passkey"] = self.passkey()

    def passkey(self) -> Json:
        """A passkey that was just made for the author."""
        with Api(self.url, token=self.own) as api:
            options = api.call("POST", "/api/v1/me/passkeys/options", {}).ok()["options"]
        return Authenticator(PAGE).create(options)


@pytest.fixture(scope="module")
def described(shared_server: Server) -> Described:
    """A server with a thread and a comment."""
    token = mint(shared_server.data_dir, "operator", site="*")
    with Api(shared_server.url, token=token) as api:
        thread = api.snapshot("demo", "/described")["thread"]
        author = api.session(name="Ann").token  # somebody else, since nobody votes on their own comment
        own = api.session(name="Me").token
        comment = api.post(thread["id"], token=author).ok(201)["comment"]["id"]
        openapi, asyncapi = (api.get(f"/api/v1/{name}.json") for name in ("openapi", "asyncapi"))
    for answer in (openapi, asyncapi):
        assert answer.headers["content-type"] == "application/json"
    there = {
        **{"site": "demo", "key": "/described", "thread": thread["id"], "epoch": thread["epoch"], "after": 0},
        **{"comment": comment, "parent": comment, "origins": ["https://a.example"], "add": [], "remove": []},
        **dict.fromkeys(("email", "website", "url", "source_url", "published")),
    }
    schema = schemathesis.openapi.from_dict(openapi.ok())
    return Described(schema, asyncapi.ok(), shared_server.url, secret_of(shared_server.data_dir), token, own, there)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["good", "bad"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=[operation.name for operation in OPERATIONS.values()])
def test_http_is_as_described(described: Described, method: str, path: str, mode: GenerationMode) -> None:
    """Requests that are of the form, and requests that are not: no answer is one that the description lacks."""
    operation = described.openapi[path][method]
    good = mode is GenerationMode.POSITIVE
    statuses = set()
    token = described.own if path.startswith("/api/v1/me") else described.token
    headers = {} if OPERATIONS[method, path].who == "all" else {"Authorization": f"Bearer {token}"}
    if not (good or OPERATIONS[method, path].query or OPERATIONS[method, path].body):
        return  # there is nothing that could be wrong
    named = "demo" if method == "GET" else "site"  # what is read is there; what is changed is nobody else's
    there = {name: value for name, value in (described.there | {"name": named}).items() if "{" + name + "}" in path}
    if there.get("name") == "site" and OPERATIONS[method, path].name != "putSite":
        with Api(described.url, token=described.token) as api:
            api.call("PUT", "/api/v1/sites/site", {"origins": ["https://a.example"]}).ok()
    body = {"media_type": "application/json"} if OPERATIONS[method, path].body else {}

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode, path_parameters=there or None, **body))
    def ask(case: schemathesis.Case[Any]) -> None:
        if good:
            described.mend(case)
        response = case.call(base_url=described.url, headers=headers)
        case.validate_response(response, checks=CHECKS)
        statuses.add(response.status_code)

    ask()
    assert not good or OPERATIONS[method, path].status in statuses, statuses


def test_the_live_socket_is_as_described(described: Described) -> None:
    """Every command, its reply and its refusal, and the pushes that follow."""
    thread, comment = described.there["thread"], str(uuid.uuid4())
    said: list[tuple[str, Json]] = [
        ("hello", {"token": described.token}),
        ("join", {"site": "demo", "key": "/described"}),
        ("join", {"thread": thread, "after": {"epoch": "lost", "seq": 7}}),
        ("typing", {"thread": thread}),
        ("post", {"thread": thread, "id": comment, "body": "Hello", "parent": described.there["comment"]}),
        ("edit", {"comment": comment, "body": "Hello, *you*"}),
        ("pin", {"thread": thread, "comment": comment}),
        ("remove", {"comment": comment, "reason": "Why"}),
        ("restore", {"comment": comment}),
        ("approve", {"comment": comment}),
        ("vote", {"comment": described.there["comment"], "value": 1}),
        ("react", {"comment": described.there["comment"], "name": "like", "on": True}),
        ("mode", {"thread": thread, "close_at": "2999-01-01T00:00:00Z"}),
        ("spam", {"comment": comment}),
        ("close", {"thread": thread, "reason": "Why"}),
        ("reopen", {"thread": thread}),
        ("leave", {"thread": thread}),
    ]
    operations = described.asyncapi["operations"]
    received = {name for name, operation in operations.items() if operation["action"] == "receive"}
    assert {command for command, _ in said} == received
    with Live(described.url) as live:
        for command, fields in said:
            (form,) = forms(described.asyncapi, operations[command])
            message = {"cmd": command, "ref": 1, **fields}
            form.validate(message)
            assert not form.is_valid({**message, "extra": 1})
            reply, refusal = forms(described.asyncapi, operations[command]["reply"])
            reply.validate(live.do(command, **fields))
            refusal.validate(live.call(command, **fields, extra=1))
        assert {"events"} <= {push["push"] for push in live.pushes}
        for push in live.pushes:
            (form,) = forms(described.asyncapi, operations[f"{push['push']}-push"])
            form.validate(push)


def forms(asyncapi: Json, operation: Json) -> list[Draft202012Validator]:
    """What checks the messages of an operation, or of a reply."""
    names = [message["$ref"].rpartition("/")[2] for message in operation["messages"]]
    return [
        Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": asyncapi["components"]})
        for name in names
    ]
