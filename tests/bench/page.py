"""What the widget costs a reader's browser: `python -m tests.bench.page [--repeats N]`, in Chromium.

The table goes to a terminal; docs/performance.md has one under "In the browser".
"""

import argparse
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, CDPSession, Locator, Page, expect, sync_playwright
from rich.console import Console

from tests.bench.figures import Row, page_table, spread
from tests.bench.machine import description
from tests.bench.page_trace import Work, traced
from tests.browser.conftest import ARGS, CHROMIUM, START_MS
from tests.browser.rooms import Room, Rooms
from tests.browser.widget import Widget
from tests.support.contract import Live
from tests.support.pages import PageHost, snippet
from tests.support.server import Server

FIRST = 50  # comments that a page shows at first
MANY = 10_000
RATE, SECONDS = 50, 6  # comments a second, and for how long
BATCH = 500
PHONE = {"width": 390, "height": 844}
THROTTLE = 4  # times slower
LATENCY_MS = 50  # of its network, round trip
UNLIMITED = {"downloadThroughput": -1, "uploadThroughput": -1}
KEY_MS = 100  # from one key to the next
QUIET_MS = 500  # before and after a touch
WHOLE_MS = 1_500  # after a mount; what is looked up a second later is done by then
SCROLLED_PX, SPEED = 20_000, 3_000  # pixels, pixels a second
NOTE = """
window.noted = { shifts: 0, tasks: [], events: [] };
const note = (type, each, options = {}) =>
  new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...options });
note("layout-shift", ({ value }) => (noted.shifts += value));
note("longtask", ({ duration }) => noted.tasks.push(duration));
note("event", (entry) => entry.interactionId && noted.events.push(entry.duration), { durationThreshold: 16 });
"""
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
# In a task of the page's own; a frame after `ready` the first comments are on the screen.
MOUNT = """([host, key]) => setTimeout(() => {
  const readable = () => requestAnimationFrame(() => setTimeout(() => performance.mark("readable")));
  addEventListener("hubbub:ready", readable, { once: true });
  performance.mark("begin");
  const thread = document.createElement("hubbub-thread");
  for (const [name, value] of Object.entries({ site: "demo", key, host, eager: "" })) thread.setAttribute(name, value);
  document.querySelector("main").append(thread);
})"""
# From a touch of this button until a frame shows that it is at work; Event Timing waits for what the button brings.
BUSY = """(button) => {
  let touched;
  button.addEventListener("pointerdown", ({ timeStamp }) => (touched = timeStamp), { once: true });
  const painted = () => (noted.busy = performance.now() - touched);
  const busy = () => button.hasAttribute("aria-busy") && requestAnimationFrame(() => setTimeout(painted));
  new MutationObserver(busy).observe(button, { attributes: true });
}"""
# What the widget has drawn, as nodes and style alone.
DRAWING = """() => {
  const { innerHTML, adoptedStyleSheets } = document.querySelector("hubbub-thread").shadowRoot;
  return [innerHTML, adoptedStyleSheets.map(({ cssRules }) => [...cssRules].map(({ cssText }) => cssText).join(""))];
}"""
COPY = """([html, styles]) => setTimeout(() => {
  performance.mark("begin");
  const root = document.querySelector("main").appendChild(document.createElement("div")).attachShadow({ mode: "open" });
  root.adoptedStyleSheets = styles.map((css) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
    return sheet;
  });
  root.innerHTML = html;
})"""
ROWS = "() => document.querySelector('hubbub-thread').shadowRoot.querySelectorAll('li').length"
FRAMES = """() => {
  window.frames = [];
  const next = (at) => { frames.push(at); window.ticking = requestAnimationFrame(next); };
  window.ticking = requestAnimationFrame(next);
}"""
END_FRAMES = "() => { cancelAnimationFrame(ticking); return frames.slice(1).map((at, index) => at - frames[index]); }"


class Bench:
    """A server, a publisher's page host and a browser, for measurements one after the other."""

    def __init__(self, server: Server, host: PageHost, browser: Browser) -> None:
        self.server = server
        self._rooms = Rooms(server)
        self._host = host
        self.browser = browser

    def close(self) -> None:
        """Closes its connections."""
        self._rooms.close()

    def room(self, comments: int) -> Room:
        """A thread with so many comments."""
        room = self._rooms.make()
        room.fill(comments)
        return room

    def article(self, room: Room, body: str) -> str:
        """A publisher's page for it; its address."""
        return self._host.article(f"/{uuid.uuid4()}", body)

    @contextmanager
    def page(self, **options: Any) -> Iterator[tuple[Page, CDPSession]]:
        """A page of a new reader's, and the browser's own tools for it."""
        context = self.browser.new_context(**options)
        context.add_init_script(NOTE)
        page = context.new_page()
        yield page, context.new_cdp_session(page)
        context.close()

    def read(self, page: Page, room: Room) -> Widget:
        """Opens the comments, whole."""
        page.goto(self.article(room, snippet(self.server.url, room.key, attributes="eager")))
        widget = Widget(page).ready()
        expect(widget.root.get_by_role("combobox", name="Layout")).to_be_attached()
        page.evaluate(DRAWN)
        return widget


