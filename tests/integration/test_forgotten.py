"""A thread that was forgotten although its page is open: the page gets a new one, and goes on."""

import sqlite3
from contextlib import closing

from tests.support import plain_http
from tests.support.contract import Api, Live, eventually
from tests.support.server import PATIENCE, Server


def forget(server: Server, thread: str) -> None:
    """What the worker does with an empty thread, a day after it was last read."""
    with closing(sqlite3.connect(server.data_dir / "hubbub.db", timeout=PATIENCE)) as db, db:
        assert db.execute("DELETE FROM empty WHERE thread = ?", (thread,)).rowcount == 1
        db.execute("DELETE FROM thread WHERE id = ?", (thread,))


def test_an_open_page_is_sent_to_join_and_joins_the_new_thread(shared_server: Server) -> None:
    page = {"site": "demo", "key": "/open"}
    with Live(shared_server.url) as live, Api(shared_server.url) as api:
        old = live.do("join", **page)["thread"]
        forget(shared_server, old["id"])
        assert live.push("reset")["thread"] == old["id"]
        reply = live.do("join", **page, after={"epoch": old["epoch"], "seq": old["head"]})
        new = reply["thread"]
        assert (reply["reset"], reply["comments"], new["key"]) == (True, [], old["key"])
        assert new["id"] != old["id"]
        api.post(new["id"], token=api.session().token).ok(201)
        assert [event["kind"] for event in live.events(new["id"], 1)] == ["comment.posted"]


def test_over_http_a_page_gets_the_new_thread_at_once(shared_server: Server) -> None:
    with Api(shared_server.url) as api:
        old = api.snapshot("demo", "/asked")["thread"]["id"]
        forget(shared_server, old)
        assert api.snapshot("demo", "/asked")["thread"]["id"] != old
        api.get("/api/v1/threads", thread=old).refused(404, "not_found")


def test_the_page_for_an_iframe_is_shown_without_it(shared_server: Server) -> None:
    with Api(shared_server.url) as api:
        old = api.snapshot("demo", "/framed")["thread"]["id"]
        forget(shared_server, old)
        shown = plain_http.get(f"{shared_server.url}/embed", params={"site": "demo", "key": "/framed"})
        assert shown.status_code == 200
        assert old not in shown.text


def test_a_comment_for_it_is_refused_and_goes_to_the_new_one(shared_server: Server) -> None:
    with Api(shared_server.url) as api:
        token = api.session().token
        old = api.snapshot("demo", "/written")["thread"]["id"]
        forget(shared_server, old)
        api.post(old, token=token).refused(404, "not_found")
        api.post(api.snapshot("demo", "/written")["thread"]["id"], token=token).ok(201)
        eventually(lambda: len(api.snapshot("demo", "/written")["comments"]) == 1, "the comment is there")
