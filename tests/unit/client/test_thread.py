"""Following a thread at a real WebSocket server that drops, resets, repeats, skips and refuses by script."""

import pytest

from hubbub.client import Options, Reset
from hubbub.client.thread import Phase
from hubbub.domain.errors import Refused
from hubbub.protocol.views import AuthorView
from tests.support.scripted import Peer, Scripted
from tests.support.views import comment, posted, thread
from tests.support.waiting import until
from tests.unit.client.clients import client_of, read


async def test_a_snapshot_and_what_follows() -> None:
    async def script(peer: Peer) -> None:
        join = await peer.joined(thread(2, 2), comment(2), comment(1))
        assert (join["site"], join["key"], "after" in join) == ("demo", "/k", False)
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
        assert (join["thread"], "after" in join) == ("t", False)
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


async def test_of_snapshots_that_nobody_has_read_the_latest_is_kept() -> None:
    async def script(peer: Peer) -> None:
        await peer.joined(thread(1, 1))
        for head in range(2, 5):
            await peer.send(push="reset", thread="t")
            await peer.answer(await peer.expect("join"), thread=thread(head, head), comments=[], more=False)
        await peer.push(posted(5))
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        await until(lambda: joined.view.head == 5, "the event after the snapshots")
        reset = await anext(joined)
        assert isinstance(reset, Reset)
        assert reset.thread.head == 4
        assert await read(joined, 1) == [5]


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
