"""Pictures of a demo article with live comments for the README: `python -m tests.browser.screenshots [DIRECTORY]`.

Writes light.png and dark.png (docs/images by default); with --all also phone, closed, moderator, offline, error, front
and a publisher's own page, for whoever works on the looks.
"""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser.conftest import ARGS, CHROMIUM
from tests.browser.rooms import Room, Rooms, moderator_storage
from tests.browser.widget import Widget
from tests.support.contract import Api
from tests.support.pages import PageHost, snippet
from tests.support.server import ROOT, Server

IMAGES = ROOT / "docs" / "images"
KEY = "/2026/11/22/the-last-ferry-will-wait"
SIZE: ViewportSize = {"width": 1000, "height": 1000}
PHONE: ViewportSize = {"width": 390, "height": 844}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
LARGEST = 200_000  # bytes, of a picture in the repository
LINES = [
    ("Nan Teague", "Reading this on the 22.05. We have just passed the gasworks, *eleven minutes late*."),
    ("Dov Marsh", "Then run for it one last time, for old times' sake. I'll wave."),
]


class Studio:
    """A demo server with a few people on it, and a browser to look with."""

    def __init__(self, server: Server, browser: Browser, out: Path) -> None:
        self.server = server
        self.rooms = Rooms(server)
        with Api(server.url) as api:
            thread = api.snapshot("demo", KEY)["thread"]["id"]
        self.room = Room(server, self.rooms.api, self.rooms.ann, self.rooms.moderator, KEY, thread)
        self._browser = browser
        self._out = out

    def open(
        self,
        url: str,
        *,
        scheme: Scheme = "light",
        storage: dict[str, str] | None = None,
        size: ViewportSize | None = None,
    ) -> Widget:
        """A page of a new reader's."""
        context = self._browser.new_context(color_scheme=scheme, viewport=size or SIZE)
        if storage:
            context.add_init_script(f"Object.assign(localStorage, {storage!r})")
        page = context.new_page()
        page.goto(url)
        return Widget(page)

    def talk(self) -> None:
        """Two readers say something, so that the newest comments are of this minute."""
        for name, text in LINES:
            self.room.post(text, who=self.room.api.session(name=name).token)

    def shoot(self, page: Page, name: str, at: str | None = "hubbub-thread") -> None:
        """Takes the picture with the element `at` at its top."""
        page.mouse.move(0, 0)
        if at:
            page.locator(at).first.evaluate("(e) => scrollTo(0, e.getBoundingClientRect().top + scrollY - 120)")
        path = self._out / f"{name}.png"
        page.screenshot(path=path, animations="disabled", caret="hide")
        print(f"{path}: {path.stat().st_size // 1000} kB")


def readme(studio: Studio) -> None:
    """The two pictures of the README: while one reader writes, comments have just come in."""
    widgets = {scheme: studio.open(studio.room.url, scheme=scheme).ready() for scheme in SCHEMES}
    studio.talk()
    for scheme, widget in widgets.items():
        expect(widget.comment(LINES[-1][1])).to_be_visible()
        widget.write("I'll bring the cake.", name="Petra K.")
        studio.shoot(widget.page, scheme)


def states(studio: Studio, host: PageHost) -> None:
    """Every state that a designer wants to see."""
    room = studio.room
    studio.shoot(studio.open(studio.server.url).page, "front", None)
    studio.shoot(studio.open(studio.server.url, size=PHONE).page, "front-phone", None)
    studio.shoot(studio.open(room.url).ready().page, "article", None)
    studio.shoot(studio.open(room.url, size=PHONE).ready().page, "phone")
    studio.shoot(studio.open(room.url, size=PHONE, scheme="dark").ready().page, "phone-dark")
    for take in (_moderator, _error, _reply, _pill, _closed, _offline):
        take(studio)
    _other_page(studio, host, "", "plain-page")
    _other_page(studio, host, 'order="chat"', "chat")


def _moderator(studio: Studio) -> None:
    widget = studio.open(studio.room.url, storage=moderator_storage(studio.room)).ready()
    widget.button("Close comments").click()
    widget.page.keyboard.type("The vote is over.")
    widget.mine(LINES[0][1][:10], "Remove").click()
    studio.shoot(widget.page, "moderator")


def _error(studio: Studio) -> None:
    widget = studio.open(studio.room.url).ready()
    widget.page.route("**/api/v1/sessions", lambda route: route.abort())
    widget.say("This one will not get through.")
    widget.area.fill("Far too long. " * 800)
    widget.post_button.click()
    expect(widget.root.get_by_role("alert").filter(has_text="too long")).to_be_visible()
    widget.area.evaluate("(area) => { area.style.height = '6em'; area.scrollTop = 1e6; }")
    studio.shoot(widget.page, "error")


def _reply(studio: Studio) -> None:
    widget = studio.open(studio.room.url).ready()
    widget.mine(LINES[0][1][:10], "Reply").click()
    studio.shoot(widget.page, "reply")


def _other_page(studio: Studio, host: PageHost, attributes: str, name: str) -> None:
    address = host.article(f"/{name}", snippet(studio.server.url, KEY, attributes=attributes))
    studio.shoot(studio.open(address).ready().page, name)


def _pill(studio: Studio) -> None:
    widget = studio.open(studio.room.url).ready()
    widget.comment("#4").first.scroll_into_view_if_needed()
    studio.room.post("Is anybody still up?")
    expect(widget.pill).to_be_visible()
    studio.shoot(widget.page, "pill", None)


def _closed(studio: Studio) -> None:
    writing, reading = (studio.open(studio.room.url).ready() for _ in range(2))
    writing.write("One more thing about the bench")
    studio.room.close()
    for name, widget in (("closed", reading), ("closed-draft", writing)):
        expect(widget.notice("closed")).to_be_visible()
        studio.shoot(widget.page, name)
    studio.room.reopen()


def _offline(studio: Studio) -> None:
    widget = studio.open(studio.room.url, scheme="dark").ready()
    widget.page.context.set_offline(True)
    expect(widget.notice("offline")).to_be_visible()
    widget.say("Hello?")
    studio.shoot(widget.page, "offline")


def main(words: list[str]) -> None:
    """Takes them all on a server of its own."""
    out = Path(next((word for word in words if not word.startswith("-")), IMAGES))
    out.mkdir(parents=True, exist_ok=True)
    with (
        TemporaryDirectory() as directory,
        Server(Path(directory) / "data") as server,
        PageHost() as host,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        studio = Studio(server, browser, out)
        readme(studio)
        if "--all" in words:
            states(studio, host)
        studio.rooms.close()
        browser.close()
    too_large = [name for name in SCHEMES if (out / f"{name}.png").stat().st_size > LARGEST]
    assert not too_large, f"over {LARGEST} bytes: {too_large}"


if __name__ == "__main__":
    main(sys.argv[1:])
