"""Bad days: a killed server, a cut line, a lost answer. Readers are told, and nothing is missed or doubled."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Playwright, WebSocketRoute, expect

from tests.browser.conftest import ARGS, CHROMIUM, START_MS, Readers
from tests.browser.rooms import Room, Rooms
from tests.browser.widget import Widget, pause_clock, refuse_first
from tests.support.contract import Live, eventually
from tests.support.pages import PageHost, snippet
from tests.support.server import Server

NOTICE_MS = (1500, 4000)  # 2 s are promised: no word about a blink, no long silence
DELAYED_MS = 10_000  # the page's patience, of its own clock

NOTE_CLOSE = """
  const Native = WebSocket;
  window.WebSocket = class extends Native {
    constructor(...rest) {
      super(...rest);
      this.addEventListener("close", () => { window.__down = true; });
    }
  };
"""


@pytest.fixture
def mortal(server: Server) -> Iterator[Room]:
    """A room on a server of the test's own, which may be killed."""
    rooms = Rooms(server)
    yield rooms.make()
    rooms.close()


def numbers_stored(room: Room) -> list[int]:
    """The numbers of the comments in storage, newest first."""
    return [comment["number"] for comment in reversed(room.stored())]


def test_a_killed_server_is_survived(mortal: Room, readers: Readers, host: PageHost) -> None:
    readers.allow()
    mortal.fill(5)
    address = host.article(mortal.key, snippet(mortal.server.url, mortal.key))
    hosted, other = pages = [Widget(readers.open(url)).ready() for url in (mortal.url, address)]
    for widget in pages:
        widget.shows([5, 4, 3, 2, 1])
    mortal.server.kill()
    for widget in pages:
        expect(widget.notice("offline")).to_be_visible()
    hosted.say("Written in the dark")
    expect(hosted.comment("Written in the dark")).to_contain_text("Sending…")
    mortal.server.start()
    mortal.fill(3, "After the restart {n}")
    for widget in pages:
        expect(widget.notice("offline")).to_be_hidden()
        expect(widget.comment("Written in the dark").locator(".number")).to_be_visible()
        expect(widget.comments).to_have_count(9)
        widget.shows(numbers_stored(mortal))
    assert sum("Written in the dark" in html for html in mortal.bodies()) == 1
    other.say("Both ways")
    expect(hosted.comment("Both ways")).to_be_visible()


def test_a_killed_server_under_load_misses_nothing(mortal: Room, readers: Readers) -> None:
    readers.allow()
    widget = Widget(readers.open(mortal.url)).ready()
    with Live(mortal.server.url) as live:
        live.do("hello", token=mortal.ann.token)
        mortal.burst(live, [f"Before {n}" for n in range(40)])
        for n in range(40):  # on their way when it dies: each is stored or it is not
            live.send("post", thread=mortal.id, id=f"00000000-0000-4000-8000-{n:012}", body=f"During {n}")
        mortal.server.kill()
    mortal.server.start()
    mortal.fill(20, "After {n}")
    widget.shows(numbers_stored(mortal))
    assert widget.numbers() == list(range(len(widget.numbers()), 0, -1))
    expect(widget.comment("After ")).to_have_count(20)
    expect(widget.comment("Before ")).to_have_count(40)


def delayed(room: Room, readers: Readers, text: str) -> tuple[Widget, Locator]:
    """A page, and a second comment there that its server was too dead to take."""
    readers.allow()
    page = readers.profile().new_page()
    page.clock.install()
    page.goto(room.url)
    widget = Widget(page).ready()
    widget.say("First")  # makes the session, so that all that is missing later is the line
    widget.shows([1])
    room.server.kill()
    widget.say(text)
    late = widget.comment(text)
    expect(late).to_contain_text("Sending…")
    page.clock.fast_forward(DELAYED_MS)
    return widget, late


def test_a_delay_is_said_and_the_comment_is_stored_once(mortal: Room, readers: Readers) -> None:
    widget, late = delayed(mortal, readers, "Second")
    expect(late).to_contain_text("Delayed. It will be sent as soon as possible.")
    expect(late.get_by_role("alert")).to_have_count(0)
    mortal.server.start()
    expect(late.locator(".number")).to_have_text("#2")
    widget.shows([2, 1])
    assert len(mortal.stored()) == 2


def test_a_first_comment_goes_out_though_its_session_failed_once(room: Room, readers: Readers) -> None:
    """One request by HTTP is cut while the live connection holds: nothing comes back that could wake the comment."""
    readers.allow()
    page = readers.profile().new_page()
    page.route("**/api/v1/sessions", lambda route: route.abort("connectionreset"), times=1)
    page.goto(room.url)
    widget = Widget(page).ready()
    widget.say("My first words")
    expect(widget.comment("My first words").locator(".number")).to_have_text("#1")
    assert len(room.stored()) == 1


def test_a_join_that_a_reset_overtook_is_made_again(room: Room, readers: Readers) -> None:
    room.post("Told after all")
    page = readers.profile().new_page()
    refuse_first(page, "join", "reset")
    page.goto(room.url)
    widget = Widget(page).ready()
    widget.shows([1])
    expect(widget.notice("problem")).to_be_hidden()


def test_what_is_delayed_goes_back_to_the_editor(mortal: Room, readers: Readers) -> None:
    widget, late = delayed(mortal, readers, "Second thoughts")
    late.get_by_role("button", name="Back to the editor").click()
    expect(widget.area).to_have_value("Second thoughts")
    mortal.server.start()
    expect(widget.notice("offline")).to_be_hidden()
    widget.shows([1])


