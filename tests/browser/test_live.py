"""Two readers on two origins: what one writes the other sees, and what becomes of it afterwards."""

import json
import re
from collections.abc import Callable
from time import monotonic

from playwright.sync_api import Route, WebSocketRoute, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room, Rooms
from tests.browser.widget import Widget
from tests.support.contract import eventually

EDIT_MINUTES = 15
LIVE_S = 2.0  # from a press of the button to the other page, both browsers included; a reload would never do
ROUNDS = 3  # one in time is enough: the machine may be busy, the way must not be long


def test_a_comment_reaches_the_other_origin(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    hosted = Widget(readers.open(room.url)).ready()
    guest = Widget(readers.open(embedded())).ready()
    expect(guest.root.get_by_text("2 reading")).to_be_visible()

    guest.say("Good morning from *elsewhere*.", name="Bea")
    there = hosted.comment("Good morning from elsewhere.")
    expect(there).to_be_visible()
    expect(there.locator(".name")).to_have_text("Bea")
    expect(there.locator("em")).to_have_text("elsewhere")

    hosted.say("And from here.", name="Cy")
    expect(guest.comment("And from here.").locator(".name")).to_have_text("Cy")
    for page in (hosted, guest):
        page.shows([2, 1])
        expect(page.root.get_by_role("heading", name="2 comments")).to_be_visible()
    assert [comment["author"]["name"] for comment in room.stored()] == ["Bea", "Cy"]


def test_it_reaches_the_other_origin_live(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    one, other = (Widget(readers.open(url)).ready() for url in (room.url, embedded()))
    for writer, reader in ((one, other), (other, one)):
        assert any(_seconds_to_reach(writer, reader, f"Comment {n}.") <= LIVE_S for n in range(ROUNDS))


def _seconds_to_reach(writer: Widget, reader: Widget, text: str) -> float:
    writer.write(text)
    there = reader.comment(text)
    before = there.count()
    pressed = monotonic()
    writer.post_button.click()
    expect(there).to_have_count(before + 1)
    return monotonic() - pressed


def test_the_other_reader_sees_that_somebody_types(room: Room, readers: Readers) -> None:
    one, other = (Widget(readers.open(room.url)).ready() for _ in range(2))
    one.say("First words make the writer known to the server.")
    expect(other.comments).to_have_count(1)

    def typed_and_seen() -> bool:
        one.write("hm ")
        return "someone is typing" in other.root.locator(".here").inner_text()

    eventually(typed_and_seen, "the other reader sees it")
    expect(one.root.locator(".here")).not_to_contain_text("typing")


def test_a_comment_is_on_its_way_until_it_is_stored(room: Room, readers: Readers) -> None:
    page = readers.profile().new_page()
    held: list[str | bytes] = []

    def hold_posts(reader: WebSocketRoute) -> None:
        server = reader.connect_to_server()

        def forward(message: str | bytes) -> None:
            if '"cmd":"post"' in str(message) and not held:
                held.append(message)
                sockets.append(server)
            else:
                server.send(message)

        reader.on_message(forward)

    sockets: list[WebSocketRoute] = []
    page.route_web_socket("**/api/v1/live", hold_posts)
    page.goto(room.url)
    widget = Widget(page).ready()
    widget.say("Wait for it")
    waiting = widget.comment("Wait for it")
    expect(waiting).to_contain_text("Sending…")
    expect(widget.area).to_have_value("")
    eventually(lambda: bool(held) or bool(page.evaluate("0")), "the comment is on its way")
    assert room.stored() == []
    sockets[0].send(held[0])
    expect(waiting.locator(".number")).to_have_text("#1")
    expect(waiting).not_to_contain_text("Sending…")
    expect(widget.comments).to_have_count(1)
    assert len(room.stored()) == 1


def test_a_refused_comment_is_retried_under_its_id(room: Room, readers: Readers) -> None:
    """A server in trouble answers, so this is no matter of the line: the reader decides."""
    page = readers.profile().new_page()
    ids: list[str] = []

    def trouble_once(reader: WebSocketRoute) -> None:
        server = reader.connect_to_server()

        def forward(message: str | bytes) -> None:
            command = json.loads(message)
            if command["cmd"] == "post":
                ids.append(command["id"])
            if len(ids) == 1 and command["cmd"] == "post":
                error = {"code": "internal", "message": "Our fault", "retry_after": None}
                reader.send(json.dumps({"re": command["ref"], "ok": False, "error": error}))
            else:
                server.send(message)

        reader.on_message(forward)

    page.route_web_socket("**/api/v1/live", trouble_once)
    page.goto(room.url)
    widget = Widget(page).ready()
    widget.say("Persistence")
    failed = widget.comment("Persistence")
    expect(failed.get_by_role("alert")).to_contain_text("Not sent.")
    assert room.stored() == []
    failed.get_by_role("button", name="Retry").click()
    expect(failed.locator(".number")).to_have_text("#1")
    expect(widget.comments).to_have_count(1)
    assert len(ids) == 2
    assert len(set(ids)) == 1, "expected the retry to carry the same id"
    assert len(room.stored()) == 1


def test_a_failed_comment_goes_back_to_the_editor(room: Room, readers: Readers) -> None:
    page = readers.profile().new_page()
    readers.allow(re.compile("status of 503"))
    page.route("**/api/v1/sessions", lambda route: _unavailable(route))
    page.goto(room.url)
    widget = Widget(page).ready()
    widget.say("Not lost")
    widget.comment("Not lost").get_by_role("button", name="Back to the editor").click()
    expect(widget.area).to_have_value("Not lost")
    expect(widget.comments).to_have_count(0)


def _unavailable(route: Route) -> None:
    error = {"code": "internal", "message": "Our fault", "retry_after": None}
    origin = route.request.headers.get("origin", "")
    route.fulfill(status=503, json={"error": error}, headers={"Access-Control-Allow-Origin": origin})


def test_edits_and_removals_show_everywhere(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    writer = Widget(readers.open(embedded())).ready()
    reader = Widget(readers.open(room.url)).ready()
    writer.say("Teh wharf", name="Bea")
    expect(reader.comment("Teh wharf")).to_be_visible()

    writer.mine("Teh wharf", "Edit").click()
    box = writer.root.get_by_role("textbox", name="Edit comment #1")
    expect(box).to_have_value("Teh wharf")
    box.fill("The **wharf**")
    writer.button("Save").click()
    for page in (writer, reader):
        expect(page.comment("The wharf").locator("strong")).to_have_text("wharf")
        expect(page.comment("The wharf")).to_contain_text("edited")

    writer.mine("The wharf", "Delete").click()
    assert room.stored()[0]["removed"] is False, "expected the question to be asked first"
    writer.button("Delete").click()
    for page in (writer, reader):
        gone = page.comment("#1")
        expect(gone).to_contain_text("Deleted by its author")
        expect(gone).not_to_contain_text("Bea")
        expect(gone).not_to_contain_text("wharf")
        expect(page.root.get_by_role("heading", name="No comments")).to_be_visible()
    assert "wharf" not in reader.page.content()


def test_only_the_author_may_and_only_for_a_while(room: Room, readers: Readers) -> None:
    context = readers.profile()
    page = context.new_page()
    later = False  # then the page is told nothing more of the server's time, which has not moved on

    def hold_back(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        socket.on_message(lambda message: None if later else server.send(message))

    page.route_web_socket(re.compile("/api/v1/live"), hold_back)
    page.clock.install()
    page.goto(room.url)
    mine = Widget(page).ready()
    other = Widget(readers.open(room.url)).ready()
    mine.say("Mine")
    expect(other.comment("Mine").get_by_role("button", name="Reply")).to_be_visible()
    expect(other.mine("Mine", "Edit")).to_have_count(0)
    expect(other.mine("Mine", "Delete")).to_have_count(0)
    expect(mine.mine("Mine", "Edit")).to_be_visible()
    expect(mine.mine("Mine", "Delete")).to_be_visible()

    page.reload()
    expect(mine.mine("Mine", "Edit")).to_be_visible()  # known again after a reload
    later = True
    page.clock.fast_forward(EDIT_MINUTES * 60_000 + 60_000)
    expect(mine.mine("Mine", "Edit")).to_have_count(0)
    expect(mine.mine("Mine", "Delete")).to_have_count(0)


def test_a_reply_says_to_what(room: Room, readers: Readers) -> None:
    first = room.post("A question")
    asked = Widget(readers.open(room.url)).ready()
    other = Widget(readers.open(room.url)).ready()
    asked.mine("A question", "Reply").click()
    expect(asked.root.locator(".replying")).to_have_text(re.compile("^Reply to .*(#1.*Ann|Ann.*#1)"))
    expect(asked.area).to_be_focused()
    asked.page.keyboard.type("An answer")
    asked.page.keyboard.press("Control+Enter")
    answer = other.comment("An answer")
    expect(answer.locator(".parent")).to_have_text("in reply to #1 Ann")
    assert room.stored()[1]["parent"] == first["id"]


def test_a_draft_posted_in_one_tab_is_gone_in_the_other(room: Room, readers: Readers) -> None:
    context = readers.profile()
    first, second = context.new_page(), context.new_page()
    first.goto(room.url)
    there = Widget(first).ready()
    there.write("Written once")
    second.goto(room.url)
    here = Widget(second).ready()
    expect(here.area).to_have_value("Written once")
    there.write(", and on")
    expect(here.area).to_have_value("Written once, and on")  # as long as nothing is written here
    here.post_button.click()
    expect(there.area).to_have_value("")
    expect(here.area).to_have_value("")
    second.reload()
    expect(here.ready().area).to_have_value("")
    assert len(room.stored()) == 1


def test_drafts_of_two_tabs_are_both_kept(room: Room, readers: Readers) -> None:
    context = readers.profile()
    first, second = context.new_page(), context.new_page()
    for page in (first, second):
        page.goto(room.url)
        Widget(page).ready()
    there, here = Widget(first), Widget(second)
    there.write("One thought")
    expect(here.area).to_have_value("")
    here.write("Another")
    first.reload()
    expect(there.ready().area).to_have_value("One thought")
    here.post_button.click()
    expect(here.comment("Another")).to_be_visible()
    first.reload()
    expect(there.ready().area).to_have_value("One thought")
    second.reload()
    expect(here.ready().area).to_have_value("One thought")  # what a new tab begins with


def test_a_draft_outlives_a_reload(room: Room, readers: Readers) -> None:
    page = readers.open(room.url)
    widget = Widget(page).ready()
    widget.write("Half a thou")
    page.reload()
    expect(widget.ready().area).to_have_value("Half a thou")


def test_old_snapshot_and_events_make_the_new_page(rooms: Rooms, readers: Readers) -> None:
    """A page that saw everything happen shows what a page that is loaded afterwards shows."""
    room = rooms.make()
    seen = Widget(readers.open(room.url)).ready()
    room.fill(20)
    kept = room.post("To be edited")
    gone = room.post("To be removed")
    back = room.post("To be restored")
    room.edit(kept, "Edited, *indeed*")
    for comment in (gone, back):
        room.remove(comment)
    room.restore(back)
    room.post("The end")
    expect(seen.comment("The end")).to_be_visible()
    expect(seen.comment("To be restored")).to_be_visible()
    loaded = Widget(readers.open(room.url)).ready()
    assert _told(seen) == _told(loaded)
    seen.shows(list(range(24, 0, -1)))


def _told(widget: Widget) -> list[tuple[str, str]]:
    bodies = widget.list.locator("li.comment .body")
    return list(zip(map(str, widget.numbers()), bodies.all_inner_texts(), strict=True))
