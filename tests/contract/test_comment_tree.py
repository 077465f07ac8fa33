"""view=tree: roots in order with their first answers; GET /api/v1/comments/{id}/replies: all answers, by cursor."""

import uuid

import pytest

from tests.support.contract import COMMENT, Api, Guest, Json

ROOTS = 5
ANSWERS = 5  # to the first root and to the first answer of it


class Tree:
    """A thread: five roots, each later one with an answer, and a first one with five."""

    def __init__(self, api: Api, thread: str, token: str) -> None:
        self.api, self.id, self._token = api, thread, token
        self.ids: list[str] = []  # by number

    def post(self, parent: int | None = None) -> None:
        """A comment, as an answer to number `parent`."""
        fields = {} if parent is None else {"parent": self.ids[parent - 1]}
        self.ids.append(str(uuid.uuid4()))
        body = {"id": self.ids[-1], "body": "Text", **fields}
        self.api.call("POST", f"/api/v1/threads/{self.id}/comments", body, token=self._token).ok(201)

    def page(self, **query: object) -> Json:
        """A page of the tree."""
        found: Json = self.api.get(f"/api/v1/threads/{self.id}/comments", **{"view": "tree", **query}).ok()
        return found

    def replies(self, number: int, **query: object) -> Json:
        """A page of the answers to a comment."""
        found: Json = self.api.get(f"/api/v1/comments/{self.ids[number - 1]}/replies", **query).ok()
        return found


def numbers(page: Json) -> list[int]:
    """The numbers of a page's comments."""
    assert set(page) == {"comments", "cursor"}
    for comment in page["comments"]:
        assert set(comment) == (COMMENT | {"removed_by"} if comment["removed"] else COMMENT)
    return [comment["number"] for comment in page["comments"]]


@pytest.fixture
def tree(api: Api, key: str, ann: Guest) -> Tree:
    """Roots 1 to 5; 6, 7, 9, 10, 11 answer 1; 8 answers 2; 12 answers 6."""
    tree = Tree(api, api.snapshot("demo", key)["thread"]["id"], ann.token)
    for _ in range(ROOTS):
        tree.post()
    for parent in (1, 1, 2, 1, 1, 1, 6):
        tree.post(parent)
    return tree


@pytest.mark.every("mode")
def test_each_root_is_followed_by_its_first_answers(tree: Tree) -> None:
    assert numbers(tree.page(order="oldest")) == [1, 6, 7, 9, 2, 8, 3, 4, 5]
    assert numbers(tree.page(order="newest")) == numbers(tree.page()) == [5, 4, 3, 2, 8, 1, 6, 7, 9]


@pytest.mark.every("mode")
@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_no_root_comes_twice_or_is_left_out_whatever_is_posted_meanwhile(tree: Tree, order: str) -> None:
    met, cursor = list[int](), dict[str, str]()
    while True:
        page = tree.page(order=order, limit=2, **cursor)
        met += [comment["number"] for comment in page["comments"] if comment["parent"] is None]
        if page["cursor"] is None:
            break
        cursor = {"cursor": page["cursor"]}
        if len(met) < ROOTS:
            tree.post()
            tree.post(1)
    assert met == [5, 4, 3, 2, 1] if order == "newest" else met[:ROOTS] == [1, 2, 3, 4, 5] and len(met) == ROOTS + 2


@pytest.mark.every("mode")
def test_the_best_comes_first_and_of_equal_ones_the_oldest(tree: Tree, bob: Guest, moderator: str) -> None:
    for number, tokens in ((3, (bob.token, moderator)), (5, (bob.token,)), (10, (bob.token,))):
        for token in tokens:
            tree.api.call("POST", f"/api/v1/comments/{tree.ids[number - 1]}/vote", {"value": 1}, token=token).ok()
    assert numbers(tree.page(order="best")) == [3, 5, 1, 6, 7, 9, 2, 8, 4]
    for view, expected in (("tree", [3, 5, 1, 2, 4]), ("flat", [3, 5, 10, 1, 2, 4, 6, 7, 8, 9, 11, 12])):
        met, cursor = list[int](), dict[str, str]()
        for _ in range(len(expected)):
            page = tree.page(order="best", limit=1, **{**cursor, "view": view})
            met.append(page["comments"][0]["number"])
            tree.post()  # and so it comes after all of these
            cursor = {"cursor": page["cursor"]}
        assert met == expected


@pytest.mark.every("mode")
def test_all_answers_come_by_cursor(tree: Tree) -> None:
    page = tree.replies(1, limit=2)
    met = numbers(page)
    tree.post(1)
    while page["cursor"] is not None:
        page = tree.replies(1, limit=2, cursor=page["cursor"])
        met += numbers(page)
    assert met == [6, 7, 9, 10, 11, 13]
    assert numbers(tree.replies(1, after=9)) == [10, 11, 13], "the rest behind those of the tree"
    assert tree.replies(6)["comments"][0]["number"] == 12
    assert tree.replies(5) == {"comments": [], "cursor": None}


def test_a_removed_comment_with_answers_is_a_tombstone_in_its_place(tree: Tree, moderator: str) -> None:
    for number in (1, 7):
        tree.api.call("DELETE", f"/api/v1/comments/{tree.ids[number - 1]}", {}, token=moderator).ok()
    page = tree.page(order="oldest", limit=1)
    assert numbers(page) == [1, 6, 7, 9]
    assert [comment["removed"] for comment in page["comments"]] == [True, False, True, False]
    assert page["comments"][0]["html"] == ""


def test_replies_are_known_by_their_tag(tree: Tree) -> None:
    path = f"/api/v1/comments/{tree.ids[0]}/replies"
    tag = tree.api.get(path).headers["etag"]
    assert tree.api.send("GET", path, headers={"If-None-Match": tag}).status == 304


def test_what_is_not_there_or_not_allowed_has_no_replies(tree: Tree, api: Api) -> None:
    path = f"/api/v1/comments/{tree.ids[0]}/replies"
    api.get(f"/api/v1/comments/{uuid.uuid4()}/replies").refused(404, "not_found")
    api.get("/api/v1/comments/x/replies").refused(404, "not_found")
    api.get(path, cursor="x").refused(400, "bad_request")
    api.get(path, cursor=tree.page(limit=1)["cursor"]).refused(400, "bad_request")
    api.get(path, cursor=tree.replies(1, limit=1)["cursor"], after=1).refused(400, "bad_request")
    api.send("GET", path, headers={"Origin": "https://other.example"}).refused(403, "forbidden")