def test_a_reload_keeps_what_was_not_sent(mortal: Room, readers: Readers, host: PageHost) -> None:
    readers.allow()
    address = host.article(mortal.key, snippet(mortal.server.url, mortal.key))
    page = readers.open(address)
    widget = Widget(page).ready()
    widget.say("First")
    widget.shows([1])
    mortal.server.kill()
    widget.say("Through thick and thin")
    expect(widget.comment("Through thick and thin")).to_contain_text("Sending…")
    page.goto(host.article("/elsewhere", "<p>Elsewhere.</p>"))  # before there is a server that it could go out to
    mortal.server.start()
    page.goto(address)
    kept = widget.ready().comment("Through thick and thin")
    expect(kept.locator(".number")).to_have_text("#2")
    widget.shows([2, 1])
    assert len(mortal.stored()) == 2


def test_a_lost_answer_does_not_double_a_comment(mortal: Room, readers: Readers) -> None:
    """Stored, but the server dies before the page hears of it: the page finds it, or sends it under the same id."""
    readers.allow()
    page = readers.profile().new_page()
    ids: list[str] = []
    killed: list[WebSocketRoute] = []

    def die_after_first_post(reader: WebSocketRoute) -> None:
        server = reader.connect_to_server()

        def forward(message: str | bytes) -> None:
            command = json.loads(message)
            if command["cmd"] == "post":
                ids.append(command["id"])
            server.send(message)

        def back(message: str | bytes) -> None:
            if ids and not killed and ids[0] in str(message):
                killed.append(server)
                mortal.server.kill()
            if server not in killed:  # what had left the server before it died is lost as well
                reader.send(message)

        reader.on_message(forward)
        server.on_message(back)

    page.route_web_socket("**/api/v1/live", die_after_first_post)
    page.goto(mortal.url)
    widget = Widget(page).ready()
    widget.say("Once and for all")
    expect(widget.notice("offline")).to_be_visible()
    mortal.server.start()
    expect(widget.comment("Once and for all").locator(".number")).to_have_text("#1")
    expect(widget.comments).to_have_count(1)
    assert len(mortal.stored()) == 1
    assert len(set(ids)) == 1, "expected the same id at every try"


def test_the_notice_comes_after_two_seconds(mortal: Room, readers: Readers) -> None:
    readers.allow()
    context = readers.profile()
    context.add_init_script(NOTE_CLOSE)
    page = context.new_page()
    page.clock.install()
    page.goto(mortal.url)
    widget = Widget(page).ready()
    pause_clock(page)
    mortal.server.kill()
    eventually(lambda: bool(page.evaluate("window.__down")), "the line is down")
    page.clock.run_for(NOTICE_MS[0])
    assert not widget.notice("offline").is_visible(), "expected no word about a blink"
    page.clock.run_for(NOTICE_MS[1] - NOTICE_MS[0])
    assert widget.notice("offline").is_visible(), "expected the reader to be told"
    expect(widget.notice("offline")).to_have_text("Connection lost. Trying again…")
    mortal.server.start()
    page.clock.resume()
    expect(widget.notice("offline")).to_be_hidden()


def test_a_planned_restart_is_no_alarm(mortal: Room, readers: Readers) -> None:
    readers.allow()
    widget = Widget(readers.open(mortal.url)).ready()
    mortal.fill(3)
    widget.shows([3, 2, 1])
    mortal.server.restart()
    mortal.fill(2)
    widget.shows([5, 4, 3, 2, 1])
    expect(widget.notice("offline")).to_be_hidden()
    expect(widget.notice("problem")).to_be_hidden()


def test_without_network_the_reader_is_told(room: Room, readers: Readers) -> None:
    readers.allow()
    context = readers.profile()
    page = context.new_page()
    page.goto(room.url)
    widget = Widget(page).ready()
    context.set_offline(True)
    widget.say("Into the tunnel")
    form = page.locator(".composer")
    before = form.bounding_box()
    expect(widget.notice("offline")).to_be_visible()
    assert form.bounding_box() == before, "expected the field to stay where it is"
    room.post("Outside life goes on")
    context.set_offline(False)
    expect(widget.notice("offline")).to_be_hidden()
    expect(widget.comment("Into the tunnel").locator(".number")).to_be_visible()
    expect(widget.comment("Outside life goes on")).to_be_visible()
    widget.shows([2, 1])


def test_the_way_back_is_live_again(
    room: Room, readers: Readers, playwright: Playwright, embedded: Callable[..., str], host: PageHost
) -> None:
    """Back from another page, out of the browser's back/forward cache: what was missed comes, and live goes on."""
    browser = playwright.chromium.launch(
        executable_path=CHROMIUM, args=ARGS, ignore_default_args=["--disable-back-forward-cache"], timeout=START_MS
    )
    page = readers.profile(browser=browser).new_page()
    page.add_init_script("addEventListener('pageshow', (event) => { window.__persisted = event.persisted; })")
    page.goto(embedded())
    widget = Widget(page).ready()
    page.evaluate("window.__mark = 'the same page'")
    page.goto(host.article("/elsewhere", "<p>Elsewhere.</p>"))
    room.post("Missed")
    page.evaluate("setTimeout(() => history.back())")  # afterwards, or the answer to this may go with the page
    expect(page).to_have_url(re.compile(re.escape(room.key)))
    expect(widget.comment("Missed")).to_be_visible()
    room.post("Live again")
    expect(widget.comment("Live again")).to_be_visible()
    assert page.evaluate("window.__mark") == "the same page", "expected the page out of the back/forward cache"
    widget.shows([2, 1])
    readers.close()
    browser.close()
