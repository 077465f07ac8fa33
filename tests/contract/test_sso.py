"""Sign-on from the publisher, over HTTP."""

import uuid
from collections.abc import Iterator

import pytest

from tests.support.contract import Answer, Api, eventually, shown_author
from tests.support.sso import claims, keys, sign
from tests.support.tokens import mint

PAGE = "https://club.example"


@pytest.fixture
def club(url: str, secret: str) -> Iterator[tuple[Api, str]]:
    """A page of a new site whose publisher signs readers on; the site's name."""
    site = f"s{uuid.uuid4().hex[:8]}"
    key = {"algorithm": "EdDSA", "key": keys("EdDSA")[1]}
    with Api(url, token=mint(secret, "operator", site="*")) as operator, Api(url, origin=PAGE) as page:
        operator.call("PUT", f"/api/v1/sites/{site}", {"origins": [PAGE]}).ok()
        operator.call("PATCH", f"/api/v1/sites/{site}", {"sso": {"main": key}, "names": "kept"}).ok()
        for node in url.split():
            eventually(lambda node=node: knows(node, site), "every node knows the key")  # type: ignore[misc]  # see mypy
        yield page, site


def knows(node: str, site: str) -> bool:
    """Whether a node has taken in the site's key."""
    with Api(node, origin=PAGE) as page:
        return enter(page, site, token(site)).status == 201


def token(site: str, **said: object) -> str:
    """What the publisher's page gives a reader."""
    return sign(claims(site, **said), "EdDSA", "main")  # type: ignore[arg-type]  # a wrong claim is what is tested


def enter(api: Api, site: str, sso: str, bearer: str | None = None) -> Answer:
    """A session by sign-on."""
    return api.call("POST", "/api/v1/sessions", {"site": site, "sso": sso}, token=bearer)


@pytest.mark.every("mode")
def test_a_reader_of_the_publisher_writes_and_stays_one_author(club: tuple[Api, str]) -> None:
    page, site = club
    first = enter(page, site, token(site, website="https://nina.example")).ok(201)
    thread = page.snapshot(site, "/page")["thread"]["id"]
    comment = page.post(thread, token=first["token"]).ok(201)["comment"]
    assert comment["author"] == shown_author(first["author"])
    assert (comment["author"]["name"], comment["author"]["role"]) == ("Nina", "guest")
    again = enter(page, site, token(site, name="Nina K.")).ok(201)
    assert (again["author"]["id"], again["author"]["comments"]) == (first["author"]["id"], 1)
    page.call("DELETE", f"/api/v1/comments/{comment['id']}", {}, token=again["token"]).ok()


@pytest.mark.every("mode")
def test_a_sign_on_works_once_on_whichever_node(club: tuple[Api, str]) -> None:
    page, site = club
    said = token(site)
    enter(page, site, said).ok(201)
    for _ in range(2):
        enter(page, site, said).refused(401, "unauthorized")


def test_the_publisher_decides_about_names(club: tuple[Api, str]) -> None:
    page, site = club
    thread = page.snapshot(site, "/page")["thread"]["id"]
    page.post(thread, token=page.session(site, name="Nina").token).ok(201)
    made = enter(page, site, token(site)).ok(201)
    page.post(thread, token=made["token"]).ok(201)
    page.call("POST", "/api/v1/sessions", {"site": site, "name": "Eve"}, token=made["token"]).refused(403, "forbidden")
    page.call("POST", "/api/v1/me/pair", {}, token=made["token"]).refused(403, "forbidden")


def test_a_sign_on_is_for_its_site_and_its_pages(club: tuple[Api, str], api: Api) -> None:
    page, site = club
    enter(page, site, token("demo")).refused(401, "unauthorized")
    enter(api, "demo", token("demo")).refused(401, "unauthorized")
    enter(api, site, token(site)).refused(403, "forbidden")
    enter(page, site, sign(claims(site), "EdDSA", "main", another=True)).refused(401, "unauthorized")


def test_a_key_that_is_taken_away_opens_nothing(club: tuple[Api, str], secret: str) -> None:
    page, site = club
    operator = mint(secret, "operator", site="*")
    before = enter(page, site, token(site)).ok(201)
    page.call("PATCH", f"/api/v1/sites/{site}", {"sso": {"main": None}}, token=operator).ok()
    eventually(lambda: enter(page, site, token(site)).status == 401, "the key is gone")
    key = {"algorithm": "HS256", "key": keys("HS256")[1]}
    page.call("PATCH", f"/api/v1/sites/{site}", {"sso": {"new": key}}, token=operator).ok()
    eventually(lambda: enter(page, site, sign(claims(site), "HS256", "new")).status == 201, "the new key")
    after = enter(page, site, sign(claims(site), "HS256", "new")).ok(201)
    assert after["author"]["id"] == before["author"]["id"]


def test_bad_keys_are_refused(club: tuple[Api, str], secret: str) -> None:
    page, site = club
    operator = mint(secret, "operator", site="*")
    for wrong in (
        {"algorithm": "none", "key": "x" * 40},
        {"algorithm": "HS256", "key": "short"},
        {"algorithm": "RS256"},
    ):
        page.call("PATCH", f"/api/v1/sites/{site}", {"sso": {"k": wrong}}, token=operator).refused(400, "bad_request")
    page.call("PATCH", f"/api/v1/sites/{site}", {"sso": {"main": None}}, token=None).refused(401, "unauthorized")


def test_readers_are_not_told_of_keys(club: tuple[Api, str]) -> None:
    page, site = club
    assert "sso" not in str(page.snapshot(site, "/page"))
