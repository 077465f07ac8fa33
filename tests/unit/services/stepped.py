"""A storage whose reads take as long as a test wants: each begins, looks and ends when it is told to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from sqlalchemy import Connection

from hubbub.storage.engine import Database


@dataclass
class Pending:
    """One read under way; `looked` once it has seen storage, so that what it will say may be old by then."""

    query: Callable[..., Any]
    args: tuple[Any, ...]
    answer: asyncio.Future[Any]
    looked: bool = False
    seen: Any = None


@dataclass
class Stepped:
    """Stands for a Database, of which History uses `read` alone."""

    db: Connection
    pending: list[Pending] = field(default_factory=list)
    failing: bool = False
    count: int = 0

    async def read(self, query: Callable[..., Any], *args: Any) -> Any:
        """As Database.read, in steps."""
        self.count += 1
        read = Pending(query, args, asyncio.get_running_loop().create_future())
        self.pending.append(read)
        return await read.answer

    async def step(self, index: int = 0) -> None:
        """One of the reads goes on: it looks, or it ends."""
        read = self.pending[index % len(self.pending)]
        if not read.looked:
            read.looked, read.seen = True, None if self.failing else read.query(self.db, *read.args)
        else:
            self.pending.remove(read)
            if self.failing:
                read.answer.set_exception(ConnectionError("planted"))
            else:
                read.answer.set_result(read.seen)
        await settle()

    async def finish(self, *tasks: asyncio.Task[Any]) -> None:
        """Steps on until `tasks` are done."""
        await settle()
        for _ in range(1000):
            if all(task.done() for task in tasks):
                return
            assert self.pending, "it waits for nothing"
            await self.step()
        raise AssertionError("it reads without end")

    @property
    def as_database(self) -> Database:
        """For what wants a Database."""
        return cast(Database, self)


async def settle() -> None:
    """Lets all tasks go as far as they can."""
    for _ in range(10):
        await asyncio.sleep(0)
