"""A close locks every open page at once, keeps what was being written, and a reopen gives it back."""

import math
from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget
from tests.support.contract import eventually

SORRY = "Sorry. Comments have been closed on this article."
LOCKED_MS = 300  # from the acknowledgement of the close until no page takes a comment any more
ROUNDS = 5  # one in time is enough: the machine may be busy, the way must not be long
REST_MS = 1000  # before the next round, so that one bad moment of the machine does not spoil them all

# Notes, on a clock all pages share, when the composer was locked: text read-only, toolbar gone, button off.
NOTE_LOCK = """() => {
  const root = document.querySelector("hubbub-thread").shadowRoot;
  const area = root.querySelector(".composer textarea");
  const post = root.querySelector(".composer .post");
  window.__locked = null;
  const look = () => {
    if (area.readOnly && post.disabled) window.__locked ??= Date.now();
  };
  new MutationObserver(look).observe(root, { attributes: true, subtree: true });
}"""
CLOSE = """async ([url, token]) => {
  const asked = Date.now();
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const answer = await fetch(url, { method: "POST", headers, body: "{}" });
  const acknowledged = Date.now();
  if (!answer.ok) throw new Error(await answer.text());
  return { asked, acknowledged };
}"""


def test_a_close_locks_both_pages_within_300_ms(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    pages = [readers.open(room.url), readers.open(embedded())]
    for page in pages:
        Widget(page).ready().write("A draft")
        page.evaluate(NOTE_LOCK)
    desk = readers.open(f"{room.server.url}/")
    best = math.inf
    for _ in range(ROUNDS):
        for page in pages:
            page.evaluate("window.__locked = null")
        told = desk.evaluate(CLOSE, [f"/api/v1/threads/{room.id}/close", room.moderator])
        locked = [_locked_at(page) for page in pages]
        assert min(locked) >= told["asked"], "expected pages to be open until the close"
        best = min(best, max(locked) - told["acknowledged"])
        room.reopen()
        for page in pages:
            expect(Widget(page).area).to_be_editable()
        if best <= LOCKED_MS:
            break
        desk.wait_for_timeout(REST_MS)
    assert best <= LOCKED_MS, f"locked {best:.1f} ms after the acknowledgement, at best of {ROUNDS}"


def _locked_at(page: Page) -> float:
    eventually(lambda: page.evaluate("window.__locked") is not None, "the page locks")
    return float(page.evaluate("window.__locked"))


def test_the_reason_is_shown_and_the_draft_kept(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    pages = [Widget(readers.open(url)).ready() for url in (room.url, embedded())]
    for page in pages:
        page.write("What I meant to say")
    room.close("The council has decided; <b>so be it</b>.")
    for page in pages:
        expect(page.notice("closed")).to_have_text("Comments are closed. The council has decided; <b>so be it</b>.")
        expect(page.area).to_have_value("What I meant to say")
        expect(page.area).to_be_visible()
        expect(page.area).not_to_be_editable()
        expect(page.post_button).to_be_disabled()
        expect(page.root.get_by_role("toolbar")).to_be_hidden()
        page.area.press("Control+Enter")
    assert room.stored() == [], "expected a locked composer to post nothing"
    room.reopen()
    for page in pages:
        expect(page.notice("closed")).to_be_hidden()
        expect(page.area).to_be_editable()
        expect(page.area).to_have_value("What I meant to say")
        page.area.press("Control+Enter")
    for page in pages:
        page.shows([2, 1])


def test_the_default_sentence_is_the_contracts(room: Room, readers: Readers) -> None:
    page = Widget(readers.open(room.url)).ready()
    room.close()
    expect(page.notice("closed")).to_have_text(SORRY)
    expect(page.area).to_be_hidden()
    later = Widget(readers.open(room.url)).ready()
    expect(later.notice("closed")).to_have_text(SORRY)
    expect(later.area).to_be_hidden()
    plain = readers.open(room.url, java_script_enabled=False)
    expect(plain.get_by_text(SORRY, exact=True)).to_be_visible()


def test_nothing_can_be_answered_or_edited_while_closed(room: Room, readers: Readers) -> None:
    page = Widget(readers.open(room.url)).ready()
    page.say("Mine")
    expect(page.mine("Mine", "Edit")).to_be_visible()
    room.close()
    expect(page.mine("Mine", "Edit")).to_have_count(0)
    expect(page.mine("Mine", "Reply")).to_have_count(0)
    room.reopen()
    expect(page.mine("Mine", "Edit")).to_be_visible()
    expect(page.mine("Mine", "Reply")).to_be_visible()


def test_a_comment_overtaken_by_the_close_is_not_lost(room: Room, readers: Readers) -> None:
    """Posted before the page could know of the close: refused, said so, and the words are still the writer's."""
    page = readers.profile().new_page()
    held: list[Callable[[], None]] = []

    def hold_pushes(reader: WebSocketRoute) -> None:
        server = reader.connect_to_server()

        def back(message: str | bytes) -> None:
            if '"thread.closed"' in str(message) and not held:
                held.append(lambda: reader.send(message))
            else:
                reader.send(message)

        server.on_message(back)

    page.route_web_socket("**/api/v1/live", hold_pushes)
    page.goto(room.url)
    widget = Widget(page).ready()
    widget.write("Too late")
    room.close()
    eventually(lambda: bool(held) or bool(page.evaluate("0")), "the close is on its way")
    widget.post_button.click()
    late = widget.comment("Too late")
    expect(late.get_by_role("alert")).to_contain_text(f"Not sent. {SORRY}")
    held[0]()
    expect(widget.notice("closed")).to_have_text(SORRY)
    late.get_by_role("button", name="Back to the editor").click()
    expect(widget.area).to_have_value("Too late")
    expect(widget.area).not_to_be_editable()
    assert room.stored() == []
