"""A web node in the test's own process, over a database of its own, and a client that asks it without a socket."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import httpx

from hubbub.app import embedded, web_application
from hubbub.settings import Settings
from hubbub.web.node import Node

URL = "http://127.0.0.1:8000"  # a name alone: nothing listens there


class Running(NamedTuple):
    """A node and a client of its web application."""

    node: Node
    http: httpx.AsyncClient


@asynccontextmanager
async def running_node(data_dir: Path, **environ: str) -> AsyncIterator[Running]:
    """A node with its data in `data_dir`, which exists; `environ` are HUBBUB_* settings."""
    async with embedded(Settings.load(data_dir, environ), URL) as node:
        app = web_application(node, ())
        app.state.node = node  # as the lifespan does under a real server
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as http:
            yield Running(node, http)
