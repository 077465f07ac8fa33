"""Atom feeds of a thread and of a site (RFC 4287)."""

import uuid
from xml.etree.ElementTree import Element, fromstring

import pytest

from tests.support import plain_http
from tests.support.contract import Api, Guest, Json, node_of

ATOM = "{http://www.w3.org/2005/Atom}"


def read(api: Api, path: str) -> Element:
    """A feed, which has all that Atom asks for."""
    answer = plain_http.get(f"{node_of(api.url)}/api/v1{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/atom+xml"), answer.text
    feed = fromstring(answer.text)  # our own server's
    for one in (feed, *feed.findall(f"{ATOM}entry")):
        assert all(one.findtext(f"{ATOM}{name}") for name in ("id", "title", "updated"))
    return feed


def texts(feed: Element, name: str) -> list[str | None]:
    """A field of each entry."""
    return [entry.findtext(f"{ATOM}{name}") for entry in feed.findall(f"{ATOM}entry")]


def link(one: Element) -> str:
    """Where people read a feed or an entry."""
    return next(link.attrib["href"] for link in one.findall(f"{ATOM}link") if link.attrib["rel"] == "alternate")


@pytest.fixture
def paths(thread: Json) -> dict[str, str]:
    """The feeds that have the comments of `thread`."""
    return {"thread": f"/threads/{thread['id']}/feed.atom", "site": "/sites/demo/feed.atom"}


@pytest.mark.every("mode")
@pytest.mark.parametrize("which", ["thread", "site"])
def test_a_feed_has_the_newest_comments_first_and_no_removed_one(
    api: Api, thread: Json, paths: dict[str, str], ann: Guest, moderator: str, which: str
) -> None:
    other = api.snapshot("demo", f"/{uuid.uuid4()}")["thread"]["id"]
    made = [api.post(thread["id"], "One & <b> ]]>", token=ann.token).ok(201)["comment"]]
    made.append(api.post(thread["id"], "Two", token=ann.token).ok(201)["comment"])
    elsewhere = api.post(other, "Elsewhere", token=ann.token).ok(201)["comment"]
    made.append(api.post(thread["id"], "Three", token=ann.token).ok(201)["comment"])
    api.call("DELETE", f"/api/v1/comments/{made[1]['id']}", {}, token=moderator).ok()
    feed = read(api, paths[which])
    ids = [made[2]["id"], *([elsewhere["id"]] if which == "site" else []), made[0]["id"]]
    assert texts(feed, "id")[: len(ids)] == [f"urn:uuid:{one}" for one in ids]
    assert made[1]["id"] not in str(texts(feed, "id"))
    assert texts(feed, "content")[len(ids) - 1] == made[0]["html"]
    first = feed.findall(f"{ATOM}entry")[0]
    assert first.findtext(f"{ATOM}author/{ATOM}name") == "Ann"
    assert first.findtext(f"{ATOM}author/{ATOM}uri") == "https://ann.example"
    assert first.findtext(f"{ATOM}published") == made[2]["at"] == feed.findtext(f"{ATOM}updated")
    assert link(first) == f"{thread['url']}#comment-3"


@pytest.mark.parametrize("which", ["thread", "site"])
def test_a_feed_is_sent_again_only_when_it_has_changed(
    api: Api, thread: Json, paths: dict[str, str], ann: Guest, which: str
) -> None:
    comment = api.post(thread["id"], "First", token=ann.token).ok(201)["comment"]
    path = f"/api/v1{paths[which]}"
    before = plain_http.get(f"{node_of(api.url)}{path}")
    tag = {"If-None-Match": before.headers["etag"]}
    assert api.send("GET", path, headers=tag).status == 304
    api.call("PATCH", f"/api/v1/comments/{comment['id']}", {"body": "Edited"}, token=ann.token).ok()
    feed = read(api, paths[which])
    assert texts(feed, "id")[0] == f"urn:uuid:{comment['id']}", "an edited comment stays the same entry"
    assert texts(feed, "updated")[0] != texts(feed, "published")[0]
    assert api.send("GET", path, headers=tag).status == 200


def test_ids_are_of_what_a_feed_is_about(api: Api, thread: Json, paths: dict[str, str]) -> None:
    ids = {read(api, path).findtext(f"{ATOM}id") for path in (*paths.values(), *paths.values())}
    assert len(ids) == 2
    empty = read(api, paths["thread"])
    assert texts(empty, "id") == []
    assert link(empty) == thread["url"]


def test_a_feed_that_is_not_there_or_not_for_this_page(api: Api, paths: dict[str, str]) -> None:
    api.get("/api/v1/threads/aaaabbbbccccdddd/feed.atom").refused(404, "not_found")
    api.get("/api/v1/sites/nowhere/feed.atom").refused(404, "not_found")
    for path in paths.values():
        api.send("GET", f"/api/v1{path}", headers={"Origin": "https://other.example"}).refused(403, "forbidden")
