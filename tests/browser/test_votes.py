"""Votes of several readers, some of whom lose the line: each page comes to the sums that storage has (G17)."""

import json
import sqlite3

from playwright.sync_api import Locator, Page, WebSocketRoute, expect

from tests.browser.conftest import Readers
from tests.browser.rooms import Room
from tests.browser.widget import Widget
from tests.support.contract import eventually


class Line:
    """The way of a page to the server. While it is `cut`, no socket opens; while it is `deaf`, votes come to the server
    and its answers do not come back."""

    def __init__(self, page: Page) -> None:
        self.is_cut = self.is_deaf = False
        self.unanswered = 0
        self._sockets: list[WebSocketRoute] = []
        page.route_web_socket("**/api/v1/live", self._open)

    def cut(self) -> None:
        """Ends all sockets, and opens none."""
        self.is_cut = True
        for socket in self._sockets:
            socket.close()
        self._sockets.clear()

    def mend(self) -> None:
        """Sockets open again."""
        self.is_cut = self.is_deaf = False

    def _open(self, reader: WebSocketRoute) -> None:
        if self.is_cut:
            reader.close()
            return
        server = reader.connect_to_server()
        self._sockets += [reader, server]
        votes: set[int] = set()

        def up(message: str | bytes) -> None:
            command = json.loads(message)
            if command["cmd"] == "vote":
                votes.add(command["ref"])
            server.send(message)

        def down(message: str | bytes) -> None:
            if self.is_deaf and json.loads(message).get("re") in votes:
                self.unanswered += 1
            else:
                reader.send(message)

        reader.on_message(up)
        server.on_message(down)


def sums(room: Room) -> list[tuple[int, int, int]]:
    """Of each comment, oldest first: its votes by the rows of voters, and by its own row, and how many say "like"."""
    db = sqlite3.connect(f"file:{room.server.data_dir / 'hubbub.db'}?mode=ro", uri=True)
    try:
        return db.execute(
            """SELECT coalesce(sum(vote.value), 0), comment.up - comment.down,
                      coalesce(sum(' ' || vote.reactions || ' ' LIKE '% like %'), 0)
               FROM comment LEFT JOIN vote ON vote.comment = comment.id
               WHERE comment.thread = ? GROUP BY comment.id ORDER BY comment.number""",
            (room.id,),
        ).fetchall()
    finally:
        db.close()


def vote_up(widget: Widget, number: int) -> Locator:
    """The button that votes for a comment."""
    return widget.button(f"Vote up comment #{number},", exact=False)


def test_readers_who_come_back_see_the_sums_of_the_rows(room: Room, readers: Readers) -> None:
    readers.allow()
    first, second, third = (room.post(text) for text in ("One", "Two", "Three"))
    pages = [readers.profile().new_page() for _ in range(3)]
    away, deaf, steady = lines = [Line(page) for page in pages]
    widgets = [Widget(page) for page in pages]
    for page, widget in zip(pages, widgets, strict=True):
        page.goto(room.url)
        widget.ready()

    def up(reader: int, number: int) -> None:
        vote_up(widgets[reader], number).click()

    for reader in range(3):
        up(reader, 1)
    eventually(lambda: sums(room)[0] == (3, 3, 0) or bool(pages[0].evaluate("0")), "all three are stored")
    away.cut()
    deaf.is_deaf = True
    up(0, 1)  # taken back, in the dark
    up(0, 2)
    up(1, 2)
    up(2, 3)
    eventually(lambda: bool(deaf.unanswered) or bool(pages[1].evaluate("0")), "the answer to a vote is lost")
    deaf.cut()
    voter = room.api.session(name="Voter").token
    for comment, value in ((first, 1), (second, 1), (first, 0), (third, 1)):
        room.api.call("POST", f"/api/v1/comments/{comment['id']}/vote", {"value": value}, token=voter).ok()
    room.api.call("POST", f"/api/v1/comments/{third['id']}/react", {"name": "like", "on": True}, token=voter).ok()
    for line in lines:
        line.mend()
    expected = [(2, 2, 0), (3, 3, 0), (2, 2, 1)]
    eventually(lambda: sums(room) == expected or bool(pages[0].evaluate("0")), "what was said in the dark is stored")
    for widget in widgets:
        for number, (votes, _, _) in enumerate(expected, start=1):
            expect(vote_up(widget, number)).to_have_accessible_name(f"Vote up comment #{number}, {votes} votes")
        expect(widget.comment("Three").locator(".chip")).to_have_attribute("data-count", "1")
    assert steady.unanswered == 0
