"""Pages in the form that the browser takes: compressed or not, each with a tag of its own."""

import gzip
from pathlib import Path
from uuid import uuid4

import httpx

from hubbub.commands.base import Done
from hubbub.commands.posting import PostComment
from hubbub.domain.actor import Actor
from hubbub.domain.model import Role, Site
from hubbub.protocol.requests.threads import ThreadBody
from hubbub.services.caller import Caller
from hubbub.services.identity import guest
from hubbub.services.threads import prepare_put_thread
from tests.support.nodes import Running, running_node

OWNER = Caller(Actor("owner", "news", Role.OWNER, "Ola"), None, "test")
ARTICLE = ThreadBody(title="T", body="A sentence of the article. " * 100)


async def raw(running: Running, path: str, coding: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """The answer, and its body as it travelled."""
    async with running.http.stream("GET", path, headers={"Accept-Encoding": coding, **headers}) as answer:
        return answer, b"".join([chunk async for chunk in answer.aiter_raw()])


async def hosted(running: Running) -> str:
    """The id of an article's thread."""
    await running.node.sites.put(Site("news", ("https://news.example",)))
    done = await running.node.command_bus.submit(await prepare_put_thread(running.node, OWNER, "news", "/1", ARTICLE))
    assert isinstance(done, Done)
    assert done.thread is not None
    author = guest("news", "Ann", None, None)
    await running.node.command_bus.submit(
        PostComment(str(uuid4()), done.thread.id, author, "x", "<p>word</p>" * 200, None)
    )
    return done.thread.id


async def test_each_form_of_a_page_has_its_own_strong_tag(tmp_path: Path) -> None:
    async with running_node(tmp_path, HUBBUB_RATE_LIMITS="off") as running:
        thread = await hosted(running)
        for path in ("/", f"/t/{thread}", "/embed?site=news&key=/1"):
            plain, body = await raw(running, path, "identity")
            zipped, short = await raw(running, path, "br, gzip")
            assert (plain.headers.get("Content-Encoding"), zipped.headers["Content-Encoding"]) == (None, "gzip"), path
            assert gzip.decompress(short) == body
            tags = [answer.headers["ETag"] for answer in (plain, zipped)]
            assert tags[0] != tags[1]
            assert not any(tag.startswith("W/") for tag in tags)
            assert {answer.headers["Vary"] for answer in (plain, zipped)} == {"Accept-Encoding"}
            for coding, tag, status in (("gzip", tags[1], 304), ("gzip", tags[0], 200), ("identity", tags[1], 200)):
                again, _ = await raw(running, path, coding, **{"If-None-Match": tag})
                assert (again.status_code, again.headers["Vary"]) == (status, "Accept-Encoding")


async def test_short_answers_and_refusals_go_as_they_are(tmp_path: Path) -> None:
    async with running_node(tmp_path, HUBBUB_RATE_LIMITS="off") as running:
        await hosted(running)
        for path, status in (("/healthz", 200), ("/api/v1/counts?site=news&key=/1", 200), ("/nothing", 404)):
            answer, _ = await raw(running, path, "gzip")
            assert (answer.status_code, answer.headers.get("Content-Encoding")) == (status, None), path
