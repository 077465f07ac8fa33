"""The demo comes once: run again it changes nothing, cut short it is carried on."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from hubbub import demo
from hubbub.commands import AnyWrite
from hubbub.commands.base import Done
from hubbub.commands.moderation import RemoveComment
from hubbub.commands.posting import PostComment
from hubbub.commands.sites import PutSite
from hubbub.commands.threads import CloseThread, EnsureThread, PutThread, ReopenThread
from hubbub.demo.content import articles, example_threads
from hubbub.domain.actor import Actor
from hubbub.domain.errors import unavailable
from hubbub.domain.model import Role, Site, SiteSettings, Thread
from hubbub.domain.origins import LOOPBACK
from hubbub.services.identity import guest
from hubbub.storage.articles import hosted_articles
from hubbub.storage.threads import thread_by_key
from hubbub.web.node import Node
from tests.support.nodes import running_node

MODERATOR = Actor("m", "demo", Role.MODERATOR, "M.")


async def threads(node: Node) -> dict[str, Thread]:
    """The demo's threads, by key."""
    return {thread.key: thread for thread, _ in await node.database.read(hosted_articles, 100)}


async def test_it_brings_its_articles_and_comments(tmp_path: Path) -> None:
    async with running_node(tmp_path) as (node, http):
        listed = await demo.install(node)
        installed = await threads(node)
        assert [(article.title, f"/t/{installed[article.key].id}") for article in articles()] == listed
        for article in articles():
            thread = installed[article.key]
            assert thread.last_number == len(article.comments)
            assert thread.comments == sum(not comment.removed for comment in article.comments)
            assert (thread.closed, thread.reason) == (article.closed, article.reason)
        for _, path in listed:
            assert (await http.get(path)).status_code == 200


async def test_the_examples_have_something_to_see(tmp_path: Path) -> None:
    async with running_node(tmp_path) as (node, http):
        await demo.install(node)
        await demo.spread(node)
        for example in example_threads():
            page = (await http.get("/api/v1/threads", params={"site": "demo", "key": example.key})).json()
            assert [comment["author"]["name"] for comment in reversed(page["comments"])] == [
                comment.name for comment in example.comments
            ]
            assert all(comment["at"].startswith("2026-11-22") for comment in page["comments"])
        assert set(await threads(node)) == {article.key for article in articles()}, "none is on the front page"


async def test_an_example_that_readers_have_begun_is_theirs(tmp_path: Path) -> None:
    async with running_node(tmp_path) as (node, _):
        await node.sites.put(Site("demo", (LOOPBACK,), SiteSettings()))
        key = example_threads()[0].key
        made = (await node.command_bus.submit(EnsureThread("demo", key))).thread
        assert made is not None
        comment = PostComment("c" * 36, made.id, guest("demo", "A reader", None, None), "Mine", "<p>Mine</p>", None)
        await node.command_bus.submit(comment)
        before = await node.database.read(thread_by_key, "demo", key)
        await demo.install(node)
        await demo.spread(node)
        assert await node.database.read(thread_by_key, "demo", key) == before


async def test_a_second_run_changes_nothing(tmp_path: Path) -> None:
    async with running_node(tmp_path) as (node, _):
        first = await demo.install(node)
        before = await threads(node)
    async with running_node(tmp_path) as (node, _):
        assert await demo.install(node) == first
        assert await threads(node) == before


async def test_comments_are_spread_over_the_hours_after_their_article(tmp_path: Path) -> None:
    async with running_node(tmp_path) as (node, http):
        await demo.install(node)
        pages = []
        for _ in range(2):
            await demo.spread(node)
            asked = [{"site": "demo", "key": article.key} for article in articles()]
            pages.append([(await http.get("/api/v1/threads", params=params)).json() for params in asked])
        assert pages[0] == pages[1], "the same at every start"
        for article, page in zip(articles(), pages[0], strict=True):
            times = [datetime.fromisoformat(comment["at"]) for comment in reversed(page["comments"])]
            assert times == sorted(set(times))
            assert times[0] > datetime.fromisoformat(article.published)
            assert times[-1] - times[0] > timedelta(hours=1)
            closed_at = page["thread"]["closed_at"]
            assert closed_at is None or datetime.fromisoformat(closed_at) > times[-1]


async def test_what_people_did_stays(tmp_path: Path) -> None:
    async with running_node(tmp_path) as (node, _):
        await demo.install(node)
        (closed,) = [thread for thread in (await threads(node)).values() if thread.closed]
        await node.command_bus.submit(ReopenThread(closed.id, MODERATOR))
        comment = PostComment("c" * 36, closed.id, guest("demo", "A reader", None, None), "Open!", "<p>Open!</p>", None)
        await node.command_bus.submit(comment)
        before = await threads(node)
        await demo.install(node)
        assert await threads(node) == before


@pytest.mark.parametrize(
    ("kind", "nth"),
    [
        (PutSite, 1),
        (PutThread, 1),
        (PutThread, 2),
        (PostComment, 1),
        (PostComment, 30),
        (RemoveComment, 1),
        (RemoveComment, 2),
        (CloseThread, 1),
    ],
)
async def test_a_run_that_was_cut_short_is_carried_on(tmp_path: Path, kind: type[AnyWrite], nth: int) -> None:
    for name in ("whole", "cut"):
        (tmp_path / name).mkdir()
    async with running_node(tmp_path / "whole") as (node, _):
        await demo.install(node)
        whole = {key: (thread.head, thread.comments, thread.closed) for key, thread in (await threads(node)).items()}
    async with running_node(tmp_path / "cut") as (node, _):
        with pytest.MonkeyPatch.context() as patch:
            append, done = node.command_bus.submit, 0

            async def cut(command: AnyWrite) -> Done:
                nonlocal done
                done += isinstance(command, kind)
                if done == nth:
                    raise unavailable("The power went out.", 1)
                return await append(command)

            patch.setattr(node.command_bus, "submit", cut)
            with pytest.raises(Exception, match="power"):
                await demo.install(node)
        await demo.install(node)
        carried = {key: (thread.head, thread.comments, thread.closed) for key, thread in (await threads(node)).items()}
    assert carried == whole
