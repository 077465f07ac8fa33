"""Questions about what can't be: they reach no storage, and fail nobody who asks at the same time."""

import asyncio
from typing import cast

import pytest

from hubbub.domain.errors import ErrorCode, Refused
from hubbub.services import history as module
from hubbub.services.history import History
from hubbub.storage.engine import Database
from tests.unit.samples import EPOCH, THREAD

NONE = "2222333344445555"


async def test_one_question_that_storage_cannot_take_fails_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "parse_thread_id", lambda text: text)
    history = History(database)
    asks = [asyncio.create_task(history.head(name)) for name in (THREAD, "\ud800", NONE)]
    await asyncio.wait(asks)
    assert await asks[0] == (EPOCH, 0)
    assert isinstance(asks[1].exception(), UnicodeEncodeError)
    with pytest.raises(Refused, match="not_found"):
        await asks[2]
    assert await history.head(THREAD) == (EPOCH, 0), "and it goes on"


@pytest.mark.parametrize("name", ["\0", "a\0", "", "\ud800", "x", THREAD.upper(), THREAD + "a", "é" * 16, "9" * 400])
async def test_what_is_no_id_is_not_asked_of_storage(name: str) -> None:
    history = History(cast(Database, None))
    for ask in (history.ref, history.head):
        with pytest.raises(Refused) as refused:
            await ask(name)
        assert refused.value.code is ErrorCode.NOT_FOUND