def mounted(bench: Bench) -> dict[str, float]:
    """CPU of the main thread, in ms: until the first comments are on the screen, and until all is done, the first time
    on a page and again when the scripts are there; its longest task; the layout shift; what the same nodes cost alone.
    """
    room = bench.room(FIRST)
    with bench.page() as (page, _):
        page.goto(bench.article(room, f'<script src="{bench.server.url}/embed.js"></script>'))
        page.wait_for_load_state("networkidle")
        first = _mount(bench, page, room)
        drawing = page.evaluate(DRAWING)
        page.evaluate("document.querySelector('hubbub-thread').remove()")
        again = _mount(bench, page, room)
        shift = page.evaluate("noted.shifts")
    with bench.page() as (page, _):
        page.goto(bench.article(room, ""))
        copied = traced(bench.browser, page, lambda: _do(page, COPY, drawing))
    return {
        "readable": sum(first.after("begin", "readable")),
        "mount": sum(first.after("begin")),
        "task": max(first.after("begin")),
        "readable again": sum(again.after("begin", "readable")),
        "again": sum(again.after("begin")),
        "copy": sum(copied.after("begin")),
        "shift": shift,
    }


def _mount(bench: Bench, page: Page, room: Room) -> Work:
    return traced(bench.browser, page, lambda: _do(page, MOUNT, [bench.server.url, room.key]))


def _do(page: Page, script: str, given: object) -> None:
    page.evaluate(script, given)
    page.wait_for_timeout(WHOLE_MS)


