"""Several tabs of one browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocket, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget
from tests.support import plain_http

# A tab that is busy hears of the others too late.
DEAF = "addEventListener('storage', (event) => event.stopImmediatePropagation(), true)"


class Tab(Widget):
    """A tab with the room's page, and the sockets that it opened."""

    def __init__(self, context: BrowserContext, room: Room) -> None:
        super().__init__(context.new_page())
        self.sockets: list[WebSocket] = []
        self.page.on("websocket", lambda socket: self.sockets.append(socket))
        self.page.goto(room.url)
        self.ready()

    def leads(self) -> bool:
        """Whether it has a socket."""
        return any(not socket.is_closed() for socket in self.sockets)


def until(page: Page, condition: Callable[[], bool]) -> None:
    """Looks again and again, while Playwright hears of what its pages do."""
    for _ in range(600):
        if condition():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it never became true")


def connections(room: Room) -> int:
    """How many live connections the server has."""
    text = plain_http.get(f"{room.server.url}/metrics").text
    return int(float(text.split("\nhubbub_connections ")[1].split("\n")[0]))


def leader(tabs: list[Tab], room: Room) -> Tab:
    """The tab that has the one socket of all, once there is one."""
    until(tabs[0].page, lambda: [tab.leads() for tab in tabs].count(True) == 1 == connections(room))
    [found] = [tab for tab in tabs if tab.leads()]
    return found


def test_tabs_share_one_socket_that_another_takes_over(room: Room, readers: Readers) -> None:
    context = readers.profile()
    tabs = [Tab(context, room) for _ in range(3)]
    led = leader(tabs, room)
    followers = [tab for tab in tabs if tab is not led]
    followers[0].say("From a tab without a socket")
    room.post("From elsewhere")
    for tab in tabs:
        tab.shows([2, 1])
        expect(tab.root.locator(".pending")).to_have_count(0)
    led.page.close()
    room.post("While nobody led")
    followers[0].say("After it was closed")
    for tab in followers:
        expect(tab.comments).to_have_count(4)
        expect(tab.root.locator(".pending")).to_have_count(0)
    leader(followers, room)
    room.post("By one socket again")
    for tab in followers:
        expect(tab.comments).to_have_count(5)
    assert len(room.stored()) == 5


@pytest.mark.parametrize("offline", [False, True])
def test_a_draft_that_two_tabs_post_is_stored_once(room: Room, readers: Readers, offline: bool) -> None:
    readers.allow()
    context = readers.profile()
    context.add_init_script(DEAF)
    first = Widget(context.new_page())
    first.page.goto(room.url)
    first.ready().write("Written once")
    second = Widget(context.new_page())
    second.page.goto(room.url)
    expect(second.ready().area).to_have_value("Written once")
    context.set_offline(offline)
    for tab in (first, second):
        tab.post_button.click()
        expect(tab.area).to_have_value("")
    context.set_offline(False)
    room.post("The end")
    for tab in (first, second):
        expect(tab.comment("The end")).to_be_visible()
        expect(tab.root.locator(".pending")).to_have_count(0)
        expect(tab.comment("Written once")).to_have_count(1)
    assert [html for html in room.bodies() if "once" in html] == ["<p>Written once</p>"]
