"""The asyncio client of Hubbub's live protocol, for bots, tests and the command line.

    async with connect("https://comments.example") as client:
        await client.session("demo", name="Ada")
        thread = await client.join("demo", "/2026/11/22/my-article")
        await thread.post("Hello")
        async for item in thread:
            ...

It reconnects, resumes and retries by itself: a command that got no answer, or `unavailable` because the server cannot
store just now, goes out again with the same id, not before its `retry_after` and with growing pauses, until its
deadline (`Options.deadline`, or the call's own). Then NoAnswer is raised; to try once more with the same `id` is safe.

The modules: `state` is the pure rule "snapshot + events", `link` the
connection that is kept up, `thread` what a reader sees of one thread, `api` ties them together.
"""

from hubbub.client.api import Client, connect
from hubbub.client.errors import ClientClosed, ClientError, ClosedForGood, NoAnswer
from hubbub.client.link import Options, full_jitter
from hubbub.client.state import Gap, Reset, ThreadState
from hubbub.client.thread import Thread

__all__ = [
    "Client",
    "ClientClosed",
    "ClientError",
    "ClosedForGood",
    "Gap",
    "NoAnswer",
    "Options",
    "Reset",
    "Thread",
    "ThreadState",
    "connect",
    "full_jitter",
]
