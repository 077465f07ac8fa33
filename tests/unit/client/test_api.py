"""Commands, and who speaks, at a real WebSocket server that loses, delays and refuses them by script."""

import asyncio
import socket
from contextlib import suppress
from typing import Any

import pytest

from hubbub.client import NoAnswer, Options, connect
from hubbub.domain.errors import Refused
from hubbub.protocol.views import AuthorView
from tests.support.scripted import Peer, Scripted
from tests.support.views import comment, comment_id, posted, thread
from tests.unit.client.clients import QUICK, client_of, read


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
        await peer.refuse(await peer.expect("post"), "slow_mode", 0.01)
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
        mode = await peer.expect("mode")
        assert {name: mode[name] for name in mode if name not in ("cmd", "ref")} == {"thread": "t", "slow": 30}
        await peer.answer(mode, thread=thread(7, 1), seq=7)
        renamed = await peer.expect("edit")
        assert renamed["rename"] is True
        await peer.refuse(renamed, "forbidden")
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        joined = await client.join("demo", "/k")
        assert (await joined.edit(comment_id(1), "Better")).edited_at is not None
        assert (await joined.remove(comment_id(1), "spam")).removed
        assert not (await joined.restore(comment_id(1))).removed
        assert (await joined.close("enough")).state == "closed"
        assert (await joined.reopen()).state == "open"
        await joined.set_mode(slow=30)
        with pytest.raises(Refused, match="forbidden: No"):
            await joined.edit(comment_id(1), "Worse", rename=True)


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
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # and nobody listens
        async with connect(f"http://127.0.0.1:{bound.getsockname()[1]}", options=QUICK) as client:
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


async def test_an_answer_without_end_is_none() -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 201 Created\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b" " * 65536)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, connect(url, options=QUICK) as client:
        with pytest.raises(NoAnswer, match="at most 64 KiB"):
            await client.session("demo")


async def test_a_session_with_something_else_than_hubbub() -> None:
    async def script(peer: Peer) -> None:
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        with pytest.raises((Refused, NoAnswer), match=r"No answer from|Expected an answer of Hubbub"):
            await client.session("demo")


async def test_no_proxy_leads_to_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    async def script(peer: Peer) -> None:
        await peer.joined(thread())
        await peer.rest()

    async with Scripted(script) as server, client_of(server) as client:
        assert (await client.join("demo", "/k")).id == thread().id
