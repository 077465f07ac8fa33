"""GET /api/v1/threads/{id}/comments: page by page, by cursor."""

import pytest

from tests.support.contract import COMMENT, Api, Guest

COMMENTS = 7


@pytest.fixture
def thread(api: Api, key: str, ann: Guest) -> str:
    """A thread with `COMMENTS` comments."""
    thread: str = api.snapshot("demo", key)["thread"]["id"]
    for number in range(1, COMMENTS + 1):
        api.post(thread, f"Comment {number}", token=ann.token).ok(201)
    return thread


@pytest.mark.every("mode")
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_follow_each_other_whatever_is_posted_meanwhile(api: Api, ann: Guest, thread: str, order: str) -> None:
    path, numbers, cursor = f"/api/v1/threads/{thread}/comments", list[int](), dict[str, str]()
    while True:
        page = api.get(path, order=order, limit=3, **cursor).ok()
        assert set(page) == {"comments", "cursor"}
        assert all(set(comment) == COMMENT for comment in page["comments"])
        numbers += [comment["number"] for comment in page["comments"]]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
        if len(numbers) < COMMENTS:
            api.post(thread, "Meanwhile", token=ann.token).ok(201)
    if order == "newest":
        assert numbers == list(range(COMMENTS, 0, -1))
    else:
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) > COMMENTS, "what came meanwhile is at the end"


@pytest.mark.every("mode")
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_a_page_around_a_comment_leads_both_ways(api: Api, ann: Guest, thread: str, order: str) -> None:
    path = f"/api/v1/threads/{thread}/comments"
    page = api.get(path, order=order, limit=3, around=4).ok()
    assert set(page) == {"comments", "cursor", "previous"}
    numbers = [comment["number"] for comment in page["comments"]]
    assert numbers == sorted([3, 4, 5], reverse=order == "newest")
    following, previous = page["cursor"], page["previous"]
    api.post(thread, "Meanwhile", token=ann.token).ok(201)
    while following is not None:
        page = api.get(path, order=order, limit=2, cursor=following).ok()
        assert set(page) == {"comments", "cursor"}
        numbers += [comment["number"] for comment in page["comments"]]
        following = page["cursor"]
    while previous is not None:
        page = api.get(path, order=order, limit=2, cursor=previous).ok()
        assert page["cursor"] is not None, "what was read before follows"
        numbers = [comment["number"] for comment in page["comments"]] + numbers
        previous = page["previous"]
    assert numbers == sorted(range(1, COMMENTS + 2), reverse=order == "newest")


def test_around_a_number_that_is_not_there_is_around_the_nearest(api: Api, thread: str) -> None:
    page = api.get(f"/api/v1/threads/{thread}/comments", limit=3, around=1000).ok()
    assert [comment["number"] for comment in page["comments"]] == [7, 6, 5]
    assert page["previous"] is None


def test_an_empty_thread_has_no_next_page(api: Api, key: str) -> None:
    thread = api.snapshot("demo", key)["thread"]["id"]
    assert api.get(f"/api/v1/threads/{thread}/comments").ok() == {"comments": [], "cursor": None}


def test_a_page_is_known_by_its_tag(api: Api, ann: Guest, thread: str) -> None:
    path = f"/api/v1/threads/{thread}/comments"
    tag = api.get(path).headers["etag"]
    assert api.send("GET", path, headers={"If-None-Match": tag}).status == 304
    api.post(thread, "New", token=ann.token).ok(201)
    assert api.send("GET", path, headers={"If-None-Match": tag}).status == 200


@pytest.mark.parametrize(
    "query",
    [
        {"order": "worst"},
        {"order": "best", "around": 1},
        {"order": "best", "cursor": "WyJvbGRlc3QiLDFd"},
        {"view": "trees"},
        {"view": "tree", "cursor": "WyJuZXdlc3QiLDFd"},
        {"view": "tree", "around": 1},
        {"limit": 0},
        {"cursor": "x"},
        {"cursor": "WyJvbGRlc3QiLDFd"},
        {"around": -1},
        {"around": 1, "cursor": "WyJuZXdlc3QiLDFd"},
    ],
    ids=[
        "order",
        "around the best",
        "cursor of the oldest",
        "view",
        "flat cursor",
        "around in a tree",
        "limit",
        "cursor",
        "cursor of another order",
        "around",
        "around and cursor",
    ],
)
def test_what_is_not_offered_is_refused(api: Api, thread: str, query: dict[str, object]) -> None:
    api.get(f"/api/v1/threads/{thread}/comments", **query).refused(400, "bad_request")


def test_no_thread_has_no_comments(api: Api) -> None:
    api.get("/api/v1/threads/aaaabbbbccccdddd/comments").refused(404, "not_found")
