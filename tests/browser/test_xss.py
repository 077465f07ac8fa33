"""Nothing a reader writes ever runs: every vector, on the hosted page with and without the widget and on other pages.

Twice where a policy would stop it anyway: with the policy, where an attempt would stand on the console, and without.
"""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room, Rooms
from tests.browser.widget import Widget
from tests.support.contract import Json, Live
from tests.support.pages import PageHost, snippet
from tests.support.xss import BODIES, LINES, WEBSITES

PAGE_SIZE = 50

# What a reader's mouse and keyboard may set off, at every element, shadow roots included; no link is followed.
POKE = r"""() => {
  const all = (root) =>
    [...root.querySelectorAll("*")].flatMap((e) => [e, ...(e.shadowRoot ? all(e.shadowRoot) : [])]);
  const inside = [...document.querySelectorAll("hubbub-thread")].flatMap((e) => [...all(e), ...all(e.shadowRoot ?? e)]);
  const found = [];
  for (const e of inside) {
    // The widget's own root, which has the page's colours.
    const style = e.closest(".body, .meta") ? "" : e.getAttribute("style");
    const own = /^color-scheme: \w+; --ink: rgb\([\d ,.]+\);$/.test(style);
    for (const { name, value } of e.attributes) {
      if (own && name === "style") continue;
      if (/^on|^srcdoc$|^formaction$|^style$|^ping$/i.test(name)) found.push(`${e.tagName} ${name}=${value}`);
      if (/^(href|src|action|data|xlink:href)$/i.test(name)) {
        const { protocol } = new URL(value, location.href);
        if (!["http:", "https:", "mailto:"].includes(protocol)) found.push(`${e.tagName} ${name}=${value}`);
      }
    }
    if (/^(script|iframe|object|embed|style|link|meta|base|form|svg|math)$/i.test(e.tagName) && e.closest(".body"))
      found.push(e.tagName);
    if (!e.closest(".body, .meta")) continue;
    for (const type of ["mouseover", "mouseenter", "pointerover", "focus", "focusin", "animationstart", "toggle"])
      e.dispatchEvent(new Event(type, { bubbles: true }));
    if (!e.closest("a")) e.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  }
  return found;
}"""


@pytest.fixture(scope="module")
def poisoned(rooms: Rooms) -> Room:
    """A thread with every vector as a body, as a name and as a website, as far as the server takes them."""
    room = rooms.make()
    with Live(room.server.url) as live:
        live.do("hello", token=room.ann.token)
        taken = sum(room.burst(live, BODIES[at : at + 40], all_taken=False) for at in range(0, len(BODIES), 40))
    assert taken > len(BODIES) // 3, "expected most to be taken, or little is shown"
    taken = 0
    for who in [{"name": line} for line in LINES] + [{"website": website} for website in WEBSITES]:
        answer = room.api.call("POST", "/api/v1/sessions", {"site": "demo", **who}, token=None)
        assert answer.status in (201, 400), (who, answer)
        if answer.status == 201:
            room.post("Look at my name", who=answer.body["token"])
            taken += 1
    assert taken > len(LINES) // 2, "expected harmless-looking names to be taken, or nothing is shown"
    return room


def check(page: Page) -> None:
    """Asserts that nothing has run or could."""
    assert page.evaluate(POKE) == []
    # An element may be called so (<strong id="__xss">), were ids let through; what runs makes it a number.
    assert page.evaluate("typeof window.__xss") != "number", "a comment has run"


@pytest.mark.parametrize("policy", [True, False], ids=["policy", "no-policy"])
def test_in_the_widget_on_the_hosted_page(policy: bool, poisoned: Room, readers: Readers) -> None:
    page = readers.open(poisoned.url, bypass_csp=not policy)
    widget = Widget(page).ready()
    while widget.button("Show older comments").is_visible():
        before = widget.comments.count()
        widget.button("Show older comments").click()
        expect(widget.comments.nth(before)).to_be_attached()
    assert widget.comments.count() == widget.numbers()[0] == _highest(poisoned)
    check(page)


