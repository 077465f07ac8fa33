"""/examples: each way onto a page really works, and looks like part of it."""

import re

import pytest
from playwright.sync_api import Page, expect

from hubbub.demo.examples import EXAMPLES, Example
from tests.browser.conftest import Readers
from tests.browser.rooms import Rooms
from tests.support.contract import Json, eventually

PLACES = {"frame": "iframe", "scheme": "iframe", "no-script": "iframe", "amp": "iframe"}
COUNT = re.compile(r"\d|No comments")
KEY = "/2026/11/22/my-article"


@pytest.fixture(scope="module")
def thread(rooms: Rooms) -> Json:
    """The thread that all examples show."""
    query = {"site": "demo", "key": KEY}
    made: Json = rooms.api.send("GET", "/api/v1/threads", None, {"Origin": rooms.server.url}, query).ok()["thread"]
    return made


def look_for(page: Page, text: str, example: Example) -> None:
    """Waits until a comment is on the page."""
    place = page.frame_locator("#live iframe") if example.name in PLACES else page.locator("#live")
    if example.name == "no-script":
        page.reload()  # nothing comes by itself there
    elif example.name == "single-page" or example.runs == "single-page":
        page.get_by_role("button", name="My article").click()
    elif example.name == "drawer":
        page.get_by_text("Live chat").last.click()
    expect(place.get_by_text(text).first).to_be_visible()


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_a_comment_arrives(example: Example, rooms: Rooms, readers: Readers, thread: Json) -> None:
    if example.name == "no-script":
        readers.allow(re.compile("Blocked script execution"))
    page = readers.open(f"{rooms.server.url}/examples/{example.name}")
    expect(page.locator("pre code")).to_have_text(example.code.strip())
    if example.name == "count":
        expect(page.locator("#live hubbub-count")).to_contain_text(COUNT)
        shown = page.locator("#live hubbub-count").text_content()
    rooms.api.post(thread["id"], f"For {example.name}", token=rooms.ann.token).ok(201)
    if example.name == "count":
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # as one who comes back
        expect(page.locator("#live hubbub-count")).not_to_have_text(shown or "")
    else:
        look_for(page, f"For {example.name}", example)


def test_the_list_leads_to_all(rooms: Rooms, readers: Readers) -> None:
    page = readers.open(f"{rooms.server.url}/examples")
    for example in EXAMPLES:
        expect(page.get_by_role("link", name=example.title, exact=True)).to_have_attribute(
            "href", f"/examples/{example.name}"
        )


def test_a_frame_tells_its_height_as_amp_wants_it(rooms: Rooms, readers: Readers, thread: Json) -> None:
    page = readers.open(f"{rooms.server.url}/examples/amp")
    page.evaluate(
        """() => { window.heights = [];
          addEventListener("message", ({ data: { sentinel, type, height } }) => {
            if (sentinel === "amp" && type === "embed-size") heights.push(height); }); }"""
    )
    rooms.api.post(thread["id"], "One more line", token=rooms.ann.token).ok(201)
    # Not by `wait_for_function`, which the page's policy keeps from asking again.
    eventually(lambda: bool(page.evaluate("heights.at(-1) > 100")), "the frame tells its height")
