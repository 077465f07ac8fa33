"""The web node's side of CommandBus over Redis, as far as it needs no Redis."""

import pytest

from hubbub.commands import AnyWrite
from hubbub.commands.base import Ambiguous, Answer
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.transport.redis.command_bus import MAX_RESUBMITS, RedisCommandBus
from hubbub.transport.redis.connect import connect
from tests.unit.samples import post


async def test_a_crowd_of_attempts_at_one_comment_does_not_insist_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round only one of them knows of the latest refusal: sixty made almost two thousand commands."""
    asked: list[str | None] = []

    async def ask(_command_bus: RedisCommandBus, command: AnyWrite) -> Answer:
        asked.append(command.supersedes)
        return Ambiguous(f"r{len(asked)}")

    monkeypatch.setattr(RedisCommandBus, "_ask", ask)
    with pytest.raises(Refused) as refused:
        await RedisCommandBus(connect("redis://127.0.0.1:9")).submit(post())
    assert (refused.value.code, refused.value.retry_after) == (ErrorCode.UNAVAILABLE, 1)
    assert asked == [None, *(f"r{number}" for number in range(1, MAX_RESUBMITS + 1))]
