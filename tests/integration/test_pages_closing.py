"""The pages of threads that are closed or will be, or where not everybody may write as they like."""

from hubbub.commands.threads import CloseThread, ReopenThread, SetMode
from hubbub.domain.model import Who
from hubbub.domain.times import from_rfc3339, to_rfc3339
from tests.integration.test_pages import OWNER, hosted
from tests.integration.test_pages import running as running  # a fixture, used by its name
from tests.support.nodes import Running


async def test_a_closed_thread_says_so_and_why(running: Running) -> None:
    thread = await hosted(running)
    path, default = f"/t/{thread.id}", "Sorry. Comments have been closed on this article."
    assert default not in (await running.http.get(path)).text
    await running.node.command_bus.submit(CloseThread(thread.id, OWNER, None))
    assert default in (await running.http.get(path)).text
    await running.node.command_bus.submit(CloseThread(thread.id, OWNER, "It is <late>."))
    html = (await running.http.get(path)).text
    assert '<p class="notice">Comments are closed. <bdi>It is &lt;late&gt;.</bdi></p>' in html
    found = await running.node.history.thread(thread.id)
    assert found.closing is not None
    assert f'<bdi>{OWNER.name}</bdi>,\n    <time datetime="{to_rfc3339(found.closing.at)}">' in html
    assert default not in html
    await running.node.command_bus.submit(ReopenThread(thread.id, OWNER))
    assert 'class="notice"' not in (await running.http.get(path)).text


async def test_a_page_says_when_its_comments_close(running: Running) -> None:
    thread = await hosted(running)
    path = f"/t/{thread.id}"
    assert "Comments close" not in (await running.http.get(path)).text
    at = from_rfc3339("2126-12-24T18:00:00Z")
    await running.node.command_bus.submit(SetMode(thread.id, OWNER, close_at=at))
    html = (await running.http.get(path)).text
    assert f'Comments close on <time datetime="{to_rfc3339(at)}">24 December 2126, 18:00 UTC</time>.' in html
    await running.node.command_bus.submit(CloseThread(thread.id, OWNER, None))
    assert "Comments close on" not in (await running.http.get(path)).text


async def test_a_page_says_who_may_write_and_how_often(running: Running) -> None:
    thread = await hosted(running)
    path, staff = f"/t/{thread.id}", "For now, only the team may write."
    known = "For now, only those who have commented here before may write."
    slow = "Slow mode: each may write one comment in 5 minutes."
    for mode, said in (({"slow": 300}, {slow}), ({"who": Who.KNOWN}, {known, slow}), ({"who": Who.STAFF}, {staff})):
        await running.node.command_bus.submit(SetMode(thread.id, OWNER, **mode))
        html = (await running.http.get(path)).text
        assert {words for words in (staff, known, slow) if words in html} == said
    html = (await running.http.get(path, params={"lang": "de"})).text
    assert "Zurzeit kann nur das Team schreiben." in html
    await running.node.command_bus.submit(CloseThread(thread.id, OWNER, None))
    assert staff not in (await running.http.get(path)).text
