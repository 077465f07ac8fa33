"""Pages as publishers make them: drawn again by a framework, with a base, ids and frames of their own; and what stands
on the console when comments cannot come."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget
from tests.support.contract import eventually
from tests.support.pages import PageHost, snippet

NOT_NOW = "Comments are not available right now."
ANY = re.compile("")  # what the browser itself says of a line that does not come about


def hubbub_says(page: Page) -> list[str]:
    """What stands on the page's console from us, from now on."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.text.startswith("[hubbub]") else None)
    return said


def test_a_thread_that_is_drawn_again_stays_live(room: Room, readers: Readers, embedded: Callable[..., str]) -> None:
    page = readers.open(embedded())
    Widget(page).ready()
    page.evaluate("() => { const box = document.querySelector('main'); box.innerHTML = box.innerHTML; }")
    widget = Widget(page).ready()
    room.post("Written elsewhere")
    expect(widget.comment("Written elsewhere")).to_be_visible()
    widget.say("Written here")
    expect(widget.comment("Written here").locator(".number")).to_have_text("#2")
    expect(widget.list.locator(".pending")).to_have_count(0)
    room.close()
    expect(widget.notice("closed")).to_be_visible()


def test_links_stay_on_a_page_with_a_base(room: Room, readers: Readers, host: PageHost) -> None:
    room.post("The first")
    room.post("[see](#1)")
    url = host.article("/based", snippet(room.server.url, room.key), head='<base href="/">')
    page = readers.open(url)
    widget = Widget(page).ready()
    widget.comment("see").get_by_role("link", name="see").click()
    expect(page).to_have_url(f"{url}#comment-1")
    expect(widget.comment("The first")).to_be_focused()
    widget.comment("see").get_by_role("link", name="#2").click()
    expect(page).to_have_url(f"{url}#comment-2")


def test_the_pages_own_anchors_are_its_own(room: Room, readers: Readers, host: PageHost) -> None:
    """A footnote's #1 is a footnote; where the page has none, it is a comment as ever."""
    room.fill(30)
    body = '<p id="1">A footnote.</p>' + snippet(room.server.url, room.key)
    page = readers.open(host.article("/notes", body) + "#1")
    widget = Widget(page).ready()
    widget.shows(list(range(30, 0, -1)))
    expect(widget.comment("Comment 1,")).not_to_be_focused()
    page.evaluate("location.hash = '#2'")
    expect(widget.comment("Comment 2,")).to_be_focused()


def test_a_name_that_is_typed_later_keeps_what_was_written(room: Room, readers: Readers) -> None:
    widget = Widget(readers.open(room.url)).ready()
    widget.say("Without a name")
    widget.shows([1])
    widget.say("With one", name="Nina")
    widget.shows([2, 1])
    expect(widget.comment("With one").locator(".name")).to_have_text("Nina")
    widget.mine("With one", "Edit").click()
    area = widget.root.get_by_role("textbox", name="Edit comment #2")
    area.fill("With a name")
    widget.button("Save").click()
    expect(widget.comment("With a name")).to_be_visible()
    widget.mine("Without a name", "Delete").click()
    widget.button("Delete").click()
    expect(widget.comment("Deleted by its author")).to_be_visible()
    expect(widget.notice("problem")).to_be_hidden()


def test_the_next_comment_can_be_written_at_once(room: Room, readers: Readers) -> None:
    """With the keyboard alone, in a chat as on a page."""
    for order in ("newest", "chat"):
        page = readers.open(room.url)
        page.evaluate(f"document.querySelector('hubbub-thread').setAttribute('order', '{order}')")
        widget = Widget(page).ready()
        widget.area.click()
        for text in (f"{order} one", f"{order} two"):
            page.keyboard.type(text)
            page.keyboard.press("Control+Enter")
            expect(widget.comment(text).locator(".number")).to_be_visible()
        expect(widget.root.get_by_role("status").filter(has_text="Comment posted.")).to_be_attached()


def test_comments_come_where_no_websocket_does(room: Room, readers: Readers, host: PageHost) -> None:
    room.post("The first")
    readers.allow(ANY)
    page = readers.profile().new_page()
    page.route_web_socket("**/api/v1/live", lambda socket: socket.close())
    said = hubbub_says(page)
    page.goto(host.article("/no-upgrade", snippet(room.server.url, room.key)))
    widget = Widget(page).ready()
    room.post("Written elsewhere")
    widget.say("Written here")  # whoever writes asks at once, and need not wait for the next time
    widget.shows([3, 2, 1])
    expect(widget.notice("offline")).to_be_hidden()
    widget.mine("Written here", "Delete").click()
    widget.button("Delete").click()
    expect(widget.comment("Deleted by its author")).to_be_visible()
    assert [html for html in room.bodies() if "Written here" in html] == []
    assert len(said) == 1
    assert "to pass Upgrade on" in said[0]


