"""Threads for browser tests, and what others do in them through the API while pages look on."""

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

from tests.support.contract import Api, Guest, Json, Live
from tests.support.server import Server
from tests.support.tokens import mint

PARAGRAPH = "The ferry waits for the last of the *late* ones, says the captain, and after that for the tide.\n\n"


@dataclass
class Room:
    """A hosted article's thread. `api` speaks as a guest called Ann, `moderator` is a token."""

    server: Server
    api: Api
    ann: Guest
    moderator: str
    key: str
    id: str
    posted: list[Json] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The hosted page's address."""
        return f"{self.server.url}/t/{self.id}"

    def post(self, body: str, *, who: str | None = None, **fields: Any) -> Json:
        """Posts as Ann, or as whoever has the token `who`; the comment."""
        comment: Json = self.api.post(self.id, body, token=who or self.ann.token, **fields).ok(201)["comment"]
        self.posted.append(comment)
        return comment

    def fill(self, count: int, text: str = "Comment {n}, which says a thing or two about the ferry.") -> None:
        """Posts `count` comments in one batch, numbered from 1 in their text."""
        with Live(self.server.url) as live:
            live.do("hello", token=self.ann.token)
            self.burst(live, [text.format(n=n) for n in range(1, count + 1)])

    def burst(self, live: Live, bodies: list[str], *, all_taken: bool = True) -> int:
        """Posts all at once, and waits until all are answered; how many were taken (all, unless said otherwise)."""
        refs = [live.send("post", thread=self.id, id=str(uuid.uuid4()), body=body) for body in bodies]
        replies = [live.reply(ref) for ref in refs]
        refused = [reply["error"] for reply in replies if not reply["ok"]]
        assert not refused or (not all_taken and {error["code"] for error in refused} == {"bad_request"}), refused
        return len(replies) - len(refused)

    def remove(self, comment: Json) -> None:
        """Removes it as a moderator."""
        self.api.call("DELETE", f"/api/v1/comments/{comment['id']}", {}, token=self.moderator).ok()

    def restore(self, comment: Json) -> None:
        """Restores it as a moderator."""
        self.api.call("POST", f"/api/v1/comments/{comment['id']}/restore", {}, token=self.moderator).ok()

    def edit(self, comment: Json, body: str) -> None:
        """Edits it as its author, Ann."""
        self.api.call("PATCH", f"/api/v1/comments/{comment['id']}", {"body": body}, token=self.ann.token).ok()

    def close(self, reason: str | None = None) -> None:
        """Closes the thread as a moderator."""
        body = {"reason": reason} if reason else {}
        self.api.call("POST", f"/api/v1/threads/{self.id}/close", body, token=self.moderator).ok()

    def reopen(self) -> None:
        """Reopens it."""
        self.api.call("POST", f"/api/v1/threads/{self.id}/reopen", {}, token=self.moderator).ok()

    def stored(self) -> list[Json]:
        """What storage has, the newest 200, oldest first."""
        comments: list[Json] = self.api.get("/api/v1/threads", thread=self.id, limit=200).ok()["comments"]
        return comments[::-1]

    def bodies(self) -> list[str]:
        """The html of what storage has, oldest first."""
        return [comment["html"] for comment in self.stored()]


class Rooms:
    """Makes threads on one server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._api = Api(server.url)
        self._owner = mint(server.data_dir, "owner")
        self.moderator = mint(server.data_dir, "moderator", name="Mo")
        self.ann = self._api.session(name="Ann", website="https://ann.example")

    def close(self) -> None:
        """Closes its connections."""
        self._api.close()

    def make(self, *, paragraphs: int = 12, title: str = "The last ferry waits") -> Room:
        """A new article without comments."""
        key = f"/2026/11/22/{uuid.uuid4()}"
        article = {"title": title, "section": "Harbour", "author": "A. Writer", "body": PARAGRAPH * paragraphs}
        answer = self._api.call("PUT", "/api/v1/threads", article, token=self._owner, site="demo", key=key)
        thread = answer.body["thread"] if answer.status < 300 else answer.ok()
        return Room(self.server, self._api, self.ann, self.moderator, key, thread["id"])


def moderator_storage(room: Room) -> dict[str, str]:
    """What a moderator's browser has kept on the origin of the page: the session, as the widget stores it."""
    return session_storage(room, room.moderator, {"id": "mo", "name": "Mo", "website": None, "role": "moderator"})


def session_storage(room: Room, token: str, author: Json) -> dict[str, str]:
    """A kept session for the demo site; `author` says what the page may show, the token what the server allows."""
    return {f"hubbub:session:{room.server.url}:demo": json.dumps({"token": token, "author": author})}
