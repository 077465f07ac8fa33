"""The README's moving picture: two readers, a closing, a kill -9. `python -m tests.browser.moving_picture [FILE]`.

An animated PNG (PNG specification, third edition, 11.2.4), put together from Chromium's screenshots as they are.
"""

import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import ARGS, CHROMIUM
from tests.browser.widget import Widget
from tests.support.server import ROOT, Server

FILE = ROOT / "docs" / "images" / "live.png"
KEY = "/2026/11/22/the-last-ferry-will-wait"
LARGEST = 1_000_000  # bytes
SIGNATURE = b"\x89PNG\r\n\x1a\n"
LINE = "The 22.05 is on time tonight. Nobody knows what to do."
ANSWER = "Written just before the power went."
STAGE = """<style>
body {{ margin: 0; background: #e9e6df; font: 600 17px system-ui, "Noto Sans", "Liberation Sans", sans-serif }}
p {{ margin: 0; padding: 14px 20px; height: 24px; background: #1c1b19; color: #fff }}
div {{ display: grid; grid-template-columns: 1fr 1fr; gap: 12px; padding: 12px }}
iframe {{ width: 100%; height: 564px; border: 0; background: #fff }}
</style><p></p><div><iframe name="one" src="{one}"></iframe><iframe name="two" src="{two}"></iframe></div>"""


class Film:
    """Frames with their captions and lengths (in hundredths of a second)."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._frames: list[tuple[bytes, int]] = []

    def shoot(self, caption: str, hundredths: int) -> None:
        """Takes a frame."""
        self._page.evaluate("(text) => { document.querySelector('p').textContent = text; }", caption)
        self._frames.append((self._page.screenshot(animations="disabled", caret="hide"), hundredths))

    def apng(self) -> bytes:
        """The whole film, which begins again for ever."""
        first = dict(_chunks(self._frames[0][0]))
        width, height = struct.unpack(">II", first[b"IHDR"][:8])
        parts = [SIGNATURE, _chunk(b"IHDR", first[b"IHDR"]), _chunk(b"acTL", struct.pack(">II", len(self._frames), 0))]
        count = 0
        for frame, hundredths in self._frames:
            control = struct.pack(">IIIIIHHBB", count, width, height, 0, 0, hundredths, 100, 0, 0)
            parts.append(_chunk(b"fcTL", control))
            count += 1
            pixels = b"".join(data for kind, data in _chunks(frame) if kind == b"IDAT")
            pixels = zlib.compress(zlib.decompress(pixels), 9)
            if count == 1:
                parts.append(_chunk(b"IDAT", pixels))
            else:
                parts.append(_chunk(b"fdAT", struct.pack(">I", count) + pixels))
                count += 1
        return b"".join([*parts, _chunk(b"IEND", b"")])


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        size, kind = struct.unpack(">I4s", png[at : at + 8])
        yield kind, png[at + 8 : at + 8 + size]
        at += 12 + size


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def play(server: Server, page: Page) -> Film:
    """What the film shows."""
    path = f"/embed?{urlencode({'site': 'demo', 'key': KEY})}"
    other = server.url.replace("127.0.0.1", "localhost")  # another origin: another reader
    stage = STAGE.format(one=f"{server.url}{path}", two=f"{other}{path}")
    page.goto(f"{server.url}/healthz")
    page.evaluate("(html) => { document.documentElement.innerHTML = html; }", stage)
    one, two = (Widget(page, page.frame_locator(f"iframe[name={name}]")).ready() for name in ("one", "two"))
    film = Film(page)
    film.shoot("Two readers, each in a window", 180)
    one.write(LINE, name="Nan Teague")
    film.shoot("One writes …", 150)
    one.post_button.click()
    expect(two.comment(LINE)).to_be_visible()
    film.shoot("… and the other reads it at once", 250)
    server.close_thread(KEY, reason="The last boat has left. Good night.")
    for widget in (one, two):
        expect(widget.notice("closed")).to_be_visible()
    film.shoot("A moderator closes: every page locks at once", 300)
    server.reopen_thread(KEY)
    expect(two.post_button.or_(two.area)).to_be_visible()
    two.say(ANSWER, name="Dov Marsh")
    expect(one.comment(ANSWER)).to_be_visible()
    server.kill()
    for widget in (one, two):
        expect(widget.notice("offline")).to_be_visible()
    film.shoot("kill -9: the server is gone", 250)
    one.write("And this one in the dark.")
    one.post_button.click()
    film.shoot("Write on meanwhile …", 220)
    server.start()
    expect(two.comment("And this one in the dark.")).to_be_visible(timeout=60_000)
    film.shoot("It is back: everything is there, once. Nothing was lost", 400)
    return film


def main(words: list[str]) -> None:
    """Takes the picture on a server of its own."""
    out = Path(words[0]) if words else FILE
    with (
        TemporaryDirectory() as directory,
        Server(Path(directory) / "data") as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        page = browser.new_page(viewport={"width": 1000, "height": 640}, bypass_csp=True, color_scheme="light")
        out.write_bytes(play(server, page).apng())
        browser.close()
    assert out.stat().st_size <= LARGEST, f"over {LARGEST} bytes"


if __name__ == "__main__":
    main(sys.argv[1:])
