"""Clients for the scripted server, which come back at once and never wait for long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hubbub.client import Client, Options, Thread, connect
from hubbub.protocol.views import EventView
from tests.support.relay import Relay
from tests.support.scripted import SOON, Scripted

QUICK = Options(backoff=lambda attempt: 0.0, deadline=SOON)


@asynccontextmanager
async def client_of(
    server: Scripted | Relay, options: Options = QUICK, token: str | None = None
) -> AsyncIterator[Client]:
    """A client that comes back at once."""
    async with asyncio.timeout(SOON * 2), connect(server.url, token, options=options) as client:
        yield client


async def read(thread: Thread, count: int) -> list[int]:
    """The seqs of the next events; every one must be an event."""
    seqs = []
    async with asyncio.timeout(SOON):
        for _ in range(count):
            item = await anext(thread)
            assert isinstance(item, EventView), item
            seqs.append(item.seq)
    return seqs
