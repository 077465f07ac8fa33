"""POST /api/v1/sessions, POST /api/v1/sessions/claim, and who a token makes one."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.contract import OWN_AUTHOR, Answer, Api, Guest, Json, shown_author
from tests.support.speaker import Speaker
from tests.support.tokens import make_code, mint


def test_a_session_is_a_token_and_an_author(api: Api) -> None:
    answer = api.call("POST", "/api/v1/sessions", {"site": "demo", "name": "Ann", "website": "https://ann.example"})
    made = answer.ok(201)
    assert set(made) == {"token", "author"}
    assert set(made["author"]) == OWN_AUTHOR
    assert made["author"] | {"id": "…"} == {
        "id": "…",
        "name": "Ann",
        "website": "https://ann.example",
        "role": "guest",
        "comments": 0,
        "original": None,
    }
    assert made["author"]["id"]
    assert "no-store" in answer.headers["cache-control"]


def test_a_name_is_not_needed(api: Api) -> None:
    for nobody in ({}, {"name": None}, {"name": ""}, {"name": "  "}):
        made = api.call("POST", "/api/v1/sessions", {"site": "demo", **nobody}).ok(201)
        assert made["author"]["name"] == "Anonymous"
        assert made["author"]["website"] is None


def test_an_email_is_taken_and_shown_to_nobody(api: Api) -> None:
    answer = api.call("POST", "/api/v1/sessions", {"site": "demo", "email": "ann@ann.example"})
    assert "ann@ann.example" not in str(answer.ok(201)["author"])


def test_every_session_is_somebody_else(api: Api) -> None:
    assert api.session(name="Ann").author["id"] != api.session(name="Ann").author["id"]


@pytest.mark.every("mode")
def test_another_name_is_the_same_author(api: Api, thread: Json) -> None:
    nobody = api.session()
    comment = api.post(thread["id"], token=nobody.token).ok(201)["comment"]
    answer = api.call("POST", "/api/v1/sessions", {"site": "demo", "name": "Nina"}, token=nobody.token)
    nina = answer.ok(201)
    assert (nina["author"]["id"], nina["author"]["name"]) == (nobody.author["id"], "Nina")
    assert api.post(thread["id"], token=nina["token"]).ok(201)["comment"]["author"] == shown_author(nina["author"])
    api.call("DELETE", f"/api/v1/comments/{comment['id']}", {}, token=nina["token"]).ok()


@pytest.mark.every("mode")
def test_an_author_is_told_how_many_of_their_comments_everybody_sees(api: Api, thread: Json, moderator: str) -> None:
    ann, bob = api.session(name="Ann"), api.session(name="Bob")

    def told(guest: Guest) -> int:
        found = api.call("POST", "/api/v1/sessions", {"site": "demo"}, token=guest.token).ok(201)
        return int(found["author"]["comments"])

    first, _ = (api.post(thread["id"], token=ann.token).ok(201)["comment"]["id"] for _ in range(2))
    assert (told(ann), told(bob)) == (2, 0)
    for _ in range(2):  # the same again changes nothing
        api.call("DELETE", f"/api/v1/comments/{first}", {}, token=moderator).ok()
        assert told(ann) == 1
    for _ in range(2):
        api.call("POST", f"/api/v1/comments/{first}/restore", {}, token=moderator).ok()
        assert told(ann) == 2


@pytest.mark.parametrize("role", ["moderator", "owner"])
def test_staff_keep_the_name_they_were_given(api: Api, secret: str, role: str) -> None:
    token = mint(secret, role, name="Stella")
    api.call("POST", "/api/v1/sessions", {"site": "demo", "name": "Nina"}, token=token).refused(403, "forbidden")


def test_another_name_is_for_the_site_of_the_token(api: Api, secret: str) -> None:
    token = mint(secret, "guest", site="other")
    api.call("POST", "/api/v1/sessions", {"site": "demo", "name": "Nina"}, token=token).refused(403, "forbidden")
    api.call("POST", "/api/v1/sessions", {"site": "demo"}, token="forged").refused(401, "unauthorized")


def test_a_program_may_have_a_session(url: str) -> None:
    with Api(url, origin=None) as api:
        assert api.session(name="Bot").author["name"] == "Bot"


def test_a_session_needs_a_site_that_exists(api: Api) -> None:
    api.call("POST", "/api/v1/sessions", {"site": "nowhere"}).refused(404, "not_found")
    api.call("POST", "/api/v1/sessions", {}).refused(400, "bad_request")


def test_a_session_is_for_the_pages_of_its_site_alone(api: Api) -> None:
    api.call("POST", "/api/v1/sessions", {"site": "other"}).refused(403, "forbidden")


@pytest.mark.parametrize("role", ["moderator", "owner"])
def test_a_staff_token_says_its_role_and_name(secret: str, say: Speaker, role: str, thread: Json) -> None:
    author = say.post(thread["id"], mint(secret, role, name="Stella"))["author"]
    assert (author["role"], author["name"], author["website"]) == (role, "Stella", None)


@pytest.mark.every("mode")
def test_a_one_time_code_makes_one_moderator(url: str, secret: str, thread: Json) -> None:
    code = {"code": make_code(secret)}
    with Api(url) as here, Api(url) as there:
        made = here.call("POST", "/api/v1/sessions/claim", code).ok(201)
        assert set(made) == {"token", "author"}
        assert made["author"]["role"] == "moderator"
        there.call("POST", f"/api/v1/threads/{thread['id']}/close", {}, token=made["token"]).ok()
        for node in (here, there):
            node.call("POST", "/api/v1/sessions/claim", code).refused(401, "unauthorized")


def test_a_code_is_spent_on_a_page_of_its_own_site_alone(url: str, secret: str) -> None:
    code = make_code(secret, site="other")
    with Api(url) as demo, Api(url, origin="https://other.example") as other:
        demo.call("POST", "/api/v1/sessions/claim", {"code": code}).refused(403, "forbidden")
        demo.call("POST", "/api/v1/sessions/claim", {"code": code, "site": "other"}).refused(403, "forbidden")
        other.call("POST", "/api/v1/sessions/claim", {"code": code, "site": "demo"}).refused(403, "forbidden")
        other.call("POST", "/api/v1/sessions/claim", {"code": code, "site": "other"}).ok(201)


@pytest.mark.every("mode")
def test_of_many_who_claim_a_code_at_once_one_gets_in(url: str, secret: str) -> None:
    code = {"code": make_code(secret)}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: _claim(url, code).status, range(16)))
    assert sorted(answers) == [201] + [401] * 15


def _claim(url: str, code: Json) -> Answer:
    with Api(url) as api:
        return api.call("POST", "/api/v1/sessions/claim", code)


def test_a_code_is_no_token_and_a_token_no_code(api: Api, secret: str, thread: Json, moderator: str) -> None:
    api.post(thread["id"], token=make_code(secret)).refused(401, "unauthorized")
    api.call("POST", "/api/v1/sessions/claim", {"code": moderator}).refused(401, "unauthorized")


@pytest.mark.parametrize("code", ["x" * 32, "'", "\x00"])
def test_a_code_nobody_made_is_refused(api: Api, code: str) -> None:
    api.call("POST", "/api/v1/sessions/claim", {"code": code}).refused(401, "unauthorized")
