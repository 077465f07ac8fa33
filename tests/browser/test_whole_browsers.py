"""Every layout in whole browsers: read, write, hear what others write, and be locked out."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Playwright

from tests.browser.conftest import ARGS, CHROMIUM, START_MS
from tests.browser.rooms import Room
from tests.support.pages import PageHost, snippet
from tests.support.whole_browsers import ENTER, Chromium, WholeBrowser, firefox, webkit

BROWSERS: dict[str, Callable[[], AbstractContextManager[WholeBrowser]]] = {"firefox": firefox, "webkit": webkit}
ROOT = "document.querySelector('hubbub-thread').shadowRoot"
FIELD = f"{ROOT}.querySelector('.composer textarea')"
NUMBERS = f"[...{ROOT}.querySelectorAll('li.comment .number')].map((one) => one.textContent.replace('#', ''))"


@pytest.fixture(scope="module", params=["chromium", *BROWSERS])
def browser(request: pytest.FixtureRequest) -> Iterator[WholeBrowser]:
    """The browser, one for all layouts."""
    if request.param in BROWSERS:
        with BROWSERS[request.param]() as started:
            yield started
        return
    playwright: Playwright = request.getfixturevalue("playwright")
    with playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS, timeout=START_MS) as chromium:
        yield Chromium(chromium.new_page())


@pytest.mark.parametrize("layout", ["newest", "oldest", "threaded", "chat"])
def test_a_layout(layout: str, browser: WholeBrowser, room: Room, host: PageHost) -> None:
    room.fill(3, "Comment {n}")
    newest_first = layout in ("newest", "threaded")

    def shows(*numbers: int) -> str:
        order = sorted(numbers, reverse=newest_first)
        return f"{NUMBERS}.join() === '{','.join(map(str, order))}'"

    tag = snippet(room.server.url, room.key, attributes=f'layout="{layout}"')
    browser.open(host.article(f"{room.key}/{layout}", tag))
    browser.sees(f"{ROOT}?.querySelector('li.comment')")
    browser.sees(shows(1, 2, 3))
    browser.sees(f"{FIELD} && !{FIELD}.disabled")
    browser.run(f"{FIELD}.focus()")
    browser.type("Hello from here")
    browser.sees(f"{FIELD}.value === 'Hello from here'")
    if layout == "chat":
        browser.type(ENTER)
    else:
        browser.run(f"[...{ROOT}.querySelectorAll('button')].find((one) => one.textContent === 'Post comment').click()")
    browser.sees(shows(1, 2, 3, 4))
    assert "<p>Hello from here</p>" in room.bodies()[-1]
    room.post("And from there")
    browser.sees(shows(1, 2, 3, 4, 5))
    room.close()
    browser.sees(f"{ROOT}.querySelector('.notice.closed')?.textContent.includes('Sorry. Comments have been closed')")
    browser.sees(f"!{FIELD} || {FIELD}.disabled || {FIELD}.readOnly")
