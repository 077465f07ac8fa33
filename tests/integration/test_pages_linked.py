"""The pages as links and machines find them: permalinks of comments that are far back, and JSON-LD."""

import json
import re
from html import escape
from uuid import uuid4

from hubbub.commands.moderation import RemoveComment
from hubbub.commands.posting import PostComment
from hubbub.domain.sizes import PAGE_COMMENTS
from tests.integration.test_pages import (
    ARTICLE,
    OWNER,
    READER,
    hosted,
    hrefs,
    numbers,
    say,
)
from tests.integration.test_pages import running as running  # a fixture, used by its name
from tests.support.nodes import Running


async def test_a_permalink_shows_its_comment_and_leads_on(running: Running) -> None:
    thread = await hosted(running)
    count = 3 * PAGE_COMMENTS
    for number in range(count):
        await say(running, thread, f"Comment {number}")
    for path in (f"/t/{thread.id}?", "/embed?site=news&key=/1&"):
        html = (await running.http.get(f"{path}around=60")).text
        shown = numbers(html)
        assert 60 in shown[10:-10], "in the middle"
        assert len(shown) == PAGE_COMMENTS
        older, newer = hrefs(html, "Older comments"), hrefs(html, "Newer comments")
        assert numbers((await running.http.get(older[0])).text)[0] == shown[-1] - 1
        assert numbers((await running.http.get(newer[0])).text)[-1] == shown[0] + 1
        for end, word in ((1, "Newest comments"), (count + 9, "Older comments")):
            assert hrefs((await running.http.get(f"{path}around={end}")).text, word)
    assert (await running.http.get(f"/t/{thread.id}?around=1&before=2")).status_code == 400


async def test_machines_read_the_comments_too(running: Running) -> None:
    thread = await hosted(running)
    text = "</script><script>alert(1)</script><!-- & \u2028"
    command = PostComment(str(uuid4()), thread.id, READER, text, f"<p>{escape(text)}</p>", None)
    await running.node.command_bus.submit(command)
    answer = await say(running, thread, "Answer", parent=command.id)
    removed = await say(running, thread, "Removed")
    await running.node.command_bus.submit(RemoveComment(removed, thread.id, OWNER, None))
    html = (await running.http.get(f"/t/{thread.id}")).text
    (told,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, flags=re.DOTALL)
    assert not set("<>&\u2028") & set(told)
    found = json.loads(told)
    assert (found["@type"], found["headline"], found["url"]) == ("DiscussionForumPosting", ARTICLE.title, ARTICLE.url)
    assert (found["author"]["name"], found["datePublished"], found["commentCount"]) == (
        "Ola",
        "2026-11-22T10:00:00.000Z",
        2,
    )
    second, first = found["comment"]
    assert first["text"] == " ".join(text.split())
    assert (first["author"]["name"], first["author"]["url"]) == (READER.name, READER.website)
    assert first["url"] == f"{running.node.home}/t/{thread.id}?around=1#comment-1"
    assert second["@id"] == f"urn:uuid:{answer}"
    assert second["parentItem"]["@id"] == first["@id"] == f"urn:uuid:{command.id}"
