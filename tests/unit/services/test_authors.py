"""What sites know of those who comment, as web nodes read it."""

import asyncio
from typing import Any, cast

import pytest

from hubbub.domain.actor import Actor
from hubbub.domain.model import Role
from hubbub.domain.people import KnownAuthor
from hubbub.services.authors import Authors
from hubbub.storage.engine import Database
from hubbub.storage.people import AuthorKey
from tests.unit.live.desk import until
from tests.unit.samples import ANN, AT, BOB, SITE


class _Table:
    """Knows Ann and her three comments; `asked` are the keys of each query."""

    def __init__(self) -> None:
        self.asked: list[set[AuthorKey]] = []

    async def read(self, _query: object, keys: Any) -> dict[AuthorKey, KnownAuthor]:
        self.asked.append(set(keys))
        await asyncio.sleep(0)
        return {(SITE, ANN.id): KnownAuthor(SITE, ANN.author, None, AT, AT, 3)}


async def test_those_who_ask_at_once_share_a_query() -> None:
    table = _Table()
    authors = Authors(cast(Database, table))
    views = await asyncio.gather(*map(authors.own_view, (ANN, BOB, ANN)))
    assert [view.comments for view in views] == [3, 0, 3]
    assert (views[0].id, views[0].name, views[0].role) == (ANN.id, ANN.name, "guest")
    assert table.asked == [{(SITE, ANN.id), (SITE, BOB.id)}]


async def test_who_asks_while_a_query_runs_gets_a_later_one() -> None:
    table = _Table()
    authors = Authors(cast(Database, table))
    first = asyncio.create_task(authors.find(SITE, ANN.id))
    await until(lambda: bool(table.asked))
    await authors.find(SITE, ANN.id)
    await first
    assert len(table.asked) == 2


async def test_another_sites_author_is_somebody_else() -> None:
    stranger = Actor(ANN.id, "other", Role.GUEST, "Ann")
    assert (await Authors(cast(Database, _Table())).own_view(stranger)).comments == 0


@pytest.mark.parametrize("hangs", [True, False])
async def test_storage_that_is_away_hides_the_count_alone(hangs: bool) -> None:
    class Away:
        async def read(self, *_asked: object) -> None:
            if hangs:
                await asyncio.Event().wait()
            raise OSError("away")

    view = await Authors(cast(Database, Away()), wait=0.01).own_view(ANN)
    assert (view.id, view.comments) == (ANN.id, None)
