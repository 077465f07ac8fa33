"""Pages without script show what readers say to the comments: votes and reactions."""

import re
from typing import Any

import pytest

from hubbub.commands.sites import ChangeSite
from hubbub.commands.threads import PinComment
from hubbub.commands.votes import AddReaction, CastVote
from hubbub.domain.model import Thread
from hubbub.domain.votes import Votes
from hubbub.services.identity import guest
from tests.integration.test_pages import OWNER, hosted, say
from tests.integration.test_pages import running as running  # a fixture, used by its name
from tests.support.nodes import Running

OFFERED = {"wow": "😮", "like": "👍"}


async def offer(running: Running, **settings: Any) -> None:
    """What the site takes."""
    await running.node.sites.carry_out(ChangeSite("news", **settings))


async def vote(running: Running, thread: Thread, comment: str, *values: int) -> None:
    """One voter for each value."""
    for value in values:
        voter = guest("news", "Vic", None, None)
        await running.node.command_bus.submit(CastVote(comment, thread.id, voter, value))


async def react(running: Running, thread: Thread, comment: str, *names: str) -> None:
    """One reader for each reaction."""
    for name in names:
        reader = guest("news", "Rea", None, None)
        await running.node.command_bus.submit(AddReaction(comment, thread.id, reader, name, on=True))


async def said(running: Running, path: str) -> list[str]:
    """What the page shows below its comments, as text."""
    html = (await running.http.get(path)).text
    found = re.findall(r'<p class="votes">(.*?)</p>', html, re.DOTALL)
    return [" | ".join(re.findall(r"<span.*?>(.*?)</span>", one)) for one in found]


@pytest.mark.parametrize("place", ["/t/{id}", "/embed?site=news&key=/1"])
async def test_sums_and_reactions_are_those_of_now_in_the_order_of_the_site(running: Running, place: str) -> None:
    await offer(running, votes=Votes.BOTH, reactions=OFFERED)
    thread = await hosted(running)
    first, path = await say(running, thread, "Said to"), place.format(id=thread.id)
    await say(running, thread, "Not said to")
    assert await said(running, path) == []
    await vote(running, thread, first, 1)
    assert await said(running, path) == ["1 vote"]
    await vote(running, thread, first, 1, -1, 1)
    await react(running, thread, first, "like", "wow", "like")
    assert await said(running, path) == ["2 votes | 😮 1 | 👍 2"]
    assert await said(running, f"{path}{'&' if '?' in path else '?'}lang=de") == ["2 Stimmen | 😮 1 | 👍 2"]


async def test_what_the_site_no_longer_takes_is_not_shown(running: Running) -> None:
    await offer(running, votes=Votes.UP, reactions=OFFERED)
    thread = await hosted(running)
    comment = await say(running, thread, "Said to")
    await vote(running, thread, comment, 1)
    await react(running, thread, comment, "like", "wow")
    await offer(running, reactions={"wow": "🤯"})
    assert await said(running, f"/t/{thread.id}") == ["1 vote | 🤯 1"]
    await offer(running, votes=Votes.NONE)
    assert await said(running, f"/t/{thread.id}") == ["🤯 1"]
    await offer(running, reactions={})
    assert await said(running, f"/t/{thread.id}") == []


async def test_the_pinned_comment_is_marked(running: Running) -> None:
    thread = await hosted(running)
    pinned = await say(running, thread, "Read this first")
    await say(running, thread, "Not this")
    assert '<span class="role">' not in (await running.http.get(f"/t/{thread.id}")).text
    await running.node.command_bus.submit(PinComment(thread.id, OWNER, pinned))
    newer, older = (await running.http.get(f"/t/{thread.id}")).text.split('<li id="1"')
    assert '<span class="role">Pinned</span>' in older
    assert '<span class="role">' not in newer
