"""Closed is closed, on every node at once: a few hundred of the ten thousand rounds of `tests.chaos.closing`."""

import asyncio
from pathlib import Path
from uuid import uuid4

from tests.chaos.closing import race
from tests.chaos.deployment import deployment
from tests.support.many import many
from tests.support.raw import raw_live

ROUNDS = 300
LATE = 1.0  # s: long enough for a command on its way


async def test_no_comment_is_accepted_after_an_acknowledged_close(tmp_path: Path) -> None:
    with many(tmp_path) as on:
        score = await race(on, ROUNDS)
    print(score)
    assert score.rounds == ROUNDS
    assert score.accepted == 0
    assert 0 < score.won < score.raced, "expected closes that came before and after what raced with them"


async def test_a_reopen_that_was_given_up_opens_nothing_later(tmp_path: Path) -> None:
    """A moderator's command hangs between one node and Redis; the moderator is told so and goes on at the other. What
    is decided there still stands when the first command arrives at last."""
    async with deployment(tmp_path) as on:
        key = "/2026/11/22/late"
        thread = await asyncio.to_thread(on.webs[0].open_thread, key)
        async with raw_live(on.webs[0].url) as here, raw_live(on.webs[1].url) as there:
            for live in (here, there):
                assert (await live.call("hello", token=on.token))["ok"]
            assert (await here.call("close", thread=thread))["ok"]  # so that its node knows Redis's time
            on.relays["web 0 → redis"].stall()
            given_up = await here.call("reopen", thread=thread)
            assert given_up["error"]["code"] == "unavailable"
            for cmd in ("reopen", "close"):
                assert (await there.call(cmd, thread=thread))["ok"]
            on.relays["web 0 → redis"].resume()
            await asyncio.sleep(LATE)  # there is nothing to wait for: it must not come
            posted = await there.call("post", thread=thread, id=str(uuid4()), body="Too late")
    assert not posted["ok"], posted
