"""The best comments first, as a reader of a real server has them."""

from playwright.sync_api import expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget


def test_the_best_come_first_and_stay_where_they_are(room: Room, readers: Readers) -> None:
    first, second, third = (room.post(text) for text in ("One", "Two", "Three"))

    def vote(comment: dict[str, str], voters: int) -> None:
        for number in range(voters):
            token = room.api.session(name=f"Voter {number}").token
            room.api.call("POST", f"/api/v1/comments/{comment['id']}/vote", {"value": 1}, token=token).ok()

    vote(first, 2)
    vote(third, 1)
    widget = Widget(readers.open(room.url)).ready()
    widget.shows([3, 2, 1])
    layout = widget.root.get_by_role("combobox", name="Layout")
    layout.select_option("Best first")
    widget.shows([1, 3, 2])
    vote(second, 3)
    expect(widget.comment("Two").get_by_role("button", name="Vote up")).to_have_attribute("data-count", "3")
    room.post("Four")
    expect(widget.pill).to_be_visible()
    widget.shows([1, 3, 2])
    widget.pill.click()
    widget.shows([4, 1, 3, 2])
    widget.button("Sort again").click()
    widget.shows([2, 1, 3, 4])
    widget.page.reload()
    widget.ready().shows([4, 3, 2, 1])
