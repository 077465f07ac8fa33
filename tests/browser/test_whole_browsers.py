"""Whole browsers, which keep nothing for frames of other sites: layouts, a frame, tabs with one socket, coming back."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Playwright

from tests.browser.conftest import ARGS, CHROMIUM, START_MS
from tests.browser.rooms import Room
from tests.browser.test_tabs import connections
from tests.support.contract import eventually
from tests.support.pages import PageHost, snippet
from tests.support.whole_browsers import (
    CHROMIUM_PREFERENCES,
    ENTER,
    Chromium,
    Firefox,
    WebKit,
    WholeBrowser,
    firefox,
    webkit,
)

BROWSERS: dict[str, Callable[[], AbstractContextManager[WholeBrowser]]] = {"firefox": firefox, "webkit": webkit}
ROOT = "document.querySelector('hubbub-thread')?.shadowRoot"
FIELD = f"{ROOT}?.querySelector('.composer textarea')"
BUTTONS = f"[...{ROOT}.querySelectorAll('button')]"
POST = f"{BUTTONS}.find((one) => one.textContent === 'Post comment')"
OWN = f"{BUTTONS}.some((one) => one.getAttribute('aria-label')?.startsWith('Edit comment #'))"
NUMBERS = f"[...({ROOT}?.querySelectorAll('li.comment .number') ?? [])].map((one) => one.textContent.replace('#', ''))"


@pytest.fixture(scope="module", params=["chromium", *BROWSERS])
def browser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeBrowser]:
    """The browser, one for all layouts."""
    if request.param in BROWSERS:
        with BROWSERS[request.param]() as started:
            yield started
        return
    playwright: Playwright = request.getfixturevalue("playwright")
    profile = tmp_path_factory.mktemp("chromium")
    (profile / "Default").mkdir()
    (profile / "Default/Preferences").write_text(json.dumps(CHROMIUM_PREFERENCES))
    with playwright.chromium.launch_persistent_context(
        profile,
        executable_path=CHROMIUM,
        args=ARGS,
        ignore_default_args=["--disable-back-forward-cache"],
        timeout=START_MS,
    ) as chromium:
        yield Chromium(chromium.pages[0])


def write(browser: WholeBrowser, text: str) -> None:
    """Writes a comment, and posts it. (Keys come to no frame of WebKit's; test_a_layout presses them.)"""
    browser.sees(f"{FIELD} && !{FIELD}.disabled")
    events = "for (const kind of ['focusin', 'input']) field.dispatchEvent(new Event(kind, { bubbles: true }))"
    browser.run(f"((field) => {{ field.value = '{text}'; {events}; }})({FIELD})")
    browser.sees(POST)
    browser.run(f"{POST}.click()")


def shows(*numbers: int) -> str:
    """An expression: these comments are shown, from the top down."""
    return f"{NUMBERS}.join() === '{','.join(map(str, numbers))}'"


@pytest.mark.parametrize("layout", ["newest", "oldest", "threaded", "chat"])
def test_a_layout(layout: str, browser: WholeBrowser, room: Room, host: PageHost) -> None:
    room.fill(3, "Comment {n}")
    newest_first = layout in ("newest", "threaded")

    def all_of(count: int) -> str:
        return shows(*sorted(range(1, count + 1), reverse=newest_first))

    tag = snippet(room.server.url, room.key, attributes=f'layout="{layout}"')
    browser.open(host.article(f"{room.key}/{layout}", tag))
    browser.sees(f"{ROOT}?.querySelector('li.comment')")
    browser.sees(all_of(3))
    browser.sees(f"{FIELD} && !{FIELD}.disabled")
    browser.run(f"{FIELD}.focus()")
    browser.type("Hello from here")
    browser.sees(f"{FIELD}.value === 'Hello from here'")
    if layout == "chat":
        browser.type(ENTER)
    else:
        browser.run(f"[...{ROOT}.querySelectorAll('button')].find((one) => one.textContent === 'Post comment').click()")
    browser.sees(all_of(4))
    assert "<p>Hello from here</p>" in room.bodies()[-1]
    room.post("And from there")
    browser.sees(all_of(5))
    room.close()
    browser.sees(f"{ROOT}.querySelector('.notice.closed')?.textContent.includes('Sorry. Comments have been closed')")
    browser.sees(f"!{FIELD} || {FIELD}.disabled || {FIELD}.readOnly")


def test_what_another_site_brings_along(browser: WholeBrowser, room: Room, host: PageHost) -> None:
    """By script and in a frame. A frame's cookies and storage are those of a third party."""
    room.fill(2, "Comment {n}")
    server = room.server.url.replace("127.0.0.1", "localhost")  # to a browser this is another site
    frame = f'<iframe src="{server}/embed?site=demo&key={room.key}" style="width: 100%" height="800"></iframe>'
    article = host.article(f"{room.key}/framed", frame + snippet(server, room.key))
    browser.open(article)
    framed = browser.frame()
    framed.sees(shows(2, 1))
    write(framed, "From a frame")
    framed.sees(shows(3, 2, 1))
    framed.sees(OWN)
    write(browser, "By script")
    for widget in (browser, framed):
        widget.sees(shows(4, 3, 2, 1))
    assert room.bodies()[-2:] == ["<p>From a frame</p>", "<p>By script</p>"]
    browser.open(article)
    framed = browser.frame()
    for widget in (browser, framed):
        widget.sees(shows(4, 3, 2, 1))
    browser.sees(OWN)
    if isinstance(browser, WebKit):  # it keeps another storage for the frames of each site
        framed.sees(OWN)
        return
    assert not framed.run(OWN)
    write(framed, "As somebody else")
    framed.sees(shows(5, 4, 3, 2, 1))
    framed.sees(f"{ROOT}.textContent.includes('Your browser keeps nothing on this page')")


@pytest.mark.parametrize("browser", list(BROWSERS), indirect=True)  # Chromium: test_tabs.py
def test_tabs_share_one_socket_that_another_takes_over(browser: WholeBrowser, room: Room) -> None:
    """Its holder closes while a comment is on its way. All tabs but one are out of view, without frames to draw in."""
    first, second = browser.tab(), browser.tab()
    for tab in (first, second, browser):
        tab.open(room.url)
        tab.sees(f"location.href === '{room.url}' && {FIELD}")
    eventually(lambda: connections(room) == 1, "one socket for all")
    write(second, "From a tab without a socket")
    first.close()
    room.post("While another takes over")
    for tab in (second, browser):
        tab.sees(f"{NUMBERS}.length === 2")
    eventually(lambda: connections(room) == 1, "one socket for both")
    room.post("While nobody looks")
    for tab in (second, browser):
        tab.sees(shows(3, 2, 1))
    second.close()
    room.post("For the last")
    browser.sees(shows(4, 3, 2, 1))
    assert sum("without a socket" in html for html in room.bodies()) == 1


def test_a_page_that_one_comes_back_to_goes_on(browser: WholeBrowser, room: Room, host: PageHost) -> None:
    """Out of the back/forward cache, where the browser has one."""
    room.post("Before")
    browser.open(room.url)
    browser.sees(f"{FIELD} && {shows(1)}")
    browser.run("(window.kept = 1)")
    browser.open(host.article(f"{room.key}/elsewhere", ""))
    eventually(lambda: connections(room) == 0, "the page that was left has no socket")
    room.post("Meanwhile")
    browser.back()
    browser.sees(f"location.href === '{room.url}'")
    if not isinstance(browser, Firefox):  # it takes no page that had a socket
        assert browser.run("window.kept") == 1, "the page was loaded again"
    browser.sees(shows(2, 1))
    room.post("Live again")
    browser.sees(shows(3, 2, 1))
    write(browser, "Written here")
    browser.sees(shows(4, 3, 2, 1))
