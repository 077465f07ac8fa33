"""Writing answers: JSON, and coded errors."""

import json

import pytest
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from structlog.testing import capture_logs

from hubbub.domain.errors import HTTP_STATUS, ErrorCode, Refused, unavailable
from hubbub.metrics import REFUSED
from hubbub.web import responses
from tests.unit.web.asgi import scope


def test_an_answer_is_json() -> None:
    answer = responses.json_response({"a": 1}, 201, {"ETag": "x"})
    assert (answer.status_code, answer.headers["etag"]) == (201, "x")
    assert json.loads(bytes(answer.body)) == {"a": 1}
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("refused_as", ErrorCode)
async def test_every_refusal_has_its_status_and_is_counted(refused_as: ErrorCode) -> None:
    before = REFUSED.labels(refused_as)._value.get()
    answer = await responses.on_error(Request(scope()), Refused(refused_as, "No."))
    assert answer.status_code == HTTP_STATUS[refused_as]
    assert json.loads(bytes(answer.body)) == {"error": {"code": str(refused_as), "message": "No.", "retry_after": None}}
    assert "retry-after" not in answer.headers
    assert REFUSED.labels(refused_as)._value.get() == before + 1


@pytest.mark.parametrize(("seconds", "header"), [(0.1, "1"), (1, "1"), (1.2, "2"), (30, "30")])
async def test_retry_after_is_never_too_short(seconds: float, header: str) -> None:
    answer = await responses.on_error(Request(scope()), unavailable("Wait.", seconds))
    assert answer.headers["retry-after"] == header, "RFC 9110, 10.2.3: whole seconds"
    assert json.loads(bytes(answer.body))["error"]["retry_after"] == seconds


@pytest.mark.parametrize(("status", "refused_as"), [(404, "not_found"), (405, "bad_request")])
async def test_starlettes_own_errors_have_our_form(status: int, refused_as: str) -> None:
    answer = await responses.on_http_error(Request(scope()), HTTPException(status, headers={"Allow": "GET"}))
    assert (answer.status_code, answer.headers["allow"]) == (status, "GET")
    assert json.loads(bytes(answer.body))["error"]["code"] == refused_as


async def test_storage_that_is_away_is_unavailable_and_says_no_more() -> None:
    with capture_logs() as lines:
        answer = await responses.on_error(Request(scope()), OperationalError("SELECT secret", {}, Exception("gone")))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert b"secret" not in answer.body
    assert lines[0]["event"] == "storage_unavailable"
