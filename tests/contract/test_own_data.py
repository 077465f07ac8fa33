"""What an author may do with all they wrote, and the code that brings them to another device."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.contract import NOBODY, OWN_AUTHOR, Answer, Api, Guest, Json, Live
from tests.support.tokens import mint


def exported(api: Api, token: str) -> list[Json]:
    """The lines of an export."""
    answer = api.call("GET", "/api/v1/me/export", token=token)
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["cache-control"] == "no-store"
    return [json.loads(line) for line in answer.body.splitlines()]


def pair(api: Api, code: str, site: str = "demo") -> Json:
    """A session by a pairing code."""
    made: Json = api.call("POST", "/api/v1/sessions", {"site": site, "pair": code}, token=None).ok(201)
    return made


@pytest.mark.every("mode")
def test_an_author_takes_along_all_they_wrote(api: Api, thread: Json, bob: Guest, moderator: str) -> None:
    ann = api.session(name="Ann", email="ann@ann.example")
    bodies = [f"*number* {number}" for number in range(3)]
    made = [api.post(thread["id"], body, token=ann.token).ok(201)["comment"]["id"] for body in bodies]
    api.post(thread["id"], "Bob's", token=bob.token).ok(201)
    api.call("DELETE", f"/api/v1/comments/{made[1]}", {}, token=moderator).ok()
    first, *comments = exported(api, ann.token)
    assert (first["author"]["name"], first["author"]["email"], first["author"]["comments"]) == (
        "Ann",
        "ann@ann.example",
        2,
    )
    assert [(line["comment"]["id"], line["comment"]["body"]) for line in comments] == list(
        zip(made, bodies, strict=True)
    )
    assert [line["comment"]["removed"] for line in comments] == [False, True, False]
    assert comments[0]["comment"]["page"]["key"] == thread["key"]


@pytest.mark.every("mode")
def test_an_author_asks_how_many_comments_they_have(api: Api, thread: Json) -> None:
    ann = api.session(name="Ann")
    for comments in range(3):
        found = api.call("GET", "/api/v1/me", token=ann.token).ok()
        assert found == {"author": {**ann.author, "comments": comments, "original": "Ann" if comments else None}}
        api.post(thread["id"], token=ann.token).ok(201)


def test_who_wrote_nothing_has_nothing(api: Api) -> None:
    assert len(exported(api, api.session().token)) == 1


@pytest.mark.every("mode")
def test_an_author_takes_along_what_they_said_to_others(api: Api, thread: Json, bob: Guest) -> None:
    ann = api.session(name="Ann")
    made = api.post(thread["id"], "Bob's", token=bob.token).ok(201)["comment"]["id"]
    api.call("POST", f"/api/v1/comments/{made}/vote", {"value": 1}, token=ann.token).ok()
    api.call("POST", f"/api/v1/comments/{made}/react", {"name": "wow", "on": True}, token=ann.token).ok()
    assert exported(api, ann.token)[1:] == [{"said": {"comment": made, "vote": 1, "reactions": ["wow"]}}]


@pytest.mark.every("mode")
def test_an_author_erases_all_they_wrote(api: Api, thread: Json, bob: Guest, moderator: str) -> None:
    ann = api.session(name="Ann")
    made = [api.post(thread["id"], f"secret {number}", token=ann.token).ok(201)["comment"]["id"] for number in range(3)]
    api.post(thread["id"], "Bob's", token=bob.token).ok(201)
    api.call("POST", "/api/v1/me/seen", {"thread": thread["id"], "number": 2}, token=ann.token).ok()
    with Live(api.url) as reader:
        head = reader.do("join", thread=thread["id"])["thread"]["head"]
        assert api.call("POST", "/api/v1/me/erase", {}, token=ann.token).ok() == {"erased": 3}
        for seq, event in enumerate(reader.events(thread["id"], head + 3)[-3:], head + 1):
            assert (event["seq"], event["kind"], event["comment"]["author"]) == (seq, "comment.removed", NOBODY)
    shown = api.snapshot("demo", thread["key"])
    assert [comment["removed"] for comment in shown["comments"]] == [False, True, True, True]
    assert shown["thread"]["comments"] == 1
    api.call("POST", f"/api/v1/comments/{made[0]}/restore", {}, token=moderator).refused(409, "conflict")
    assert len(exported(api, ann.token)) == 1
    assert api.call("POST", "/api/v1/me/erase", {}, token=ann.token).ok() == {"erased": 0}


@pytest.mark.every("mode")
def test_a_code_brings_an_author_to_another_device_once(api: Api, thread: Json) -> None:
    ann = api.session(name="Ann", website="https://ann.example")
    api.post(thread["id"], token=ann.token).ok(201)
    code = api.call("POST", "/api/v1/me/pair", {}, token=ann.token).ok(201)["code"]
    made = pair(api, f" {code[:4].lower()}-{code[4:]} ")
    assert set(made["author"]) == OWN_AUTHOR
    assert made["author"] == {**ann.author, "comments": 1, "original": "Ann"}
    api.post(thread["id"], token=made["token"]).ok(201)
    api.call("POST", "/api/v1/sessions", {"site": "demo", "pair": code}).refused(401, "unauthorized")


@pytest.mark.every("mode")
def test_of_many_who_use_a_code_at_once_one_gets_in(api: Api) -> None:
    code = api.call("POST", "/api/v1/me/pair", {}, token=api.session().token).ok(201)["code"]

    def one(_: int) -> int:
        with Api(api.url) as device:
            return device.call("POST", "/api/v1/sessions", {"site": "demo", "pair": code}).status

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(8))) == [201] + [401] * 7


def test_a_code_is_for_its_site_and_guests_alone(api: Api, moderator: str) -> None:
    code = api.call("POST", "/api/v1/me/pair", {}, token=api.session().token).ok(201)["code"]
    with Api(api.url, origin="https://other.example") as other:
        other.call("POST", "/api/v1/sessions", {"site": "other", "pair": code}).refused(401, "unauthorized")
    pair(api, code)
    for wrong in ("ABCDEFGH", "", "'", code):
        body = {"site": "demo", "pair": wrong}
        assert api.call("POST", "/api/v1/sessions", body).status in (400, 401)
    api.call("POST", "/api/v1/me/pair", {}, token=moderator).refused(403, "forbidden")


@pytest.mark.every("mode")
def test_how_far_one_has_read_is_known_on_another_device(api: Api, thread: Json, bob: Guest, secret: str) -> None:
    ann = api.session(name="Ann")
    for _ in range(3):
        api.post(thread["id"], token=bob.token).ok(201)

    def read(token: str) -> Json:
        found: Json = api.call("GET", f"/api/v1/me/seen?thread={thread['id']}", token=token).ok()
        return found

    def tell(number: int, token: str = ann.token, thread_id: str = thread["id"]) -> Answer:
        return api.call("POST", "/api/v1/me/seen", {"thread": thread_id, "number": number}, token=token)

    assert read(ann.token) == {"number": 0, "at": None}
    assert tell(2).ok()["number"] == 2
    code = api.call("POST", "/api/v1/me/pair", {}, token=ann.token).ok(201)["code"]
    assert read(pair(api, code)["token"])["number"] == 2
    assert tell(1).ok()["number"] == 2, "an older page changes nothing"
    assert tell(2**31 - 1).ok()["number"] == 3, "there are no more comments"
    assert read(bob.token)["number"] == 0
    tell(0).refused(400, "bad_request")
    api.call("GET", "/api/v1/me/seen?thread=none", token=ann.token).refused(404, "not_found")
    tell(1, thread_id=str(uuid.UUID(int=7))).refused(404, "not_found")
    tell(1, token=mint(secret, "guest", site="other")).refused(403, "forbidden")
    (line,) = exported(api, ann.token)[1:]
    assert line == {"seen": {"page": thread["key"], **read(ann.token)}}
    api.call("POST", "/api/v1/me/erase", {}, token=ann.token).ok()
    assert read(ann.token) == {"number": 0, "at": None}


def test_only_who_shows_a_token_on_a_page_of_its_site_is_answered(api: Api, secret: str) -> None:
    stranger = mint(secret, "guest", site="other")
    for method, path in (
        ("GET", ""),
        ("GET", "/export"),
        ("POST", "/erase"),
        ("POST", "/pair"),
        ("GET", "/seen"),
        ("POST", "/seen"),
    ):
        body: Json | None = None if method == "GET" else {}
        api.call(method, f"/api/v1/me{path}", body, token=None).refused(401, "unauthorized")
        api.call(method, f"/api/v1/me{path}", body, token=str(uuid.uuid4())).refused(401, "unauthorized")
        api.call(method, f"/api/v1/me{path}", body, token=stranger).refused(403, "forbidden")
