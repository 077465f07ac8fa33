"""PUT /api/v1/threads: an owner gives a page's thread its title, address and article."""

from collections.abc import Callable

import pytest

from tests.support.contract import JSON, PAGE, THREAD, Api, Guest, Json, Live

ARTICLE = {
    "title": "The last ferry",
    "url": "https://news.example/ferry",
    "section": "Harbour",
    "published": "2026-11-22T10:00:00+01:00",
    "author": "A. Writer",
    "source": "The Courier",
    "source_url": "https://courier.example/ferry",
    "body": "It **waits**.",
}


def put(api: Api, key: str, body: object, token: str | None, site: str = "demo") -> "Json":
    """The answer's body, whatever it is."""
    answer = api.send(
        "PUT",
        "/api/v1/threads",
        JSON.encode(body),
        {"Authorization": None if token is None else f"Bearer {token}"},
        {"site": site, "key": key},
    )
    found: Json = {**answer.body, "status": answer.status}
    return found


def test_an_owner_makes_a_thread_with_its_article(api: Api, key: str, owner: str) -> None:
    answer = put(api, key, ARTICLE, owner)
    assert set(answer) == {"thread", "status"}
    thread = answer["thread"]
    assert set(thread) == THREAD
    assert (thread["title"], thread["url"], thread["head"]) == (ARTICLE["title"], ARTICLE["url"], 1)
    assert api.snapshot("demo", key)["thread"] == thread
    page = api.send("GET", f"/t/{thread['id']}", headers={"Accept": "text/html"})
    assert page.status == 200
    shown = page.body.decode()
    assert "<strong>waits</strong>" in shown
    assert all(text in shown for text in ("The last ferry", "Harbour", "A. Writer", "The Courier"))


@pytest.mark.every("mode")
def test_readers_see_the_change(api: Api, connect: Callable[..., Live], thread: Json, owner: str) -> None:
    live = connect()
    live.do("join", thread=thread["id"])
    put(api, thread["key"], {"title": "Another title"}, owner)
    (event,) = live.events(thread["id"], 1)
    assert set(event) == {"seq", "kind", "at", "thread"}
    assert event["kind"] == "thread.changed"
    assert event["thread"]["title"] == "Another title"


def test_the_same_again_changes_nothing(api: Api, key: str, owner: str) -> None:
    first = put(api, key, ARTICLE, owner)
    assert put(api, key, ARTICLE, owner) == first


def test_what_is_not_given_stays(api: Api, key: str, owner: str) -> None:
    put(api, key, ARTICLE, owner)
    thread = put(api, key, {"title": "New"}, owner)["thread"]
    assert (thread["title"], thread["url"]) == ("New", ARTICLE["url"])


def test_what_is_given_without_a_body_changes_the_article_that_is_there(api: Api, key: str, owner: str) -> None:
    thread = put(api, key, ARTICLE, owner)["thread"]["id"]
    changed = put(api, key, {"section": "Town", "author": "B. Writer"}, owner)
    assert (changed["status"], changed["thread"]["head"]) == (200, 2)
    shown = api.send("GET", f"/t/{thread}", headers={"Accept": "text/html"}).body.decode()
    assert all(text in shown for text in ("<strong>waits</strong>", "Town", "B. Writer", "The Courier"))
    assert "Harbour" not in shown


def test_what_belongs_to_an_article_is_refused_where_there_is_none(api: Api, key: str, owner: str) -> None:
    answer = put(api, key, {"title": "T", "section": "Town"}, owner)
    assert (answer["status"], answer["error"]["code"]) == (400, "bad_request")
    with Api(api.url, origin=None) as program:
        program.get("/api/v1/threads", site="demo", key=key).refused(404, "not_found")


def test_only_the_owner_does(url: str, api: Api, key: str, ann: Guest, moderator: str, stranger: str) -> None:
    for token, status, code in (
        (None, 401, "unauthorized"),
        (ann.token, 403, "forbidden"),
        (moderator, 403, "forbidden"),
        (stranger, 403, "forbidden"),
    ):
        answer = put(api, key, ARTICLE, token)
        assert (answer["status"], answer["error"]["code"]) == (status, code)
    with Api(url, origin=None) as program:
        program.get("/api/v1/threads", site="demo", key=key).refused(404, "not_found")


@pytest.mark.parametrize(
    "wrong",
    [
        {"published": "yesterday"},
        {"published": "2026-11-22T10:00:00"},
        {"url": "javascript:alert(1)"},
        {"source_url": "data:text/html,x"},
        {"title": "a\u202eb"},
        {"title": "x" * 301},
        {"body": "[x](javascript:alert(1))"},
        {"body": 7},
        {"unknown": "field"},
    ],
    ids=str,
)
def test_bad_articles_are_refused(api: Api, key: str, owner: str, wrong: Json) -> None:
    answer = put(api, key, {**ARTICLE, **wrong}, owner)
    assert (answer["status"], answer["error"]["code"]) == (400, "bad_request")
    with Api(api.url, origin=None) as program:
        program.get("/api/v1/threads", site="demo", key=key).refused(404, "not_found")


def test_a_page_of_ours_shows_its_comments_without_a_script(api: Api, key: str, owner: str, ann: Guest) -> None:
    thread = put(api, key, ARTICLE, owner)["thread"]["id"]
    comment = api.post(thread, "Seen by **all**", token=ann.token).ok(201)["comment"]
    shown = api.send("GET", f"/t/{thread}", headers={"Accept": "text/html", "Origin": None}).body.decode()
    assert comment["html"] in shown
    assert PAGE not in shown
