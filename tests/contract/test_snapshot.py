"""GET /api/v1/threads: the thread and a page of its comments, made on first use, and its ETag."""

from collections.abc import Callable

import pytest

from tests.support.contract import AUTHOR, COMMENT, JSON, THREAD, WIRES, Answer, Api, Guest, Json, Live

BUSY = 130  # comments: more than two pages of 50


@pytest.fixture(scope="module")
def busy(url: str, ann: Guest) -> str:
    """A thread's key with `BUSY` comments."""
    with Api(url) as api, Live(url) as live:
        key = f"/busy/{ann.author['id']}"
        thread = api.snapshot("demo", key)["thread"]["id"]
        live.do("hello", token=ann.token)
        for number in range(1, BUSY + 1):
            assert live.post(thread, f"Comment {number}")["comment"]["number"] == number
        return key


def test_a_new_page_has_an_empty_thread(api: Api, key: str) -> None:
    snapshot = api.snapshot("demo", key)
    assert set(snapshot) == {"thread", "comments", "more", "site"}
    assert snapshot["comments"] == []
    assert snapshot["more"] is False
    thread = snapshot["thread"]
    assert set(thread) == THREAD
    given = {name: thread[name] for name in ("site", "key", "title", "state", "reason", "head", "comments", "watching")}
    assert given == {
        "site": "demo",
        "key": key,
        "title": None,
        "state": "open",
        "reason": None,
        "head": 0,
        "comments": 0,
        "watching": 0,
    }
    assert len(thread["id"]) == 16
    assert set(thread["id"]) <= set("abcdefghijklmnopqrstuvwxyz234567")
    assert isinstance(thread["epoch"], str)
    assert thread["epoch"]


@pytest.mark.every("mode")
def test_a_page_keeps_its_thread(api: Api, key: str) -> None:
    thread = api.snapshot("demo", key)["thread"]
    assert api.snapshot("demo", key)["thread"] == thread
    assert api.get("/api/v1/threads", thread=thread["id"]).ok()["thread"] == thread


@pytest.mark.every("mode")
def test_a_program_makes_no_thread(url: str, key: str) -> None:
    with Api(url, origin=None) as program, Api(url) as page:
        program.get("/api/v1/threads", site="demo", key=key).refused(404, "not_found")
        program.get("/api/v1/threads", site="demo", key=key).refused(404, "not_found")
        thread = page.snapshot("demo", key)["thread"]
        assert program.snapshot("demo", key)["thread"] == thread


def test_a_foreign_page_makes_no_thread(url: str, key: str) -> None:
    with Api(url) as page, Api(url, origin="https://other.example") as other:
        other.get("/api/v1/threads", site="demo", key=key).refused(403, "forbidden")
        page.get("/api/v1/threads", site="other", key=key).refused(403, "forbidden")
        other.get("/api/v1/threads", site="other", key=key).ok()
        page.get("/api/v1/threads", site="nowhere", key=key).refused(404, "not_found")
    with Api(url, origin=None) as program:
        program.get("/api/v1/threads", site="demo", key=key).refused(404, "not_found")


def test_comments_have_exactly_their_fields(api: Api, busy: str) -> None:
    for comment in api.snapshot("demo", busy)["comments"]:
        assert set(comment) == COMMENT
        assert set(comment["author"]) == AUTHOR


def test_fifty_newest_first_unless_asked_otherwise(api: Api, busy: str) -> None:
    snapshot = api.snapshot("demo", busy)
    assert numbers(snapshot) == list(range(BUSY, BUSY - 50, -1))
    assert snapshot["more"] is True
    assert numbers(api.snapshot("demo", busy, order="newest")) == numbers(snapshot)
    assert numbers(api.snapshot("demo", busy, order="oldest")) == list(range(1, 51))


def test_paging_back_from_the_newest(api: Api, busy: str) -> None:
    def older(page: Json) -> Json:
        found: Json = api.snapshot("demo", busy, before=numbers(page)[-1])
        return found

    assert walk(api.snapshot("demo", busy), older) == list(range(BUSY, 0, -1))


def test_paging_on_from_the_oldest(api: Api, busy: str) -> None:
    def newer(page: Json) -> Json:
        found: Json = api.snapshot("demo", busy, order="oldest", after=numbers(page)[-1])
        return found

    assert walk(api.snapshot("demo", busy, order="oldest"), newer) == list(range(1, BUSY + 1))


