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
    [{"order": "best"}, {"view": "tree"}, {"limit": 0}, {"cursor": "x"}, {"cursor": "WyJvbGRlc3QiLDFd"}],
    ids=["order", "view", "limit", "cursor", "cursor of another order"],
)
def test_what_is_not_offered_is_refused(api: Api, thread: str, query: dict[str, str]) -> None:
    api.get(f"/api/v1/threads/{thread}/comments", **query).refused(400, "bad_request")


def test_no_thread_has_no_comments(api: Api) -> None:
    api.get("/api/v1/threads/aaaabbbbccccdddd/comments").refused(404, "not_found")
