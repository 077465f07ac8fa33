"""What orchestrators ask, and what is answered to questions the contract does not know."""

import pytest

from tests.support.contract import Api, Guest, Json


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.every("mode")
def test_the_server_is_well(api: Api, path: str) -> None:
    assert api.get(path).ok()


def test_metrics_are_prometheus_text(api: Api) -> None:
    api.get("/api/v1/nothing").refused(404, "not_found")
    answer = api.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    text = answer.ok().decode()
    assert 'hubbub_refused_total{code="not_found"}' in text


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/v1/threads/x/nothing", "/api/v2/threads", "/api/v1/"])
def test_an_unknown_path_is_not_found(api: Api, path: str) -> None:
    api.get(path).refused(404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/v1/threads"), ("DELETE", "/api/v1/counts"), ("GET", "/api/v1/sessions"), ("PUT", "/api/v1/live")],
)
def test_an_unknown_method_is_refused(api: Api, method: str, path: str) -> None:
    answer = api.call(method, path)
    assert answer.status in (404, 405)
    assert answer.body["error"]["code"] in ("bad_request", "not_found")


def test_every_answer_has_a_request_id(api: Api, thread: Json, ann: Guest) -> None:
    answers = [
        api.get("/healthz"),
        api.get("/api/v1/threads", thread=thread["id"]),
        api.get("/api/v1/nothing"),
        api.post(thread["id"], token=ann.token),
        api.post(thread["id"], token="x"),
    ]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(ids)


def test_errors_are_json(api: Api) -> None:
    for answer in (
        api.get("/api/v1/threads"),
        api.get("/api/v1/nothing"),
        api.send("GET", "/api/v1/threads", headers={"Origin": "https://evil.example"}),
    ):
        assert answer.headers["content-type"] == "application/json"
        assert set(answer.body) == {"error"}
