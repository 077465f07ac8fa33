"""The web node's side of Ingest over Redis, as far as it needs no Redis."""

import pytest

from hubbub.commands import AnyWrite
from hubbub.commands.base import Ambiguous, Answer
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.transport.redis.connect import connect
from hubbub.transport.redis.ingest import MAX_RESUBMITS, RedisIngest
from tests.unit.samples import post


async def test_a_crowd_of_attempts_at_one_comment_does_not_insist_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round only one of them knows of the latest refusal: sixty made almost two thousand commands."""
    asked: list[str | None] = []

    async def ask(_ingest: RedisIngest, command: AnyWrite) -> Answer:
        asked.append(command.supersedes)
        return Ambiguous(f"r{len(asked)}")

    monkeypatch.setattr(RedisIngest, "_ask", ask)
    with pytest.raises(Refused) as refused:
        await RedisIngest(connect("redis://127.0.0.1:9")).append(post())
    assert (refused.value.code, refused.value.retry_after) == (ErrorCode.UNAVAILABLE, 1)
    assert asked == [None, *(f"r{number}" for number in range(1, MAX_RESUBMITS + 1))]
