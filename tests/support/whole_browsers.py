"""Whole browsers: Firefox over WebDriver BiDi, WebKit's MiniBrowser, the nearest thing to Safari, over WebDriver
(https://www.w3.org/TR/webdriver-bidi/, /webdriver2/), and Chromium with all that its headless shell leaves out."""

import itertools
import json
import os
import re
import signal
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Error, Frame, Page
from websockets.sync.client import ClientConnection, connect

from tests.support import plain_http
from tests.support.contract import eventually
from tests.support.ports import free_port

PATIENCE = 60.0  # s for a cold browser on a busy machine
FIREFOX = "firefox-esr"
WEBKIT_DRIVER = "WebKitWebDriver"
ENTER = "\ue007"  # as WebDriver says it
# What a fresh profile would otherwise do: ask, fetch, and show pages of its own.
PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.aboutwelcome.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.cookie.cookieBehavior": 1,  # frames of other sites may keep nothing: cookies, nor storage
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}
CHROMIUM_PREFERENCES = {"profile": {"block_third_party_cookies": True, "cookie_controls_mode": 1}}  # the same

_BIDI = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class WholeBrowser(ABC):
    """One tab, or a frame in it."""

    @abstractmethod
    def open(self, url: str) -> None:
        """Loads a page."""

    @abstractmethod
    def run(self, expression: str) -> Any:
        """What a JavaScript expression gives on the page, as JSON."""

    @abstractmethod
    def type(self, text: str) -> None:
        """Presses the keys of `text`, one after the other, where the focus is."""

    @abstractmethod
    def frame(self) -> "WholeBrowser":
        """The first frame of the page that is open now."""

    @abstractmethod
    def tab(self) -> "WholeBrowser":
        """Another tab, of the same profile."""

    @abstractmethod
    def close(self) -> None:
        """Closes this tab."""

    def back(self) -> None:
        """Goes to the page before."""
        self.run("history.back()")

    def sees(self, expression: str) -> None:
        """Waits until an expression is true."""
        eventually(lambda: self.run(f"!!({expression})") is True, expression)


class Chromium(WholeBrowser):
    """Over Playwright."""

    def __init__(self, page: Page, frame: Frame | None = None) -> None:
        self._page = page
        self._frame = frame or page.main_frame

    def open(self, url: str) -> None:
        """See WholeBrowser."""
        self._page.goto(url)

    def run(self, expression: str) -> Any:
        """See WholeBrowser."""
        while True:
            try:
                return self._frame.evaluate(expression)
            except Error as error:
                if "because of a navigation" not in error.message:
                    raise

    def type(self, text: str) -> None:
        """See WholeBrowser."""
        for key in text:
            self._page.keyboard.press("Enter" if key == ENTER else key)

    def frame(self) -> WholeBrowser:
        """See WholeBrowser."""
        return Chromium(self._page, self._frame.child_frames[0])

    def tab(self) -> WholeBrowser:
        """See WholeBrowser."""
        return Chromium(self._page.context.new_page())

    def close(self) -> None:
        """See WholeBrowser."""
        self._page.close()


class _Bidi:
    """Commands over one WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)

    def do(self, method: str, **params: object) -> Any:
        """What the browser answers."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(timeout=PATIENCE))
            if said.get("id") == number:
                assert said["type"] == "success", said
                return said["result"]


class Firefox(WholeBrowser):
    """Over WebDriver BiDi; `context` is the tab's or the frame's."""

    def __init__(self, bidi: _Bidi, context: str) -> None:
        self._bidi = bidi
        self._context = context

    def open(self, url: str) -> None:
        """See WholeBrowser."""
        self._do("browsingContext.navigate", url=url, wait="complete")

    def run(self, expression: str) -> Any:
        """See WholeBrowser."""
        target = {"context": self._context}
        code = f"JSON.stringify(({expression}) ?? null)"
        done = self._bidi.do("script.evaluate", expression=code, target=target, awaitPromise=True)
        assert done["type"] == "success", done["exceptionDetails"]["text"]
        return json.loads(done["result"]["value"])

    def type(self, text: str) -> None:
        """See WholeBrowser."""
        self._do("input.performActions", actions=[_keys(text)])

    def frame(self) -> WholeBrowser:
        """See WholeBrowser."""
        (tree,) = self._bidi.do("browsingContext.getTree", root=self._context)["contexts"]
        return Firefox(self._bidi, tree["children"][0]["context"])

    def tab(self) -> WholeBrowser:
        """See WholeBrowser."""
        return Firefox(self._bidi, self._bidi.do("browsingContext.create", type="tab")["context"])

    def close(self) -> None:
        """See WholeBrowser."""
        self._do("browsingContext.close")

    def _do(self, method: str, **params: object) -> Any:
        return self._bidi.do(method, context=self._context, **params)


