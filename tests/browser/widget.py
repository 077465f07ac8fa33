"""A reader at a page: what can be seen of the widget there, and what hands can do with it."""

import json
import re

from playwright.sync_api import FrameLocator, Locator, Page, WebSocketRoute, expect

PATIENCE_MS = 30_000  # until a wait counts as failed; three times what the page itself waits between two tries

expect.set_options(timeout=PATIENCE_MS)

ACTIVE = """() => {
  let at = document.activeElement;
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
}"""


class Widget:
    """The comments on a page. `within` narrows it to a frame, or to one of several threads."""

    def __init__(self, page: Page, within: Locator | FrameLocator | None = None) -> None:
        self.page = page
        self.root = within if isinstance(within, Locator) else (within or page).locator("hubbub-thread")
        self.list = self.root.locator(".list")
        self.comments = self.list.locator("li.comment")
        self.area = self.root.get_by_role("textbox", name="Your comment")
        self.name = self.root.get_by_role("textbox", name="Name (optional)")
        self.post_button = self.button("Post comment")
        self.pill = self.list.locator(".pill")

    def ready(self) -> "Widget":
        """Waits until the thread is there and live, and what writers need is loaded."""
        expect(self.root.locator("header")).to_be_visible()
        expect(self.root.locator(".composer")).to_be_attached()
        return self

    def button(self, name: str, *, exact: bool = True) -> Locator:
        """A button by what a screen reader calls it."""
        return self.root.get_by_role("button", name=name, exact=exact)

    def notice(self, about: str) -> Locator:
        """The notice about `offline`, `closed` or `problem`."""
        return self.root.locator(f".notice.{about}")

    def comment(self, text: str) -> Locator:
        """The comment whose text, name or #number has `text`."""
        return self.comments.filter(has_text=text)

    def say(self, text: str, *, name: str | None = None) -> None:
        """Writes a comment, and presses the button."""
        self.write(text, name=name)
        self.post_button.click()

    def write(self, text: str, *, name: str | None = None) -> None:
        """Writes a comment, and a name: pasted but for the last key, since each key costs the browser a hundredth of a
        second."""
        self.area.focus()
        if name is not None:
            change = self.button("Change")
            if change.is_visible():
                change.click()
            self.name.fill(name)
        self.area.focus()
        self.page.keyboard.insert_text(text[:-1])
        self.area.press_sequentially(text[-1:])

    def numbers(self) -> list[int]:
        """The numbers of the comments on the page, from top to bottom; those on their way have none."""
        texts = self.list.locator("li.comment .number").all_text_contents()
        return [int(text.removeprefix("#")) for text in texts]

    def shows(self, numbers: list[int]) -> None:
        """Waits until exactly these comments are there, in this order."""
        expect(self.list.locator("li.comment .number")).to_have_text([f"#{number}" for number in numbers])

    def mine(self, text: str, action: str) -> Locator:
        """The button for `action` (Reply, Edit, Delete, Remove, Restore) of the comment with `text`."""
        return (
            self.comment(text).locator(".actions").get_by_role("button", name=re.compile(f"^{action} (comment #|to )"))
        )


def refuse_first(page: Page, cmd: str, code: str, *, retry_after: float | None = None) -> None:
    """Has the first live command `cmd` of the page refused, before the server hears of it."""
    refused: list[str] = []

    def stand_between(reader: WebSocketRoute) -> None:
        server = reader.connect_to_server()

        def forward(message: str | bytes) -> None:
            command = json.loads(message)
            if command["cmd"] != cmd or refused:
                server.send(message)
                return
            refused.append(cmd)
            error = {"code": code, "message": "Not now.", "retry_after": retry_after}
            reader.send(json.dumps({"re": command["ref"], "ok": False, "error": error}))

        reader.on_message(forward)

    page.route_web_socket("**/api/v1/live", stand_between)


def pause_clock(page: Page) -> None:
    """Stops the page's clock, which `page.clock.install()` made ours: what it waits for comes with `run_for` alone."""
    ahead = 20  # s: a clock is only set forward, and this machine may sleep for a while between these two calls
    page.clock.pause_at(page.evaluate("Date.now()") / 1000 + ahead)


def focused_label(page: Page) -> str:
    """What the element with focus is called, as far into shadow roots as it is."""
    told = page.evaluate(
        f"""() => {{
          const at = ({ACTIVE})();
          if (at === document.body) return "the page";
          return at.getAttribute("aria-label") || at.labels?.[0]?.textContent || at.textContent || at.tagName;
        }}"""
    )
    return str(told).strip()


def tab_until(page: Page, label: str, *, key: str = "Tab", limit: int = 60) -> list[str]:
    """Presses Tab until what is called `label` has focus; all that had it on the way."""
    seen: list[str] = []
    while len(seen) < limit:
        page.keyboard.press(key)
        seen.append(focused_label(page)[:40])
        if seen[-1].startswith(label):
            return seen
    raise AssertionError(f"expected to reach {label!r} with {key}; came by {seen}")
