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
from playwright.sync_api import Page
from websockets.sync.client import ClientConnection, connect

from tests.support.contract import eventually
from tests.support.ports import free_port
from tests.support.processes import NO_TLS

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
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}

_BIDI = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class WholeBrowser(ABC):
    """One window."""

    @abstractmethod
    def open(self, url: str) -> None:
        """Loads a page."""

    @abstractmethod
    def run(self, expression: str) -> Any:
        """What a JavaScript expression gives on the page, as JSON."""

    @abstractmethod
    def type(self, text: str) -> None:
        """Presses the keys of `text`, one after the other, where the focus is."""

    def sees(self, expression: str) -> None:
        """Waits until an expression is true."""
        eventually(lambda: self.run(f"!!({expression})") is True, expression)


class Chromium(WholeBrowser):
    """Over Playwright."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def open(self, url: str) -> None:
        """See WholeBrowser."""
        self._page.goto(url)

    def run(self, expression: str) -> Any:
        """See WholeBrowser."""
        return self._page.evaluate(expression)

    def type(self, text: str) -> None:
        """See WholeBrowser."""
        for key in text:
            self._page.keyboard.press("Enter" if key == ENTER else key)


class Firefox(WholeBrowser):
    """Over one WebSocket."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._do("session.new", capabilities={})
        self._context = self._do("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, url: str) -> None:
        """See WholeBrowser."""
        self._do("browsingContext.navigate", context=self._context, url=url, wait="complete")

    def run(self, expression: str) -> Any:
        """See WholeBrowser."""
        target = {"context": self._context}
        code = f"JSON.stringify(({expression}) ?? null)"
        done = self._do("script.evaluate", expression=code, target=target, awaitPromise=True)
        assert done["type"] == "success", done["exceptionDetails"]["text"]
        return json.loads(done["result"]["value"])

    def type(self, text: str) -> None:
        """See WholeBrowser."""
        self._do("input.performActions", context=self._context, actions=[_keys(text)])

    def _do(self, method: str, **params: object) -> Any:
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(timeout=PATIENCE))
            if said.get("id") == number:
                assert said["type"] == "success", said
                return said["result"]


class WebKit(WholeBrowser):
    """Over HTTP."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        (program,) = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser"))
        options = {"binary": str(program), "args": ["--automation"]}
        wanted = {"alwaysMatch": {"webkitgtk:browserOptions": options}}
        self._session = self._do("", capabilities=wanted)["sessionId"]

    def open(self, url: str) -> None:
        """See WholeBrowser."""
        self._do("/url", url=url)

    def run(self, expression: str) -> Any:
        """See WholeBrowser."""
        return json.loads(self._do("/execute/sync", script=f"return JSON.stringify(({expression}) ?? null)", args=[]))

    def type(self, text: str) -> None:
        """See WholeBrowser."""
        self._do("/actions", actions=[_keys(text)])

    def end(self) -> None:
        """Closes the window."""
        self._http.delete(f"/session/{self._session}")

    def _do(self, path: str, **params: object) -> Any:
        session = f"/session/{self._session}" if path else "/session"
        answer = self._http.post(f"{session}{path}", json=params)
        assert answer.is_success, answer.text
        return answer.json()["value"]


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
                yield Firefox(socket)


@contextmanager
def webkit() -> Iterator[WholeBrowser]:
    """WebKitGTK's MiniBrowser on a screen that nobody sees."""
    port = free_port()
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        screen = stack.enter_context(_screen())
        env = {"HOME": home, "DISPLAY": screen, "XDG_RUNTIME_DIR": home, "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}
        stack.enter_context(_process([WEBKIT_DRIVER, f"--port={port}"], env))
        http = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=PATIENCE, verify=NO_TLS)
        stack.enter_context(http)
        eventually(partial(_is_up, http), "WebKit's driver answers")
        browser = WebKit(http)
        stack.callback(browser.end)
        yield browser


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
