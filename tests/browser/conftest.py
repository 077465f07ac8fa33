"""One browser for all tests here, one server a module, a thread of its own for each test, a profile for each reader."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Playwright, sync_playwright

from tests.browser.rooms import Room, Rooms
from tests.browser.widget import PATIENCE_MS
from tests.support.pages import PageHost, snippet
from tests.support.server import Server

CHROMIUM = "/usr/bin/chromium"
# The same without what draws windows: half the CPU time. test_whole_browsers.py has the whole one.
HEADLESS_SHELL = "/usr/bin/chromium-headless-shell"
ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What a cut line makes the browser itself write to the console.
CUT = re.compile(r"WebSocket connection to .* failed|Failed to load resource: net::ERR_")
# Said when a page goes while its socket still opens, as any page may at the end of a test.
GONE_EARLY = re.compile(r"WebSocket is closed before the connection is established")
START_MS = 120_000  # for a cold browser on a busy machine


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """Playwright itself. It owns the thread's event loop while it lives: no asyncio in these tests."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium, as a headless shell."""
    launched = playwright.chromium.launch(executable_path=HEADLESS_SHELL, args=ARGS, timeout=START_MS)
    yield launched
    launched.close()


@pytest.fixture(scope="package")
def host() -> Iterator[PageHost]:
    """A publisher's own web server, on an origin of its own."""
    with PageHost() as running:
        yield running


@pytest.fixture(scope="module")
def rooms(shared_server: Server) -> Iterator[Rooms]:
    """Threads on the module's server."""
    made = Rooms(shared_server)
    yield made
    made.close()


@pytest.fixture
def room(rooms: Rooms) -> Room:
    """A new article without comments."""
    return rooms.make()


class Readers:
    """Opens pages, each in a browser profile of its own, and notes what goes wrong in them.

    At the end of a test nothing may have gone wrong but what `allow` names: an error or warning on the console (a
    violated Content-Security-Policy is one), an exception, a dialog.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._allowed = [GONE_EARLY]
        self.faults: list[str] = []

    def profile(
        self, storage: dict[str, str] | None = None, browser: Browser | None = None, **options: Any
    ) -> BrowserContext:
        """A new profile; `storage` is in localStorage of every origin before any script runs."""
        context = (browser or self._browser).new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"exception: {error.error}"))
        context.on("dialog", self._dialog)
        if storage:
            context.add_init_script(
                f"if (location.protocol !== 'about:') Object.assign(localStorage, {json.dumps(storage)})"
            )
        self._contexts.append(context)
        return context

    def open(self, url: str, storage: dict[str, str] | None = None, **options: Any) -> Page:
        """Opens `url` in a new profile."""
        page = self.profile(storage, **options).new_page()
        page.goto(url)
        return page

    def allow(self, pattern: re.Pattern[str] = CUT) -> None:
        """Faults this test makes itself."""
        self._allowed.append(pattern)

    def close(self) -> None:
        """Closes all pages; AssertionError if anything went wrong."""
        for context in self._contexts:
            context.close()
        wrong = [fault for fault in self.faults if not any(pattern.search(fault) for pattern in self._allowed)]
        assert not wrong, f"went wrong in the pages: {wrong}"

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning", "assert"):
            self.faults.append(f"{message.type}: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def readers(browser: Browser) -> Iterator[Readers]:
    """Opens pages for readers, and checks at the end that nothing went wrong in them."""
    opened = Readers(browser)
    yield opened
    opened.close()


@pytest.fixture
def embedded(host: PageHost, room: Room) -> Callable[..., str]:
    """Makes a publisher's page that embeds the room's comments; its address."""

    def make(attributes: str = "", **options: Any) -> str:
        path = f"{room.key}/{abs(hash((attributes, str(options))))}"
        return host.article(path, snippet(room.server.url, room.key, attributes=attributes), **options)

    return make
