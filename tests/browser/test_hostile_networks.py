"""Browsers that forbid storage and networks that are slow: readers read, and what they post is stored once."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget
from tests.support.pages import PageHost

FORBID_STORAGE = """
  for (const name of ["localStorage", "sessionStorage", "indexedDB"])
    Object.defineProperty(window, name, { get() { throw new DOMException("Access is denied", "SecurityError"); } });
"""
SLOW_3G = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}


def forbidding(readers: Readers) -> BrowserContext:
    """A browser in which a page may not even touch its storage, as when all site data is blocked."""
    context = readers.profile()
    context.add_init_script(FORBID_STORAGE)
    return context


def test_without_storage_one_reads_writes_and_keeps_a_draft(
    room: Room, readers: Readers, host: PageHost, embedded: Callable[..., str]
) -> None:
    room.fill(2)
    page = forbidding(readers).new_page()
    page.goto(embedded())
    widget = Widget(page).ready()
    widget.shows([2, 1])
    widget.say("Kept nowhere", name="Ada")
    expect(widget.comment("Kept nowhere").locator(".number")).to_be_visible()
    widget.write("A draft")
    # The element is taken from the page and put back, as a page that changes without a load does.
    page.evaluate(
        """async () => {
          const element = document.querySelector("hubbub-thread"), parent = element.parentNode;
          element.remove();
          await new Promise((resolve) => setTimeout(resolve));
          parent.append(element);
        }"""
    )
    widget.ready()
    expect(widget.area).to_have_value("A draft")
    widget.mine("Kept nowhere", "Edit").wait_for(state="attached")  # still known as its author
    # In a frame, whose storage a browser forbids with third-party cookies.
    src = f"{room.server.url}/embed?site=demo&key={room.key}"
    page.goto(host.article(f"{room.key}/framed", f'<iframe src="{src}" height="800"></iframe>'))
    framed = Widget(page, page.frame_locator("iframe")).ready()
    framed.say("From a frame", name="Ada")
    expect(framed.comment("From a frame").locator(".number")).to_be_visible()
    framed.shows([4, 3, 2, 1])
    assert [sum(text in html for html in room.bodies()) for text in ("Kept nowhere", "From a frame")] == [1, 1]


def test_on_a_slow_network_a_comment_waits_and_is_stored_once(
    room: Room, readers: Readers, embedded: Callable[..., str]
) -> None:
    room.fill(2)
    context = readers.profile()
    readers.allow()
    page = context.new_page()
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.emulateNetworkConditions", SLOW_3G)
    page.goto(embedded())
    widget = Widget(page)
    widget.shows([2, 1])
    widget.ready().write("From a train", name="Ada")
    context.set_offline(True)
    widget.post_button.click()
    mine = widget.comment("From a train")
    expect(mine).to_be_visible()
    expect(mine.locator(".number")).to_have_count(0)
    context.set_offline(False)
    expect(mine.locator(".number")).to_be_visible()
    expect(mine).to_have_count(1)
    assert sum("From a train" in html for html in room.bodies()) == 1
