"""The mode of a thread, as its moderators set it and its writers meet it."""

import uuid

import pytest

from tests.support.contract import Api, Guest, Json, Live
from tests.support.speaker import Speaker


def test_slow_mode(say: Speaker, api: Api, thread: Json, ann: Guest, bob: Guest, moderator: str) -> None:
    with Live(say.url) as reader:
        head = reader.do("join", thread=thread["id"])["thread"]["head"]
        outcome = say.do("mode", moderator, thread=thread["id"], slow=3600)
        assert outcome.thread is not None
        assert outcome.thread["mode"] == {"slow": 3600, "who": "all", "hold": "none", "delay": 0, "close_at": None}
        (event,) = reader.events(thread["id"], head + 1)
        assert (event["kind"], event["thread"]["mode"]["slow"]) == ("thread.mode", 3600)
    fields = {"thread": thread["id"], "body": "Hello"}
    say.do("post", ann.token, **fields, id=str(uuid.uuid4()))
    error = say.refused("slow_mode", "post", ann.token, **fields, id=str(uuid.uuid4()))
    assert 3590 < error["retry_after"] <= 3600
    say.do("post", bob.token, **fields, id=str(uuid.uuid4()))
    answer = api.post(thread["id"], token=ann.token)
    answer.refused(429, "slow_mode")
    assert 3590 < int(answer.headers["retry-after"]) <= 3600


def test_who_may_write(say: Speaker, api: Api, thread: Json, ann: Guest, moderator: str) -> None:
    new = api.session(name="New here")
    fields = {"thread": thread["id"], "body": "Hello"}
    say.do("post", ann.token, **fields, id=str(uuid.uuid4()))
    for who, refused in (("known", (new,)), ("staff", (ann, new))):
        outcome = say.do("mode", moderator, thread=thread["id"], who=who)
        assert outcome.thread is not None
        assert outcome.thread["mode"]["who"] == who
        for guest in (ann, new):
            if guest in refused:
                say.refused("forbidden", "post", guest.token, **fields, id=str(uuid.uuid4()))
            else:
                say.do("post", guest.token, **fields, id=str(uuid.uuid4()))
        say.do("post", moderator, **fields, id=str(uuid.uuid4()))


@pytest.mark.parametrize("fields", [{"slow": -1}, {"slow": 3601}, {"slow": 1.5}, {"who": "me"}, {"who": None}])
def test_a_mode_that_there_is_not(say: Speaker, thread: Json, moderator: str, fields: Json) -> None:
    say.refused("bad_request", "mode", moderator, thread=thread["id"], **fields)