@pytest.mark.parametrize("policy", [True, False], ids=["policy", "no-policy"])
def test_on_the_hosted_page_without_the_widget(policy: bool, poisoned: Room, readers: Readers) -> None:
    """Scripts may run here, only ours is missing: what the templates show is on its own."""
    context = readers.profile(bypass_csp=not policy)
    context.route("**/embed.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    page = context.new_page()
    page.goto(poisoned.url)
    seen = 0
    while True:
        check(page)
        seen += page.locator("ol.comments > li").count()
        older = page.get_by_role("link", name="Older comments")
        if not older.count():
            break
        older.click()
        expect(page.locator(f"[id='{_highest(poisoned) - seen}']")).to_be_attached()
        page.wait_for_load_state("domcontentloaded")  # or the rest of the page may not be there yet
    assert seen == _highest(poisoned)


def _highest(room: Room) -> int:
    number: int = room.stored()[-1]["number"]
    return number


def test_on_a_publishers_page(poisoned: Room, readers: Readers, host: PageHost) -> None:
    """No policy at all, and the oldest first, so that all are loaded at once."""
    address = host.article("/xss", snippet(poisoned.server.url, poisoned.key, attributes='order="oldest"'))
    widget = Widget(readers.open(address)).ready()
    expect(widget.comments).to_have_count(_highest(poisoned))
    check(widget.page)


def test_live_arrivals_and_the_reasons(room: Room, readers: Readers, host: PageHost) -> None:
    """As events, a few at a time, and where moderators' words are shown."""
    other = host.article("/live", snippet(room.server.url, room.key))
    widgets = [Widget(readers.open(url, bypass_csp=True)).ready() for url in (room.url, other)]
    bodies = BODIES[::6]
    with Live(room.server.url) as live:
        live.do("hello", token=room.ann.token)
        taken = room.burst(live, bodies, all_taken=False)
    for widget in widgets:
        expect(widget.comments).to_have_count(taken)
    for reason in ("<img src=x onerror=window.__xss=1>", "javascript:window.__xss=1"):
        room.close(reason)
        for widget in widgets:
            expect(widget.notice("closed")).to_have_text(f"Comments are closed. {reason}")
            check(widget.page)
        plain = readers.open(room.url, bypass_csp=True)
        check(plain)
        room.reopen()
        for widget in widgets:  # what comes in one frame with its opposite is no change
            expect(widget.notice("closed")).to_be_hidden()


def test_the_front_page_and_titles(rooms: Rooms, readers: Readers) -> None:
    room = rooms.make(title="</title><img src=x onerror=window.__xss=1>")
    for url in (room.server.url, room.url, f"{room.server.url}/embed?site=demo&key={room.key}"):
        page = readers.open(url, bypass_csp=True)
        expect(page.locator("main")).to_be_visible()
        check(page)
    assert room.api.get("/api/v1/threads", thread=room.id).ok()["thread"]["title"].startswith("</title>")


def test_the_second_lock_holds_alone(room: Room, readers: Readers) -> None:
    """Were the server's sanitiser to fail wholly, the widget would still run nothing and show the rest."""
    room.fill(PAGE_SIZE)
    vectors = [body for body in BODIES if body.lstrip().startswith("<")]
    for start in range(0, len(vectors), PAGE_SIZE):
        page = readers.profile(bypass_csp=True).new_page()
        page.route_web_socket("**/api/v1/live", _unsanitised(vectors[start : start + PAGE_SIZE]))
        page.goto(room.url)
        expect(Widget(page).ready().comments).to_have_count(PAGE_SIZE)
        check(page)


def _unsanitised(vectors: list[str]) -> Callable[[WebSocketRoute], None]:
    """A server that sends what was written as it was written, in the html, the name and the website."""

    def poison(comment: Json, vector: str) -> Json:
        author = {**comment["author"], "name": vector, "website": "javascript:window.__xss=1"}
        return {**comment, "html": vector, "author": author}

    def handle(reader: WebSocketRoute) -> None:
        server = reader.connect_to_server()

        def back(message: str | bytes) -> None:
            told: dict[str, Any] = json.loads(message)
            if "comments" in told:
                pairs = zip(told["comments"], vectors * PAGE_SIZE, strict=False)
                told["comments"] = [poison(comment, vector) for comment, vector in pairs]
            reader.send(json.dumps(told))

        server.on_message(back)

    return handle


def test_the_check_sees_what_runs(readers: Readers, host: PageHost) -> None:
    page = readers.open(host.article("/planted", "<img src='data:,' onerror='window.__xss=1'>"))
    expect(page.locator("img")).to_be_attached()
    page.wait_for_function("() => window.__xss === 1")
    with pytest.raises(AssertionError, match="has run"):
        check(page)
    link = "<hubbub-thread><a class=body href='javascript:1' onclick=x>x</a></hubbub-thread>"
    page = readers.open(host.article("/planted-link", link))
    with pytest.raises(AssertionError, match="onclick"):
        check(page)
