"""web.requester: a command that was held up is begun only for who is there."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from starlette.requests import Request

from hubbub.commands import AnyWrite
from hubbub.commands.base import Done
from hubbub.commands.sites import UseCode
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.transport.base import IsConnected
from hubbub.web import requester as requester_module
from hubbub.web.node import Node
from hubbub.web.requester import MAX_DELAY_UNCHECKED, Requester

COMMAND = UseCode(code="x")
NOW = 1000.0  # s


def request(*, there: bool, ago: float) -> Request:
    """An HTTP request that came so many seconds ago, with its whole body read."""

    async def receive() -> dict[str, Any]:
        if there:
            await asyncio.Event().wait()  # as a server has it: nothing more comes
        return {"type": "http.disconnect"}

    return Request({"type": "http", "hubbub.since": NOW - ago}, receive)


@pytest.mark.parametrize(
    ("there", "ago", "begun"),
    [(True, 0, True), (True, 60, True), (False, 0, True), (False, 2 * MAX_DELAY_UNCHECKED, False)],
    ids=["there", "there and held up", "left at once", "left"],
)
async def test_who_left_while_it_was_held_up_is_not_served(
    there: bool, ago: float, begun: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requester_module, "monotonic", lambda: NOW)
    asked: list[AnyWrite] = []

    async def submit(command: AnyWrite, is_connected: IsConnected) -> Done:
        asked.append(command)
        assert await is_connected() == there
        return Done(seq=7)

    node = cast(Node, SimpleNamespace(command_bus=SimpleNamespace(submit=submit)))
    sender = Requester.of(request(there=there, ago=ago))
    if begun:
        assert await sender.submit(node, COMMAND) == Done(seq=7)
        assert asked == [COMMAND]
        return
    with pytest.raises(Refused) as refused:
        await sender.submit(node, COMMAND)
    assert (refused.value.code, asked) == (ErrorCode.UNAVAILABLE, [])
