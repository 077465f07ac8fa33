"""The queue of a site's staff: what waits, what is spam, and what they removed (G16 holds here too)."""

import pytest

from tests.support.contract import Api, Guest, Json
from tests.support.speaker import Speaker

PATH = "/api/v1/sites/demo/queue"


def cards(api: Api, token: str, thread: Json, state: str, limit: int = 100) -> list[Json]:
    """What of the thread is in that state, page by page."""
    found: list[Json] = []
    cursor: dict[str, str] = {}
    while True:
        page = api.get(PATH, token=token, state=state, limit=limit, **cursor).ok()
        assert set(page["counts"]) == {"held", "spam", "removed"}
        assert len(page["cards"]) <= limit
        found += page["cards"]
        if page["cursor"] is None:
            return [card for card in found if card["thread"]["id"] == thread["id"]]
        cursor = {"cursor": page["cursor"]}


@pytest.mark.every("mode", "encoding", "door")
def test_in_every_cell_staff_find_what_they_took_out_of_sight(
    say: Speaker, api: Api, thread: Json, ann: Guest, moderator: str
) -> None:
    removed, junk = (say.post(thread["id"], ann.token, body) for body in ("Rude *words*", "Buy boats"))
    before = api.get(PATH, token=moderator).ok()["counts"]
    say.do("remove", moderator, comment=removed["id"], reason="Off topic")
    say.do("spam", moderator, comment=junk["id"])
    (card,) = cards(api, moderator, thread, "removed")
    assert {name: card[name] for name in ("action", "reason")} == {"action": "removed", "reason": "Off topic"}
    assert set(card) == {"comment", "thread", "by", "action", "reason", "at"}
    assert card["by"]["name"] == "Mo"
    shown = card["comment"]
    assert (shown["body"], shown["html"], shown["author"]) == (removed["body"], removed["html"], ann.author)
    assert (shown["state"], shown["removed"], shown["number"]) == ("removed", True, removed["number"])
    (card,) = cards(api, moderator, thread, "spam")
    assert (card["comment"]["id"], card["action"], card["reason"]) == (junk["id"], "spam", None)
    counts = api.get(PATH, token=moderator).ok()["counts"]
    assert counts == {**before, "spam": before["spam"] + 1, "removed": before["removed"] + 1}
    for comment in (removed, junk):
        say.do("restore", moderator, comment=comment["id"])
    assert cards(api, moderator, thread, "removed") + cards(api, moderator, thread, "spam") == []
    assert api.get(PATH, token=moderator).ok()["counts"] == before


def test_what_was_held_is_there_with_the_rule(say: Speaker, api: Api, thread: Json, ann: Guest, moderator: str) -> None:
    say.do("mode", moderator, thread=thread["id"], hold="all")
    for command, state in (("remove", "removed"), ("spam", "spam")):
        comment = say.post(thread["id"], ann.token)
        say.do(command, moderator, comment=comment["id"])
        (card,) = cards(api, moderator, thread, state)
        assert (card["why"], card["action"], card["comment"]["body"]) == ("all", state, comment["body"])
        assert card["comment"]["number"] is None


def test_the_last_decision_is_first_and_pages_have_no_gap(
    say: Speaker, api: Api, thread: Json, ann: Guest, moderator: str
) -> None:
    made = [say.post(thread["id"], ann.token)["id"] for _ in range(5)]
    for comment in (order := [made[number] for number in (2, 0, 4, 1, 3)]):
        say.do("remove", moderator, comment=comment)
    assert [card["comment"]["id"] for card in cards(api, moderator, thread, "removed", limit=2)] == order[::-1]


def test_who_reads_it_and_how(say: Speaker, api: Api, thread: Json, ann: Guest, moderator: str, stranger: str) -> None:
    mine = say.post(thread["id"], ann.token)["id"]
    say.do("remove", ann.token, comment=mine)
    for state in ("spam", "removed"):
        api.get(PATH, state=state).refused(401, "unauthorized")
        for token in (ann.token, stranger):
            api.get(PATH, token=token, state=state).refused(403, "forbidden")
        assert cards(api, moderator, thread, state) == [], "what its author deleted nobody reads"
    for state in ("visible", "reported", ""):
        api.get(PATH, token=moderator, state=state).refused(400, "bad_request")
    for comment in [say.post(thread["id"], ann.token)["id"] for _ in range(2)]:
        say.do("remove", moderator, comment=comment)
    cursor = api.get(PATH, token=moderator, state="removed", limit=1).ok()["cursor"]
    api.get(PATH, token=moderator, state="spam", cursor=cursor).refused(400, "bad_request")
    with Api(say.url, origin=None) as program:
        found = program.get("/api/v1/sites/other/queue", token=stranger, state="removed").ok()
    assert (found["cards"], set(found["counts"].values())) == ([], {0})
