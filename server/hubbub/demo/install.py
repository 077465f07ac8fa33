"""Installs the demo through the same commands as everything else. What is there already stays as it is."""

from uuid import UUID, uuid5

from hubbub.commands.moderation import RemoveComment
from hubbub.commands.posting import PostComment
from hubbub.commands.sites import ChangeSite
from hubbub.commands.threads import CloseThread
from hubbub.demo.content import DemoArticle, DemoComment, DemoThread, articles, example_threads
from hubbub.domain.actor import Actor
from hubbub.domain.model import Role, Site, SiteSettings, Thread
from hubbub.domain.origins import LOOPBACK
from hubbub.domain.text import clean_body, clean_website
from hubbub.domain.times import from_rfc3339, now_ms
from hubbub.markup import render
from hubbub.protocol.requests.threads import ThreadBody
from hubbub.services.caller import Caller
from hubbub.services.threads import prepare_put_thread
from hubbub.storage.dates import date_closing, date_comments
from hubbub.storage.sites import all_sites
from hubbub.storage.threads import thread_by_key
from hubbub.web.node import Node

SITE = "demo"
TITLE = "The Saltmere Courier"
TAGLINE = "News of a small town on a wide river, all of it invented"
_NAMES = UUID("6f2d1d0e-9a55-4c0b-8a6e-6b2f4c1f7c10")  # of ids made from names, so that a second run finds the first's
OPERATOR = Actor("demo", "*", Role.OPERATOR, "The Courier")
_CALLER = Caller(OPERATOR, None, "demo")


async def install(node: Node) -> list[tuple[str, str]]:
    """The site `demo` with its articles and its examples' threads: (title, path) of each article, the first one open.

    A run that was cut short is carried on by the next. After that whatever readers and moderators did stays.
    """
    site = {site.name: site for site in await node.database.read(all_sites)}.get(SITE)
    if site is None:
        await node.sites.put(Site(SITE, (LOOPBACK,), SiteSettings(title=TITLE, tagline=TAGLINE)))
    elif site.settings.title is None:  # made by a version without titles
        await node.sites.carry_out(ChangeSite(SITE, title=TITLE, tagline=TAGLINE))
    listed = [(article.title, f"/t/{await _install(node, article)}") for article in articles()]
    for example in example_threads():
        await _install(node, example)
    return listed


async def spread(node: Node) -> None:
    """Dates the comments by their articles: over the hours after each was published, the same at every start."""
    now = now_ms()
    for ours in (*articles(), *example_threads()):
        thread = await node.database.read(thread_by_key, SITE, ours.key)
        if thread is None or _is_of_readers(thread):
            continue
        times, at = {}, from_rfc3339(ours.published)
        for number in range(1, len(ours.comments) + 1):
            at += (7 + number * 37 % 53) * 60_000  # 7 to 59 minutes after the one before
            times[comment_id(ours.key, number)] = min(at, now)
        await node.database.write(date_comments, SITE, thread.id, times)
        if ours.closed:
            await node.database.write(date_closing, thread.id, OPERATOR.id, min(at + 3_600_000, now))


async def _install(node: Node, ours: DemoThread) -> str:
    """One thread with its comments; its id."""
    thread = await node.database.read(thread_by_key, SITE, ours.key)
    if thread is None or not thread.head:
        thread = await _put(node, ours)
    if thread.head < _events(ours) and not _is_of_readers(thread):
        await _fill(node, ours, thread)
    return thread.id


def _is_of_readers(thread: Thread) -> bool:
    """Whether readers began the thread before the demo came to it. The demo gives each thread a title first."""
    return thread.title is None and thread.head > 0


def _events(ours: DemoThread) -> int:
    """How many events the thread has once all is in place."""
    removed = sum(comment.removed for comment in ours.comments)
    return 1 + len(ours.comments) + removed + ours.closed


async def _put(node: Node, ours: DemoThread) -> Thread:
    body = ThreadBody(title=ours.title)
    if isinstance(ours, DemoArticle):
        body = ThreadBody(
            title=ours.title,
            section=ours.section,
            published=ours.published,
            author=ours.author,
            source=ours.source,
            source_url=ours.source_url,
            body=ours.body,
            poster=ours.poster,
            poster_text=ours.poster_text,
            theme=ours.theme,
        )
    done = await node.command_bus.submit(await prepare_put_thread(node, _CALLER, SITE, ours.key, body))
    assert done.thread is not None
    return done.thread


async def _fill(node: Node, ours: DemoThread, thread: Thread) -> None:
    """The comments one by one, since their order is their number; their ids tell those that are there already."""
    for number, comment in enumerate(ours.comments, 1):
        await node.command_bus.submit(_post(ours, thread, number, comment))
    for number, comment in enumerate(ours.comments, 1):
        if comment.removed:
            await node.command_bus.submit(RemoveComment(comment_id(ours.key, number), thread.id, OPERATOR, None))
    if ours.closed:
        await node.command_bus.submit(CloseThread(thread.id, OPERATOR, ours.reason))


def _post(ours: DemoThread, thread: Thread, number: int, comment: DemoComment) -> PostComment:
    website = clean_website(comment.website) if comment.website else None
    actor = Actor(named(comment.name), SITE, Role(comment.role), comment.name, website)
    text = clean_body(comment.text)
    parent = comment_id(ours.key, comment.reply_to) if comment.reply_to else None
    return PostComment(comment_id(ours.key, number), thread.id, actor, text, render(text), parent)


def comment_id(key: str, number: int) -> str:
    """The id of a comment that the demo brings."""
    return named(f"{key}#{number}")


def named(name: str) -> str:
    """The id that a name always gives."""
    return str(uuid5(_NAMES, name))