def test_what_becomes_of_a_held_comment_is_seen_where_no_websocket_comes(
    room: Room, readers: Readers, host: PageHost
) -> None:
    room.api.call("PATCH", f"/api/v1/threads/{room.id}", {"hold": "all"}, token=room.moderator).ok()
    readers.allow(ANY)
    page = readers.profile().new_page()
    page.clock.install()
    page.route_web_socket("**/api/v1/live", lambda socket: socket.close())
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("limit=1") else None)
    page.goto(host.article("/held", snippet(room.server.url, room.key)))
    widget = Widget(page).ready()
    own = widget.root.locator("li.comment:has(.plain)")
    for text in ("Let through", "Refused"):
        widget.say(text)
        expect(own.filter(has_text=text)).to_contain_text("Others do not see it yet.")
    queue = room.api.get("/api/v1/sites/demo/queue", token=room.moderator).ok()["cards"]
    for card in queue:
        path = f"/api/v1/comments/{card['comment']['id']}"
        if card["comment"]["body"] == "Let through":
            room.api.call("POST", f"{path}/approve", token=room.moderator).ok()
        elif card["comment"]["body"] == "Refused":
            room.api.call("DELETE", path, {"reason": "Not here."}, token=room.moderator).ok()
    page.clock.fast_forward(20_000)
    expect(own).to_have_count(1)
    expect(own.filter(has_text="Refused")).to_contain_text("Removed by a moderator: Not here.")
    expect(widget.list.locator("li.comment .number")).to_have_text(["#1"])
    asked.clear()
    with page.expect_response(re.compile("/events[?]")):
        page.clock.fast_forward(20_000)
    assert asked == [], "nothing waits any more"


def test_a_page_without_an_origin_says_so(room: Room, readers: Readers, host: PageHost) -> None:
    inner = host.article("/inner", snippet(room.server.url, room.key))
    readers.allow(ANY)
    page = readers.profile().new_page()
    said = hubbub_says(page)
    page.goto(host.article("/sandbox", f'<iframe sandbox="allow-scripts" src="{inner}" height="500"></iframe>'))
    root = page.frame_locator("iframe").locator("hubbub-thread")
    expect(root.locator(".notice.offline")).to_have_text(NOT_NOW)
    eventually(lambda: len(said) == 1, "the publisher is told once")
    assert "allow-same-origin" in said[0]


def test_a_policy_that_keeps_comments_out_says_so(room: Room, readers: Readers, host: PageHost) -> None:
    url = room.server.url
    headers = {"Content-Security-Policy": f"default-src 'self'; script-src {url}"}
    readers.allow(ANY)
    page = readers.profile().new_page()
    said = hubbub_says(page)
    page.goto(host.article("/policy", snippet(url, room.key), headers=headers))
    expect(Widget(page).notice("offline")).to_have_text(NOT_NOW)
    wanted = f"connect-src {url} {url.replace('http', 'ws', 1)}"
    eventually(lambda: any(text.endswith(wanted) for text in said), "the publisher is told what to add")


def test_one_wrong_element_takes_no_other_down(room: Room, readers: Readers, host: PageHost) -> None:
    room.post("The first")
    url = room.server.url
    readers.allow(re.compile(r"^error: \[hubbub\]"))
    count = '<hubbub-count site="demo" key="{key}" {more}>…</hubbub-count>'
    body = snippet(url, room.key) + '<hubbub-thread site="demo" host="c.example">From the server.</hubbub-thread>'
    body += "".join(
        count.format(key=key, more=more)
        for key, more in ((room.key, 'host="c.example"'), ("/\u202a", ""), (room.key, f'host="{url[5:]}"'))
    )
    page = readers.open(host.article("/mixed", body))
    expect(page.locator("hubbub-count")).to_have_text(["…", "…", "1 comment"])
    Widget(page, page.locator("hubbub-thread").first).ready()
    wrong = page.locator("hubbub-thread").last
    expect(wrong).to_contain_text("From the server.")
    expect(wrong.get_by_text(NOT_NOW)).to_be_visible()
