"""The client against a real WebSocket server that drops, resets, repeats, skips, stalls and refuses by script."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from hubbub.client import Client, ClientClosed, ClosedForGood, NoAnswer, Options, Reset, Thread, connect, full_jitter
from hubbub.client.thread import Phase
from hubbub.domain.errors import Refused
from hubbub.protocol.close_codes import CLOSE_CODES, NORMAL, RESTART, CloseCode
from hubbub.protocol.views import AuthorView, EventView
from tests.support.scripted import SOON, Peer, Relay, Scripted
from tests.support.views import comment, comment_id, posted, thread
from tests.support.waiting import until

QUICK = Options(backoff=lambda attempt: 0.0, deadline=SOON)


@asynccontextmanager
async def client_of(
    server: Scripted | Relay, options: Options = QUICK, token: str | None = None
) -> AsyncIterator[Client]:
    """A client that comes back at once."""
    async with asyncio.timeout(SOON * 2), connect(server.url, token, options=options) as client:
        yield client


async def read(thread: Thread, count: int) -> list[int]:
    """The seqs of the next events; every one must be an event."""
    seqs = []
    async with asyncio.timeout(SOON):
        for _ in range(count):
            item = await anext(thread)
            assert isinstance(item, EventView), item
            seqs.append(item.seq)
    return seqs


# Following


async def test_a_snapshot_and_what_follows() -> None:
    async def script(peer: Peer) -> None:
        join = await peer.joined(thread(2, 2), comment(2), comment(1))
        assert (join["site"], join["key"], join["after"]) == ("demo", "/k", None)
        await peer.push(posted(3), posted(4))
        await peer.send(push="presence", thread="t", watching=5)
        await peer.push(posted(5))
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        assert await read(joined, 3) == [3, 4, 5]
        assert [known.number for known in joined.comments] == [1, 2, 3, 4, 5]
        assert (joined.view.head, joined.view.comments, joined.view.watching) == (5, 5, 5)
        assert not joined.more


async def test_what_is_not_known_is_passed_over() -> None:
    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.send(push="weather", thread="t", sky="blue")
        await peer.send(push="events", thread="another", epoch="e9", events=[posted(7)])
        await peer.send(re=None, ok=False, error={"code": "bad_request", "message": "No.", "retry_after": None})
        await peer.send(re=999, ok=True)
        await peer.push(posted(1))
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]


async def test_a_drop_is_resumed_where_it_was_cut() -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread(1, 1), comment(1))
        await peer.push(posted(2))
        peer.abort()

    async def second(peer: Peer) -> None:
        after = await peer.resumed(thread(4, 4), posted(3), more=True)
        assert after == {"epoch": "e1", "seq": 2}
        await peer.push(posted(4))
        peer.abort()

    async def third(peer: Peer) -> None:
        after = await peer.resumed(thread(4, 4))
        assert after["seq"] == 4
        await peer.push(posted(5))
        await peer.rest()

    async with Scripted(first, second, third) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        assert await read(joined, 4) == [2, 3, 4, 5]
        assert joined.view.comments == 5


async def test_duplicates_are_dropped_and_disorder_is_mended() -> None:
    async def script(peer: Peer) -> None:
        await peer.joined(thread(1, 1), comment(1))
        await peer.push(posted(2), posted(1))
        await peer.push(posted(2), posted(4), posted(3))
        await peer.push(posted(2), posted(3), posted(4), posted(5))
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 4) == [2, 3, 4, 5]
        assert server.connections == 1


async def test_a_gap_is_filled_by_joining_again() -> None:
    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.push(posted(1), posted(3))
        await peer.push(posted(4))  # not yet: what is missing comes first
        after = await peer.resumed(thread(4, 4), posted(2), posted(3), posted(4))
        assert after["seq"] == 1
        await peer.push(posted(5))
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 5) == [1, 2, 3, 4, 5]


async def test_a_server_that_keeps_skipping_is_asked_more_and_more_rarely() -> None:
    waits: list[int] = []

    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.push(posted(2))
        for _ in range(4):
            await peer.resumed(thread(2, 2), posted(2))
        await peer.resumed(thread(2, 2), posted(1), posted(2))
        await peer.push(posted(4))
        await peer.resumed(thread(4, 4), posted(4))
        await peer.resumed(thread(4, 4), posted(3), posted(4))
        await peer.rest()

    def backoff(attempt: int) -> float:
        waits.append(attempt)
        return 0.0

    async with Scripted(script) as server, client_of(server, Options(backoff=backoff)) as client:
        assert await read(await client.join("demo", "/k"), 4) == [1, 2, 3, 4]
        assert waits == [0, 1, 2, 3, 0]


async def test_events_of_another_epoch_ask_for_a_new_join() -> None:
    async def script(peer: Peer) -> None:
        await peer.joined(thread(3, 3))
        await peer.push(posted(4), epoch="e2")
        join = await peer.expect("join")
        assert join["after"] == {"epoch": "e1", "seq": 3}
        await peer.answer(join, thread=thread(4, 4, epoch="e2"), comments=[comment(4)], more=True, reset=True)
        await peer.push(posted(5), epoch="e2")
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        reset = await anext(joined)
        assert isinstance(reset, Reset)
        assert (reset.thread.epoch, reset.thread.head, reset.more) == ("e2", 4, True)
        assert await read(joined, 1) == [5]
        assert [known.number for known in joined.comments] == [4, 5]


async def test_a_reset_voids_the_place() -> None:
    async def script(peer: Peer) -> None:
        await peer.joined(thread(9, 9))
        await peer.push(posted(10))
        await peer.send(push="reset", thread="t")
        join = await peer.expect("join")
        assert (join["thread"], join["after"]) == ("t", None)
        await peer.answer(join, thread=thread(2, 2), comments=[comment(2), comment(1)], more=False)
        await peer.push(posted(3))
        peer.abort()

    async def second(peer: Peer) -> None:
        assert await peer.resumed(thread(3, 3)) == {"epoch": "e1", "seq": 3}
        await peer.rest()

    async with Scripted(script, second) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        assert await read(joined, 1) == [10]
        reset = await anext(joined)
        assert isinstance(reset, Reset)
        assert [known.number for known in reset.comments] == [2, 1]
        assert await read(joined, 1) == [3]
        assert joined.view.head == 3


async def test_joining_twice_is_one_thread_without_a_hole() -> None:
    async def script(peer: Peer) -> None:
        await peer.joined(thread(1, 1))
        await peer.joined(thread(3, 3))
        after = await peer.resumed(thread(3, 3), posted(2), posted(3))
        assert after["seq"] == 1
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        assert await client.join(thread="t") is joined
        assert await read(joined, 2) == [2, 3]


async def test_leaving_ends_the_iteration() -> None:
    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.push(posted(1))
        leave = await peer.expect("leave")
        await peer.answer(leave)
        await peer.joined(thread(2, 2))
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        assert await read(joined, 1) == [1]
        await joined.leave()
        await joined.leave()
        assert [item async for item in joined] == []
        again = await client.join("demo", "/k")
        assert again is not joined
        assert again.view.head == 2


@pytest.mark.parametrize("code", ["not_found", "forbidden", "unheard_of"])
async def test_a_thread_that_may_be_followed_no_longer(code: str) -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        peer.abort()

    async def second(peer: Peer) -> None:
        await peer.refuse(await peer.expect("join"), code)
        if code == "unheard_of":  # counts as `internal`, and that may pass
            await peer.refuse(await peer.expect("join"), "not_found")
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        with pytest.raises(Refused) as refused:
            await anext(joined)
        assert refused.value.code == (code if code != "unheard_of" else "not_found")


async def test_a_join_refused_for_now_is_tried_again() -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        peer.abort()

    async def second(peer: Peer) -> None:
        await peer.refuse(await peer.expect("join"), "unavailable", 0.01)
        await peer.refuse(await peer.expect("join"), "rate_limited", 0.01)
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]


# A reader that does not read


async def test_a_slow_reader_leaves_and_has_the_rest_from_the_log() -> None:
    log = [posted(seq) for seq in range(1, 31)]

    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.push(*log[:6])
        await peer.answer(await peer.expect("leave"))
        await peer.push(*log[6:12])  # was under way
        post = await peer.expect("post")  # writing goes on meanwhile
        await peer.answer(post, comment=comment(31), seq=31)
        for place in (6, 14):
            after = await peer.resumed(thread(30, 30), *log[place : place + 8], more=True)
            assert after["seq"] == place
            await peer.answer(await peer.expect("leave"))
        assert (await peer.resumed(thread(30, 30), *log[22:24], more=True))["seq"] == 22
        await peer.push(*log[24:25])
        await peer.rest()

    async with Scripted(script) as server, client_of(server, Options(queue=6)) as client:
        joined = await client.join("demo", "/k")
        await until(lambda: joined.phase is Phase.PARKED, "the reader has enough")
        await joined.post("still here")
        assert len(joined._items) == 6
        assert joined.view.head == 6
        assert await read(joined, 25) == list(range(1, 26))


async def test_a_slow_reader_survives_a_drop() -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.push(posted(1), posted(2))
        await peer.expect("leave")
        peer.abort()

    async def second(peer: Peer) -> None:
        hello = await peer.expect("hello")  # and no join: the reader has enough to read
        await peer.answer(hello, author=AuthorView("a", "Ada", None, "guest"))
        assert (await peer.resumed(thread(3, 3), posted(3)))["seq"] == 2
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server, Options(queue=2, backoff=lambda n: 0.0)) as client:
        joined = await client.join("demo", "/k")
        await until(lambda: server.connections == 2, "the client is back")
        await client.hello("token")
        assert await read(joined, 3) == [1, 2, 3]


# Writing


async def test_a_post_is_retried_with_the_same_id_until_it_is_answered() -> None:
    seen: list[dict[str, Any]] = []

    async def lose(peer: Peer) -> None:
        if not seen:
            await peer.joined(thread())
        else:
            await peer.resumed(thread())
        seen.append(await peer.expect("post"))
        peer.abort()

    async def busy(peer: Peer) -> None:
        await peer.resumed(thread())
        seen.append(await peer.expect("post"))
        await peer.refuse(seen[-1], "unavailable", 0.01)
        seen.append(await peer.expect("post"))
        await peer.answer(seen[-1], comment=comment(1), seq=1)
        await peer.rest()

    async with Scripted(lose, lose, busy) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        stored = await joined.post("Hello", parent=comment_id(9))
        assert stored == comment(1)
    assert len(seen) == 4
    assert len({post["id"] for post in seen}) == 1
    assert {(post["thread"], post["body"], post["parent"]) for post in seen} == {("t", "Hello", comment_id(9))}


async def test_a_rate_limit_is_told_unless_the_poster_is_patient() -> None:
    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.refuse(await peer.expect("post"), "rate_limited", 3)
        await peer.refuse(await peer.expect("post"), "rate_limited", 0.01)
        post = await peer.expect("post")
        assert post["id"] == comment_id(7)
        await peer.answer(post, comment=comment(7), seq=1)
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        with pytest.raises(Refused) as refused:
            await joined.post("Hello")
        assert (refused.value.code, refused.value.retry_after) == ("rate_limited", 3)
        assert (await joined.post("Hello", comment_id(7), patient=True)).number == 7


async def test_other_commands_and_their_answers() -> None:
    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        edit = await peer.expect("edit")
        assert (edit["comment"], edit["body"]) == (comment_id(1), "Better")
        await peer.answer(edit, comment=comment(1, edited=True), seq=2)
        remove = await peer.expect("remove")
        assert (remove["comment"], remove["reason"]) == (comment_id(1), "spam")
        await peer.answer(remove, comment=comment(1, removed=True), seq=3)
        await peer.answer(await peer.expect("restore"), comment=comment(1), seq=4)
        close = await peer.expect("close")
        assert (close["thread"], close["reason"]) == ("t", "enough")
        await peer.answer(close, thread=thread(5, 1, closed=True), seq=5)
        await peer.answer(await peer.expect("reopen"), thread=thread(6, 1), seq=None)
        await peer.refuse(await peer.expect("edit"), "forbidden")
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        assert (await joined.edit(comment_id(1), "Better")).edited_at is not None
        assert (await joined.remove(comment_id(1), "spam")).removed
        assert not (await joined.restore(comment_id(1))).removed
        assert (await joined.close("enough")).state == "closed"
        assert (await joined.reopen()).state == "open"
        with pytest.raises(Refused, match="forbidden: No"):
            await joined.edit(comment_id(1), "Worse")


async def test_no_answer_by_the_deadline() -> None:
    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        post = await peer.expect("post")
        close = await peer.expect("close")
        await peer.answer(post, comment=comment(1), seq=1)  # too late, and harmless
        await peer.answer(close, thread=thread(1, 1, closed=True), seq=2)
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        with pytest.raises(NoAnswer, match=r"within 0\.1 s"):
            await joined.post("Hello", deadline=0.1)
        assert (await joined.close()).state == "closed"


async def test_no_server_at_all_says_why() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with connect(url, options=QUICK) as client:
        with pytest.raises(
            NoAnswer, match=r"No answer from ws://127\.0\.0\.1:\d+/api/v1/live within 0\.2 s: .*Connect call failed"
        ):
            await client.join("demo", "/k", deadline=0.2)
        with pytest.raises(NoAnswer):
            await client.session("demo")


async def test_a_server_that_accepts_and_is_silent_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with connect(url, options=Options(connect_timeout=0.05, backoff=lambda n: 0.0)) as client:
            with pytest.raises(NoAnswer, match="opening handshake"):
                await client.join("demo", "/k", deadline=0.5)


# Who speaks


async def test_hello_is_said_first_on_every_connection() -> None:
    ada = AuthorView("a", "Ada", None, "guest")

    async def first(peer: Peer) -> None:
        hello = await peer.expect("hello")
        assert hello["token"] == "one"
        await peer.answer(hello, author=ada)
        await peer.joined(thread())
        hello = await peer.expect("hello")
        assert hello["token"] == "two"
        await peer.answer(hello, author=ada)
        hello = await peer.expect("hello")
        assert hello["token"] == "bad"
        await peer.refuse(hello, "unauthorized")
        peer.abort()

    async def second(peer: Peer) -> None:
        hello = await peer.expect("hello")
        assert hello["token"] == "two"
        await peer.answer(hello, author=ada)
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server, token="one") as client:
        joined = await client.join("demo", "/k")
        assert await client.hello("two") == ada
        with pytest.raises(Refused, match="unauthorized"):
            await client.hello("bad")
        assert await read(joined, 1) == [1]


async def test_a_hello_refused_for_now_is_said_on_the_next_connection() -> None:
    async def first(peer: Peer) -> None:
        await peer.refuse(await peer.expect("hello"), "rate_limited", 0.01)
        await peer.rest()

    async def second(peer: Peer) -> None:
        await peer.answer(await peer.expect("hello"), author=AuthorView("a", "Ada", None, "guest"))
        await peer.joined(thread())
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server, token="one") as client:
        await client.join("demo", "/k")
        assert server.connections == 2


# Coming back


async def test_goodbye_says_when_to_come_back() -> None:
    def backoff(attempt: int) -> float:
        raise AssertionError("expected the server's own time")

    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        post = await peer.expect("post")
        await peer.send(push="goodbye", reconnect_in=0.02)
        await peer.push(posted(1))
        await peer.answer(post, comment=comment(1), seq=1)  # what was under way is still answered
        await peer.socket.close(RESTART.code)

    async def second(peer: Peer) -> None:
        assert (await peer.resumed(thread(1, 1)))["seq"] == 1
        await peer.answer(await peer.expect("post"), comment=comment(2), seq=2)
        await peer.push(posted(2))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server, Options(backoff=backoff)) as client:
        joined = await client.join("demo", "/k")
        assert (await joined.post("one")).number == 1
        assert (await joined.post("two")).number == 2
        assert await read(joined, 2) == [1, 2]
        assert server.connections == 2


async def test_a_server_that_says_goodbye_and_stays_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.client.api.LEAVING", 0.05)

    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.send(push="goodbye", reconnect_in=0)
        await peer.socket.wait_closed()

    async def second(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]


async def test_after_a_goodbye_any_close_code_means_come_back() -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.send(push="goodbye", reconnect_in=0)
        await peer.socket.close(NORMAL.code)

    async def second(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]


@pytest.mark.parametrize("code", CLOSE_CODES, ids=lambda code: code.name)
async def test_close_codes_say_whether_to_come_back(code: CloseCode) -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.expect("post")
        await peer.socket.close(code.code, code.name)

    async def second(peer: Peer) -> None:
        await peer.resumed(thread())
        await peer.answer(await peer.expect("post"), comment=comment(1), seq=1)
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        if code.reconnect:
            assert (await joined.post("Hello")).number == 1
            return
        with pytest.raises(ClosedForGood, match=f"{code.code} {code.name}") as closed:
            await joined.post("Hello")
        assert (closed.value.code, closed.value.reason) == (code.code, code.name)
        with pytest.raises(ClosedForGood):
            await anext(joined)
        with pytest.raises(ClosedForGood):
            await client.join("demo", "/k")
        assert server.connections == 1


async def test_a_code_nobody_knows_means_come_back() -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.socket.close(4999)

    async def second(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]


@pytest.mark.parametrize("status", [HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE])
async def test_a_handshake_refused_for_now_is_tried_again(status: HTTPStatus) -> None:
    tries: list[int] = []

    def backoff(attempt: int) -> float:
        tries.append(attempt)
        return 0.0

    def refuse(socket: ServerConnection, request: Request) -> Response | None:
        return socket.respond(status, "Not now.") if len(tries) < 3 else None

    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.rest()

    async with Scripted(script, refuse=refuse) as server, client_of(server, Options(backoff=backoff)) as client:
        await client.join("demo", "/k")
        assert tries == [0, 1, 2]


@pytest.mark.parametrize("status", [HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND])
async def test_a_handshake_refused_for_good(status: HTTPStatus) -> None:
    def refuse(socket: ServerConnection, request: Request) -> Response:
        return socket.respond(status, "Never.")

    async def script(peer: Peer) -> None:
        raise AssertionError("expected no connection")

    async with Scripted(script, refuse=refuse) as server, client_of(server) as client:
        with pytest.raises(ClosedForGood, match=f"{status.value} Never"):
            await client.join("demo", "/k")


@pytest.mark.parametrize("nonsense", [b"\xc1", b"\x2a", b"\x81\xa2re\xa3one", "text"])
async def test_nonsense_from_the_server_costs_the_connection(nonsense: bytes | str) -> None:
    tries: list[int] = []

    def backoff(attempt: int) -> float:
        tries.append(attempt)
        return 0.0

    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.socket.send(nonsense)
        await peer.socket.wait_closed()

    async def second(peer: Peer) -> None:
        await peer.resumed(thread())
        await peer.socket.send(nonsense)
        await peer.socket.wait_closed()

    async def third(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second, third) as server, client_of(server, Options(backoff=backoff)) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]
        assert tries == [0, 1]


async def test_a_message_over_the_limit_costs_the_connection_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hubbub.client.link.MESSAGE_BYTES", 4096)

    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.push(EventView(1, "comment.posted", "", comment=comment(1, "x" * 5000)))
        await peer.rest()  # our close code comes back to us: it says nothing about the server

    async def second(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    async with Scripted(first, second) as server, client_of(server) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]


async def test_backoff_grows_until_the_server_works_again() -> None:
    tries: list[int] = []

    def backoff(attempt: int) -> float:
        tries.append(attempt)
        return 0.0

    async def works(peer: Peer) -> None:
        join = await peer.expect("join")
        await peer.answer(join, thread=thread(), **({"events": []} if join["after"] else {"comments": []}))
        peer.abort()

    async def fails(peer: Peer) -> None:
        peer.abort()

    async def stays(peer: Peer) -> None:
        await peer.resumed(thread(1, 1), posted(1))
        await peer.rest()

    scripts = (works, fails, fails, works, fails, stays)
    async with Scripted(*scripts) as server, client_of(server, Options(backoff=backoff)) as client:
        assert await read(await client.join("demo", "/k"), 1) == [1]
    assert tries == [0, 1, 2, 0, 1]


async def test_a_half_open_connection_is_noticed() -> None:
    async def first(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.push(posted(1))
        await peer.rest()

    async def second(peer: Peer) -> None:
        assert (await peer.resumed(thread(2, 2), posted(2)))["seq"] == 1
        await peer.rest()

    options = Options(ping=0.1, backoff=lambda attempt: 0.0)
    async with Scripted(first, second) as server, Relay(server.url) as relay, client_of(relay, options) as client:
        joined = await client.join("demo", "/k")
        assert await read(joined, 1) == [1]
        relay.freeze()
        assert await read(joined, 1) == [2]
        assert relay.connections == 2


# The end


async def test_leaving_the_client_ends_everything_kindly() -> None:
    codes: list[int | None] = []

    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.expect("post")
        await peer.rest()
        codes.append(peer.socket.close_code)

    async with Scripted(script) as server:
        async with client_of(server) as client:
            joined = await client.join("demo", "/k")
            posting = asyncio.create_task(joined.post("Hello"))
            reading = asyncio.create_task(anext(joined, None))
            await asyncio.sleep(0)
        with pytest.raises(ClientClosed):
            await posting
        assert await reading is None
        with pytest.raises(ClientClosed):
            await joined.post("Hello")
    assert codes in ([], [NORMAL.code])  # [] if it was cut before the script came to its end


async def test_leaving_at_once_and_without_a_server() -> None:
    async with connect("http://127.0.0.1:1"):
        pass


@pytest.mark.parametrize("url", ["", "127.0.0.1:8000", "ws://127.0.0.1", "http://", "/api"])
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(ValueError, match="expected an address"):
        connect(url)


def test_addresses_below_a_path() -> None:
    client = connect("https://news.example/comments/?x=1#y")
    assert client.url == "https://news.example/comments"
    assert client._link._url == "wss://news.example/comments/api/v1/live"


def test_full_jitter_spreads_and_is_capped() -> None:
    for attempt, cap in [(0, 0.25), (1, 0.5), (3, 2.0), (5, 8.0), (6, 10.0), (5000, 10.0)]:
        waits = [full_jitter(attempt) for _ in range(200)]
        assert all(0 <= wait <= cap for wait in waits)
        assert max(waits) > cap * 0.8
        assert min(waits) < cap * 0.2
