"""web.live_session where no server is needed: what a connection hears while storage does not answer."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hubbub.services.limits import RateLimits
from hubbub.web import live_session
from hubbub.web.live_session import LiveSession
from hubbub.web.state import Node
from tests.unit.live.desk import until
from tests.unit.live.reader import Reader


async def test_a_join_that_storage_never_answers_is_refused_and_the_connection_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_session, "JOIN_WITHIN", 0.01)

    async def hang(_thread: str) -> None:
        await asyncio.Event().wait()

    left: list[str] = []
    parts: dict[str, Any] = {
        "limits": RateLimits(enabled=False),
        "history": SimpleNamespace(ref=hang),
        "hub": SimpleNamespace(leave=lambda _reader, thread: left.append(thread)),
        "running": set(),
    }
    reader = Reader()
    session = LiveSession(cast(Node, SimpleNamespace(**parts)), reader.connection)
    for command in ({"cmd": "join", "ref": 1}, {"cmd": "leave", "ref": 2}):
        session.receive(json.dumps({**command, "thread": "abcdefghijklmnop"}).encode(), False)
    await until(lambda: len(reader.messages) == 2)
    refused, done = reader.messages
    assert (refused["re"], refused["error"]["code"], refused["error"]["retry_after"]) == (1, "unavailable", 1)
    assert (done["re"], done["ok"], left) == (2, True, ["abcdefghijklmnop"])
    assert reader.closed == []
