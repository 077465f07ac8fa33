"""Rights that are taken from staff act on open connections, on every node."""

import uuid
from collections.abc import Callable

import pytest

from tests.support.contract import Api, Guest, Json, Live
from tests.support.tokens import mint

Connect = Callable[..., Live]
RIGHTS_CHANGED = 4401


@pytest.mark.every("mode", "encoding")
def test_a_revoked_token_closes_open_connections_and_who_comes_back_only_reads(
    url: str, secret: str, connect: Connect, thread: Json, ann: Guest
) -> None:
    name = f"Rita {uuid.uuid4()}"
    token, other = mint(secret, "moderator", name=name), mint(secret, "moderator", name="Olivia")
    readers = [connect(ann.token), connect(other), connect(ann.token)]
    for live in readers:
        live.do("join", thread=thread["id"])
    revoked = [connect(token) for _node in url.split()]
    joined = connect(ann.token)
    joined.do("join", thread=thread["id"], token=token)
    for live in revoked:
        live.do("join", thread=thread["id"])
    with Api(url, token=mint(secret, "operator", site="*")) as api:
        api.call("DELETE", "/api/v1/sites/demo/staff", {"name": name}).ok()
    assert [live.close_code() for live in (*revoked, joined)] == [RIGHTS_CHANGED] * (len(revoked) + 1)
    for live in readers:
        assert live.post(thread["id"])["ok"], "others' connections go on"
    for _node in url.split():
        back = connect()
        back.refused("unauthorized", "hello", token=token)
        back.refused("unauthorized", "join", thread=thread["id"], token=token)
        after = {"epoch": thread["epoch"], "seq": 0}
        assert len(back.do("join", thread=thread["id"], after=after)["events"]) == len(readers)
        back.refused("unauthorized", "close", thread=thread["id"])