@pytest.mark.parametrize(
    ("query", "expected", "more"),
    [
        ({"limit": 1}, [BUSY], True),
        ({"limit": 200}, list(range(BUSY, 0, -1)), False),
        ({"limit": BUSY}, list(range(BUSY, 0, -1)), False),
        ({"limit": BUSY - 1}, list(range(BUSY, 1, -1)), True),
        ({"before": 4}, [3, 2, 1], False),
        ({"before": 1}, [], False),
        ({"before": 10**9, "limit": 2}, [BUSY, BUSY - 1], True),
        ({"before": 4, "order": "oldest"}, [1, 2, 3], False),
        ({"after": BUSY - 2}, [BUSY, BUSY - 1], False),
        ({"after": BUSY - 2, "limit": 1}, [BUSY], True),
        ({"after": BUSY}, [], False),
        ({"after": 0, "order": "oldest", "limit": 2}, [1, 2], True),
        ({"after": 5, "before": 9}, [8, 7, 6], False),
        ({"after": 5, "before": 9, "order": "oldest", "limit": 2}, [6, 7], True),
    ],
    ids=str,
)
def test_pages(api: Api, busy: str, query: Json, expected: list[int], more: bool) -> None:
    snapshot = api.snapshot("demo", busy, **query)
    assert (numbers(snapshot), snapshot["more"]) == (expected, more)
    assert snapshot["thread"]["comments"] == BUSY


@pytest.mark.parametrize("name", ["limit", "before", "after"])
@pytest.mark.parametrize("value", ["-1", "1.5", "x", "", " 1", "1e3", "٣", "9" * 17, "0x1"])
def test_numbers_in_a_query_are_whole_ones(api: Api, busy: str, name: str, value: str) -> None:
    api.get("/api/v1/threads", site="demo", key=busy, **{name: value}).refused(400, "bad_request")


@pytest.mark.parametrize("query", [{"limit": 201}, {"limit": 0}, {"order": "best"}, {"order": "NEWEST"}], ids=str)
def test_limits_and_orders_are_the_contracts(api: Api, busy: str, query: Json) -> None:
    api.get("/api/v1/threads", site="demo", key=busy, **query).refused(400, "bad_request")


@pytest.mark.parametrize("query", [{}, {"site": "demo"}, {"key": "/x"}, {"site": "", "key": ""}], ids=str)
def test_a_snapshot_names_its_thread(api: Api, query: Json) -> None:
    api.get("/api/v1/threads", **query).refused(400, "bad_request")


@pytest.mark.parametrize("thread", ["aaaaaaaaaaaaaaaa", "x", "'", "%00", "demo"])
def test_an_unknown_thread_is_not_found(api: Api, thread: str) -> None:
    api.get("/api/v1/threads", thread=thread).refused(404, "not_found")


def test_an_unchanged_thread_is_not_sent_again(api: Api, thread: Json) -> None:
    first = ask(api, thread)
    tag = first.headers["etag"]
    again = ask(api, thread, {"If-None-Match": tag})
    assert again.status == 304
    assert again.body is None
    assert again.headers["etag"] == tag
    assert again.headers["access-control-allow-origin"] == api.origin
    assert ask(api, thread, {"If-None-Match": f'"x", {tag}'}).status == 304
    assert ask(api, thread, {"If-None-Match": f"W/{tag}"}).status == 304
    assert ask(api, thread, {"If-None-Match": '"x"'}).status == 200


def test_who_sees_more_has_another_etag(
    url: str, thread: Json, ann: Guest, bob: Guest, moderator: str, stranger: str
) -> None:
    with Api(url) as api:
        api.post(thread["id"], "Mine", token=ann.token).ok(201)
        anonymous = ask(api, thread).headers["etag"]
        tags = {anonymous}
        for token in (ann.token, bob.token, moderator):
            seen = ask(api, thread, {"Authorization": f"Bearer {token}", "If-None-Match": anonymous})
            assert seen.status == 200
            assert ("body" in seen.body["comments"][0]) is (token is not bob.token)
            tags.add(seen.headers["etag"])
        assert len(tags) == 4
        assert ask(api, thread, {"Authorization": f"Bearer {stranger}"}).headers["etag"] == anonymous