def busy(bench: Bench) -> dict[str, float]:
    """The longest task while 50 comments a second come in, in ms; 0 where none took 50."""
    room = bench.room(FIRST)
    with bench.page() as (page, _), Live(bench.server.url) as live:
        bench.read(page, room)
        page.evaluate("noted.tasks = []")
        live.do("hello", token=room.ann.token)
        begun = time.monotonic()
        for slice_ in range(SECONDS * 10):
            room.burst(live, ["One of many, which says a thing or two about the ferry."] * (RATE // 10))
            page.wait_for_timeout(max(0, (begun + (slice_ + 1) / 10 - time.monotonic()) * 1000))
        return {"busy": max(page.evaluate("noted.tasks"), default=0)}


def many(bench: Bench) -> dict[str, float]:
    """The heap before and after 10,000 arrivals, the rows then, and the frames while they are scrolled."""
    room = bench.room(FIRST)
    with bench.page() as (page, tools), Live(bench.server.url) as live:
        widget = bench.read(page, room)
        before = _heap(tools)
        live.do("hello", token=room.ann.token)
        for _ in range(MANY // BATCH):
            room.burst(live, ["One of many, which says a thing or two about the ferry."] * BATCH)
        expect(widget.root.locator("header")).to_contain_text(f"{MANY + FIRST:,}")
        widget.pill.click()
        expect(widget.comments.first).to_contain_text(f"#{MANY + FIRST}")
        page.evaluate(DRAWN)
        room.burst(live, ["The last."])  # the oldest are forgotten once the newest are in view
        expect(widget.comments.first).to_contain_text("The last.")
        page.evaluate(DRAWN)
        after = _heap(tools)
        page.evaluate(FRAMES)
        gesture = {"x": 300, "y": 300, "yDistance": -SCROLLED_PX, "speed": SPEED, "gestureSourceType": "mouse"}
        tools.send("Input.synthesizeScrollGesture", gesture)
        frames = page.evaluate(END_FRAMES)
        late = sum(1 for each in frames if each > 1000 / 60 * 1.5)
        return {
            "heap": (after - before) / 1e6,
            "rows": page.evaluate(ROWS),
            "fps": 1000 * len(frames) / sum(frames),
            "late": 100 * late / len(frames),
        }


def _heap(tools: CDPSession) -> float:
    tools.send("HeapProfiler.collectGarbage")
    return float(tools.send("Runtime.getHeapUsage")["usedSize"])


def touched(bench: Bench) -> dict[str, float]:
    """The slowest answer to each touch, and to the keys, on a phone that is four times slower, in ms; and to a field of
    the publisher's own in the same page, which is what a touch costs there without us."""
    room = bench.room(FIRST * 2)
    figures: dict[str, float] = {}
    with bench.page(viewport=PHONE, has_touch=True, is_mobile=True) as (page, tools):
        widget = bench.read(page, room)
        page.wait_for_timeout(WHOLE_MS)
        tools.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
        tools.send("Network.enable")
        tools.send("Network.emulateNetworkConditions", {"offline": False, "latency": LATENCY_MS, **UNLIMITED})
        page.evaluate("document.querySelector('main').prepend(document.createElement('textarea'))")

        def slowest(name: str) -> None:
            page.wait_for_timeout(QUIET_MS)
            figures[name] = page.evaluate("Math.max(0, ...noted.events.splice(0))")

        _tap(page, page.locator("main > textarea"))
        slowest("plain")
        _tap(page, widget.area)
        slowest("field")
        page.keyboard.type("Hello", delay=KEY_MS)
        slowest("keys")
        for row, name in ((2, "reply"), (4, "another")):
            _tap(page, widget.comments.nth(row).get_by_role("button", name="Reply"))
            slowest(name)
        page.evaluate("noted.tasks = []")
        older = widget.button("Show older comments")
        older.evaluate(BUSY)
        _tap(page, older)
        expect(widget.comments).to_have_count(FIRST * 2)
        page.evaluate(DRAWN)
        slowest("older drawn")
        figures["older"] = page.evaluate("noted.busy")
        return {**figures, "older task": max(page.evaluate("noted.tasks"), default=0)}


def _tap(page: Page, target: Locator) -> None:
    """Touches it, and looks for nothing meanwhile: what the harness does on the page would be part of the answer."""
    target.scroll_into_view_if_needed()
    box = target.bounding_box()
    assert box is not None
    page.wait_for_timeout(QUIET_MS)
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_timeout(QUIET_MS)


LINES = {
    "readable": ("50 comments are mounted: until the first can be read, CPU of the main thread", "ms", ""),
    "mount": ("· until all is done, a second and a half later", "ms", "≤ 50 ms"),
    "task": ("· the longest task", "ms", "≤ 50 ms"),
    "readable again": ("· another time on the same page: until the first can be read", "ms", ""),
    "again": ("· until all is done", "ms", "≤ 50 ms"),
    "copy": ("· the same nodes and style without script, put into a page", "ms", ""),
    "shift": ("· cumulative layout shift", "", "0"),
    "busy": ("50 comments a second for 6 s: the longest task over 50 ms", "ms", "none"),
    "heap": ("10,000 arrivals: the heap has grown by", "MB", "flat"),
    "rows": ("· rows on the page", "", "≤ 400"),
    "fps": ("· frames a second while 20,000 pixels are scrolled, at 3,000 a second", "", "60"),
    "late": ("· of these frames late by half a frame", "%", ""),
    "plain": ("a phone four times slower: the answer to a touch of a field of the publisher's own", "ms", ""),
    "field": ("· of the widget's field", "ms", "≤ 100 ms"),
    "keys": ("· to the slowest of five keys", "ms", "≤ 100 ms"),
    "reply": ("· to Reply", "ms", "≤ 100 ms"),
    "another": ("· to Reply at another comment", "ms", "≤ 100 ms"),
    "older": ("· to Show older comments, which says that it is at work", "ms", "≤ 100 ms"),
    "older drawn": ("· until these are on the screen, after a round trip", "ms", ""),
    "older task": ("· the longest task over 50 ms until these are drawn", "ms", "≤ 50 ms"),
}


def main() -> None:
    """Measures each, and prints the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.page", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    figures: dict[str, list[float]] = {name: [] for name in LINES}
    with (
        TemporaryDirectory() as directory,
        Server(Path(directory) / "data") as server,
        PageHost() as host,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS, timeout=START_MS)
        bench = Bench(server, host, browser)
        for measure in [mounted, busy, many, touched] * repeats:
            for name, value in measure(bench).items():
                figures[name].append(value)
        version = browser.version
        bench.close()
        browser.close()
    rows = [Row(what, spread(figures[name], unit), goal=goal) for name, (what, unit, goal) in LINES.items()]
    console = Console(width=160, soft_wrap=True)
    console.print(f"{description()}, Chromium {version}; median of {repeats} (least–most).")
    console.print(page_table(rows))


if __name__ == "__main__":
    main()