class _Session:
    """A session over HTTP. Its commands are for one place: `at` is the window's handle, and the number of a frame."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        (program,) = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))
        options = {"binary": str(program), "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._path = ""
        self._path = f"/{self.do('POST', '', capabilities=wanted)['sessionId']}"
        self.window: str = self.do("GET", "/window")
        self._at: tuple[str, int | None] = self.window, None

    def go(self, window: str, frame: int | None) -> None:
        """Makes this the place."""
        if self._at != (window, frame):
            self.do("POST", "/window", handle=window)
            self.do("POST", "/frame", id=None)
            if frame is not None:
                self.do("POST", "/frame", id=frame)
            self._at = window, frame

    def do(self, method: str, path: str, **params: object) -> Any:
        """What the browser answers."""
        answer = self._http.request(method, f"/session{self._path}{path}", json=params if method == "POST" else None)
        assert answer.is_success, answer.text
        return answer.json()["value"]


class WebKit(WholeBrowser):
    """Over WebDriver."""

    def __init__(self, session: _Session, window: str, frame: int | None = None) -> None:
        self._session = session
        self._place = window, frame

    def open(self, url: str) -> None:
        """See WholeBrowser."""
        self._do("/url", url=url)

    def back(self) -> None:
        """See WholeBrowser. A script that goes back, and one that runs meanwhile, may never be answered."""
        self._do("/back")

    def run(self, expression: str) -> Any:
        """See WholeBrowser."""
        return json.loads(self._do("/execute/sync", script=f"return JSON.stringify(({expression}) ?? null)", args=[]))

    def type(self, text: str) -> None:
        """See WholeBrowser."""
        self._do("/actions", actions=[_keys(text)])

    def frame(self) -> WholeBrowser:
        """See WholeBrowser."""
        return WebKit(self._session, self._place[0], 0)

    def tab(self) -> WholeBrowser:
        """See WholeBrowser."""
        return WebKit(self._session, self._do("/window/new", type="tab")["handle"])

    def close(self) -> None:
        """See WholeBrowser."""
        self._session.go(*self._place)
        self._session.do("DELETE", "/window")

    def _do(self, path: str, **params: object) -> Any:
        self._session.go(*self._place)
        return self._session.do("POST", path, **params)


def _keys(text: str) -> dict[str, object]:
    presses = [{"type": kind, "value": key} for key in text for kind in ("keyDown", "keyUp")]
    return {"type": "key", "id": "keyboard", "actions": presses}


@contextmanager
def firefox() -> Iterator[WholeBrowser]:
    """Debian's Firefox ESR without a screen, with a profile of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
        Path(profile, "user.js").write_text("\n".join(lines))
        words = [FIREFOX, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"]
        with _process(words, {"HOME": profile}) as log:
            eventually(lambda: bool(_BIDI.search(log.read_text())), "Firefox says where it listens")
            (address,) = _BIDI.findall(log.read_text())
            with connect(f"{address}/session", max_size=None) as socket:
                bidi = _Bidi(socket)
                bidi.do("session.new", capabilities={})
                yield Firefox(bidi, bidi.do("browsingContext.getTree")["contexts"][0]["context"])


@contextmanager
def webkit() -> Iterator[WholeBrowser]:
    """WebKitGTK's MiniBrowser on a screen that nobody sees."""
    port = free_port()
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        screen = stack.enter_context(_screen())
        env = {"HOME": home, "DISPLAY": screen, "XDG_RUNTIME_DIR": home, "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
        stack.enter_context(_process([WEBKIT_DRIVER, f"--port={port}"], env))
        http = plain_http.client(base_url=f"http://127.0.0.1:{port}")
        stack.enter_context(http)
        eventually(partial(_is_up, http), "WebKit's driver answers")
        session = _Session(http)
        stack.callback(session.do, "DELETE", "")
        yield WebKit(session, session.window)


def _is_up(http: httpx.Client) -> bool:
    try:
        return http.get("/status").is_success
    except httpx.TransportError:
        return False


@contextmanager
def _screen() -> Iterator[str]:
    """The name of an X display."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1280x1000x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    try:
        with open(reading) as number:
            yield f":{number.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _process(words: list[str], env: dict[str, str]) -> Iterator[Path]:
    """A program and what it starts; yields the file of what it says."""
    with tempfile.NamedTemporaryFile() as log:
        program = subprocess.Popen(
            words, env={**os.environ, **env}, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield Path(log.name)
        finally:
            os.killpg(program.pid, signal.SIGKILL)
            program.wait()