def test_answers_are_compressed_for_who_takes_that(api: Api, busy: str) -> None:
    query = {"site": "demo", "key": busy}
    plain, zipped = (
        api.send("GET", "/api/v1/threads", None, {"Accept-Encoding": coding}, query) for coding in ("identity", "gzip")
    )
    assert plain.body == zipped.body
    assert (plain.headers.get("content-encoding"), zipped.headers["content-encoding"]) == (None, "gzip")
    assert int(zipped.headers["content-length"]) < int(plain.headers["content-length"]) / 3
    for answer in (plain, zipped):
        assert "accept-encoding" in answer.headers["vary"].lower()
    events = f"/api/v1/threads/{plain.body['thread']['id']}/events"
    told = api.send("GET", events, None, {"Accept-Encoding": "gzip"}, {"epoch": plain.body["thread"]["epoch"]})
    assert told.headers["content-encoding"] == "gzip"
    assert len(told.body["events"]) == BUSY


def test_a_new_token_is_never_compressed(api: Api) -> None:
    body = {"site": "demo", "name": "語" * 50, "website": "https://x.example/" + "x" * 180}
    answer = api.send("POST", "/api/v1/sessions", JSON.encode(body), {"Accept-Encoding": "gzip"})
    assert len(str(answer.ok(201))) > 1000, "long enough to be worth it otherwise"
    assert "content-encoding" not in answer.headers


@pytest.mark.every("mode")
def test_every_event_changes_the_etag(api: Api, thread: Json, ann: Guest, moderator: str) -> None:
    tags = [ask(api, thread).headers["etag"]]
    comment = api.post(thread["id"], token=ann.token).ok(201)["comment"]["id"]
    changes: list[tuple[str, str, Json | None]] = [
        ("PATCH", f"/api/v1/comments/{comment}", {"body": "Hi"}),
        ("DELETE", f"/api/v1/comments/{comment}", None),
        ("POST", f"/api/v1/comments/{comment}/restore", None),
        ("POST", f"/api/v1/threads/{thread['id']}/close", {}),
        ("POST", f"/api/v1/threads/{thread['id']}/reopen", None),
    ]
    tags.append(ask(api, thread, {"If-None-Match": tags[-1]}).headers["etag"])
    for method, path, body in changes:
        api.call(method, path, body, token=moderator).ok()
        answer = ask(api, thread, {"If-None-Match": tags[-1]})
        assert answer.status == 200
        tags.append(answer.headers["etag"])
    assert len(set(tags)) == len(changes) + 2


@pytest.mark.every("mode")
def test_a_reader_who_comes_changes_no_etag(api: Api, thread: Json, connect: Callable[..., Live]) -> None:
    tag = ask(api, thread).headers["etag"]
    connect().do("join", thread=thread["id"])
    assert api.snapshot("demo", thread["key"])["thread"]["watching"] == 1
    assert ask(api, thread).headers["etag"] == tag


def test_both_encodings_say_the_same(api: Api, url: str, busy: str) -> None:
    thread = api.snapshot("demo", busy)["thread"]["id"]
    replies = []
    for wire in WIRES:
        with Live(url, wire) as live:
            replies.append(live.do("join", thread=thread))
    for reply in replies:
        del reply["now"], reply["thread"]["watching"]
    assert replies[0] == replies[1]


@pytest.mark.parametrize("accept", ["application/msgpack", "application/msgpack, */*", "text/html", "*/*", ""])
def test_http_answers_in_json(api: Api, thread: Json, accept: str) -> None:
    answer = ask(api, thread, {"Accept": accept})
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")


def ask(api: Api, thread: Json, headers: Json | None = None) -> Answer:
    """The thread's snapshot, with headers of its own."""
    return api.send("GET", "/api/v1/threads", None, headers, {"site": "demo", "key": thread["key"]})


def numbers(snapshot: Json) -> list[int]:
    """The comments' numbers, as they come."""
    return [comment["number"] for comment in snapshot["comments"]]


def walk(page: Json, following: Callable[[Json], Json]) -> list[int]:
    """All numbers from a page on."""
    found = numbers(page)
    while page["more"]:
        page = following(page)
        assert page["comments"]
        found += numbers(page)
    return found
