"""Who may read what: the source text is its author's and the moderators', and what is removed is gone (G9)."""

from collections.abc import Callable

import pytest

from tests.support.contract import COMMENT, COMMENT_WITH_BODY, Api, Guest, Json, Live

Connect = Callable[..., Live]


@pytest.mark.every("mode", "encoding")
def test_the_source_text_is_for_its_author_and_the_moderators(
    api: Api, connect: Connect, thread: Json, ann: Guest, bob: Guest, moderator: str, owner: str, stranger: str
) -> None:
    mine = api.post(thread["id"], "From Ann", token=ann.token).ok(201)["comment"]
    his = api.post(thread["id"], "From Bob", token=bob.token).ok(201)["comment"]
    # The other site's moderator is nobody here.
    for token, sees in (
        (None, set()),
        (stranger, set()),
        (ann.token, {mine["id"]}),
        (bob.token, {his["id"]}),
        (moderator, {mine["id"], his["id"]}),
        (owner, {mine["id"], his["id"]}),
    ):
        lists = [
            connect(token).do("join", thread=thread["id"])["comments"],
            connect(token).do("join", thread=thread["id"], after={"epoch": "?", "seq": 1})["comments"],
            api.snapshot("demo", thread["key"], token=token)["comments"],
            api.snapshot("demo", thread["key"], token=token, order="oldest", limit=2)["comments"],
        ]
        for comments in lists:
            assert len(comments) == 2
            for comment in comments:
                assert set(comment) == (COMMENT_WITH_BODY if comment["id"] in sees else COMMENT)


@pytest.mark.every("mode", "encoding")
def test_no_event_carries_the_source_text(api: Api, connect: Connect, thread: Json, ann: Guest, moderator: str) -> None:
    desk = connect(moderator)
    desk.do("join", thread=thread["id"])
    comment = api.post(thread["id"], "A **source**", token=ann.token).ok(201)["comment"]
    api.call("PATCH", f"/api/v1/comments/{comment['id']}", {"body": "B **source**"}, token=ann.token).ok()
    replays = [
        desk.events(thread["id"], 2),
        connect(moderator).do("join", thread=thread["id"], after={"epoch": thread["epoch"], "seq": 0})["events"],
        api.get(f"/api/v1/threads/{thread['id']}/events", epoch=thread["epoch"], token=moderator).ok()["events"],
    ]
    for events in replays:
        assert [set(event["comment"]) for event in events] == [COMMENT, COMMENT]


@pytest.mark.every("mode")
def test_an_email_is_shown_to_nobody(api: Api, connect: Connect, thread: Json, ann: Guest, moderator: str) -> None:
    answer = api.post(thread["id"], token=ann.token)
    shown = [
        answer.ok(201),
        api.snapshot("demo", thread["key"], token=moderator),
        api.events(thread["id"], thread["epoch"]).ok(),
        connect(moderator).do("join", thread=thread["id"]),
    ]
    assert all("ann@ann.example" not in str(one) for one in shown)


@pytest.mark.every("mode", "encoding")
def test_removed_means_removed(
    api: Api, connect: Connect, thread: Json, ann: Guest, bob: Guest, moderator: str
) -> None:
    secret = "xyzzy"
    reader, desk = connect(), connect(moderator)
    reader.do("join", thread=thread["id"])
    comment = desk.post(
        thread["id"], f"An **{secret}**", id="AAAAAAAA-0000-4000-8000-" + thread["epoch"].ljust(12, "0")
    )
    api.post(thread["id"], "Another", token=bob.token).ok(201)
    reader.events(thread["id"], 2)
    assert secret in str(api.snapshot("demo", thread["key"]))
    connect(ann.token).do("join", thread=thread["id"], after={"epoch": thread["epoch"], "seq": 0})

    desk.do("remove", comment=comment["comment"]["id"])
    shown = [
        api.snapshot("demo", thread["key"]),
        api.snapshot("demo", thread["key"], token=moderator),
        api.snapshot("demo", thread["key"], token=ann.token, order="oldest", limit=1),
        api.events(thread["id"], thread["epoch"]).ok(),
        connect().do("join", thread=thread["id"]),
        connect(moderator).do("join", thread=thread["id"]),
        connect().do("join", thread=thread["id"], after={"epoch": thread["epoch"], "seq": 0}),
        connect().do("join", thread=thread["id"], after={"epoch": thread["epoch"], "seq": 2}),
        connect(moderator).do("join", thread=thread["id"], after={"epoch": "lost", "seq": 0}),
        reader.events(thread["id"], 3),
    ]
    for one in shown:
        assert secret not in str(one)
        assert "Mo" not in str(one), "a removed comment loses its author's name"
    counts = api.get("/api/v1/counts", site="demo", key=thread["key"]).ok()["counts"]
    assert counts == {thread["key"]: 1}
    assert shown[0]["thread"]["comments"] == 1
    assert [one["number"] for one in shown[0]["comments"]] == [2, 1]


@pytest.mark.every("mode")
def test_an_edit_leaves_nothing_of_the_old_text(api: Api, connect: Connect, thread: Json, ann: Guest) -> None:
    comment = api.post(thread["id"], "plugh", token=ann.token).ok(201)["comment"]["id"]
    connect().do("join", thread=thread["id"], after={"epoch": thread["epoch"], "seq": 0})
    api.call("PATCH", f"/api/v1/comments/{comment}", {"body": "Better"}, token=ann.token).ok()
    shown = [
        api.snapshot("demo", thread["key"], token=ann.token),
        api.events(thread["id"], thread["epoch"]).ok(),
        connect(ann.token).do("join", thread=thread["id"]),
        connect().do("join", thread=thread["id"], after={"epoch": thread["epoch"], "seq": 0}),
    ]
    assert all("plugh" not in str(one) for one in shown)
