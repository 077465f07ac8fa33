"""Writing without script: the plain form on hosted pages and in the iframe."""

import re
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from hubbub.commands.threads import CloseThread, SetMode
from hubbub.domain.model import Hold, Site
from tests.integration.test_pages import OWNER, hosted, numbers, say
from tests.integration.test_pages import running as running  # a fixture, used by its name
from tests.support.nodes import Running, running_node

OWN = {"Sec-Fetch-Site": "same-origin"}
TYPED = {"body": "My *first* one", "name": "Zoë <b>", "email": "zoe@mail.example", "website": "zoe.example"}
FRAME = "/embed?site=news&key=/1"


def id_in(html: str) -> str:
    """The id of the page's form."""
    (found,) = re.findall(r'<input type="hidden" name="id" value="([^"]+)">', html)
    return str(found)


async def send(running: Running, path: str, headers: dict[str, str] = OWN, **typed: str) -> httpx.Response:
    """Fills in the form of a page and sends it."""
    page = await running.http.get(path)
    assert "form-action 'self'" in page.headers["content-security-policy"]
    (action,) = re.findall(r'<form method="post" action="([^"]+)"', page.text)
    fields = {"id": id_in(page.text), **TYPED, **typed}
    return await running.http.post(action.replace("&amp;", "&"), data=fields, headers=headers)


@pytest.mark.parametrize("place", ["/t/{id}", FRAME])
async def test_a_comment_is_posted_and_shown_at_its_permalink(running: Running, place: str) -> None:
    thread = await hosted(running)
    await say(running, thread, "Before")
    answer = await send(running, place.format(id=thread.id))
    assert answer.status_code == 303
    address, fragment = answer.headers["location"].split("#")
    assert fragment == "comment-2"
    html = (await running.http.get(address)).text
    assert numbers(html) == [2, 1]
    assert "<p>My <em>first</em> one</p>" in html
    assert "Zoë &lt;b&gt;" in html
    assert 'href="https://zoe.example"' in html
    assert "mail.example" not in html


@pytest.mark.parametrize("place", ["/t/{id}", FRAME])
async def test_who_wrote_what_is_held_is_told_so(running: Running, place: str) -> None:
    thread = await hosted(running)
    await running.node.command_bus.submit(SetMode(thread.id, OWNER, hold=Hold.ALL))
    path, told = place.format(id=thread.id), "Your comment has arrived. Others do not see it yet."
    answer = await send(running, path)
    assert (answer.status_code, told in answer.text) == (202, True)
    assert "My *first* one" not in answer.text
    page = (await running.http.get(path)).text
    assert (numbers(page), told in page) == ([], False)


async def test_a_form_sent_twice_is_one_comment_and_another_text_another_one(running: Running) -> None:
    thread = await hosted(running)
    path = f"/t/{thread.id}"
    fields = {"id": id_in((await running.http.get(path)).text), **TYPED}
    sent = [await running.http.post(path, data=fields, headers=OWN) for _ in range(2)]
    assert sent[0].headers["location"] == sent[1].headers["location"]
    await running.http.post(path, data={**fields, "body": "Another"}, headers=OWN)
    assert numbers((await running.http.get(path)).text) == [2, 1]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "https://news.example"},
        {"Origin": "null"},
        {},
    ],
)
async def test_no_other_page_can_make_a_reader_post(running: Running, headers: dict[str, str]) -> None:
    thread = await hosted(running)
    answer = await send(running, f"/t/{thread.id}", headers)
    assert (answer.status_code, "from this page alone" in answer.text) == (403, True)
    assert numbers((await running.http.get(f"/t/{thread.id}")).text) == []


async def test_a_browser_that_tells_the_origin_alone_can_post(running: Running) -> None:
    thread = await hosted(running)
    answer = await send(running, f"/t/{thread.id}", {"Origin": str(running.http.base_url).rstrip("/")})
    assert answer.status_code == 303


@pytest.mark.parametrize("place", ["/t/{id}", FRAME])
@pytest.mark.parametrize(
    ("typed", "status", "told"),
    [
        ({"body": " "}, 400, ""),
        ({"name": "x" * 51}, 400, "50"),
        ({"body": "x" * 10_001}, 400, ""),
        ({"email": "nobody"}, 400, ""),
        ({"website": "ftp://x"}, 400, ""),
    ],
)
async def test_what_is_refused_is_told_and_the_text_is_kept(
    running: Running, place: str, typed: dict[str, str], status: int, told: str
) -> None:
    thread = await hosted(running)
    answer = await send(running, place.format(id=thread.id), OWN, **typed)
    assert answer.status_code == status, answer.text
    (sentence,) = re.findall(r'<p class="notice" role="alert" dir="auto">(.+?)</p>', answer.text)
    assert told in sentence
    assert '<details class="write" open>' in answer.text
    if "body" not in typed:
        assert ">\nMy *first* one</textarea>" in answer.text
    assert 'value="Zoë &lt;b&gt;"' in answer.text or "name" in typed
    assert numbers(answer.text) == []


async def test_a_closed_thread_has_no_form_and_one_that_closed_meanwhile_says_so(running: Running) -> None:
    thread = await hosted(running)
    path = f"/t/{thread.id}"
    fields = {"id": id_in((await running.http.get(path)).text), **TYPED}
    await running.node.command_bus.submit(CloseThread(thread.id, OWNER, "Enough."))
    assert "<form" not in (await running.http.get(path)).text
    answer = await running.http.post(path, data=fields, headers=OWN)
    assert answer.status_code == 409
    assert "Enough." in answer.text
    assert ">\nMy *first* one</textarea>" in answer.text, "to be copied"


async def test_the_first_comment_makes_the_thread(running: Running) -> None:
    answer = await send(running, f"/embed?site=news&key={quote('/new?a=1&b=ü', safe='')}")
    assert answer.status_code == 303, answer.text
    assert numbers((await running.http.get(answer.headers["location"].split("#")[0])).text) == [1]


async def test_what_is_no_form_is_refused(running: Running) -> None:
    thread = await hosted(running)
    path = f"/t/{thread.id}"
    for content, kind in (
        (b"id=x", "application/x-www-form-urlencoded"),
        (b"id=\xff", "application/x-www-form-urlencoded"),
        (b"&".join(b"a=1" for _ in range(20)), "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
    ):
        answer = await running.http.post(path, content=content, headers={**OWN, "Content-Type": kind})
        assert answer.status_code == 400, answer.text
    large = b"body=" + b"x" * 200_000
    headers = {**OWN, "Content-Type": "application/x-www-form-urlencoded"}
    assert (await running.http.post(path, content=large, headers=headers)).status_code == 413
    assert (await running.http.post("/t/aaaabbbbccccdddd", data=TYPED, headers=OWN)).status_code == 400


async def test_the_same_limits_hold(tmp_path: Path) -> None:
    async with running_node(tmp_path) as running:
        await running.node.sites.put(Site("news", ("https://news.example",)))
        thread = await hosted(running)
        answer = httpx.Response(200)
        for number in range(40):
            answer = await send(running, f"/t/{thread.id}", body=f"Text {number}")
            if answer.status_code != 303:
                break
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) >= 1
        assert 'role="alert"' in answer.text
