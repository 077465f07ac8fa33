"""A planned end: every reader is told when to come back, in its encoding, before its connection is closed."""

import signal
import uuid
from contextlib import ExitStack
from pathlib import Path

from tests.support.contract import WIRES, Api, Live
from tests.support.frames import CLOSE, RawSocket, frame
from tests.support.server import Server
from tests.support.tokens import mint

READERS = 10  # of each kind


def test_everybody_is_told_goodbye(server: Server) -> None:
    with Api(server.url) as api, ExitStack() as stack:
        thread = api.snapshot("demo", "/a")["thread"]["id"]
        lives = [
            stack.enter_context(Live(server.url, wire, deflate=deflate))
            for wire in WIRES
            for deflate in (True, False)
            for _ in range(READERS)
        ]
        for live in lives[::2]:
            live.do("join", thread=thread)
        server.terminate()
        delays = []
        for live in lives:
            push = live.push("goodbye")
            assert set(push) == {"push", "reconnect_in"}
            delays.append(push["reconnect_in"])
            assert live.close_code() in (1001, 1012)
        assert server.wait() == 0
    assert all(0 < delay <= 60 for delay in delays)
    assert len(set(delays)) > len(delays) // 2, "readers who all come back at once"


def test_a_terminal_that_closes_is_a_planned_end_too(server: Server) -> None:
    with Live(server.url) as live:
        for _ in range(2):  # as the shell and the kernel do
            server.send(signal.SIGHUP)
        assert live.push("goodbye")["reconnect_in"] > 0
        assert live.close_code() == 1012
    assert server.wait() == 0


def test_what_is_to_outlive_its_terminal_does(tmp_path: Path) -> None:
    """As nohup starts it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Server(tmp_path / "data") as server:
            server.send(signal.SIGHUP)
            server.open_thread("/a")
            assert server.running
    finally:
        signal.signal(signal.SIGHUP, before)


def test_what_was_sent_before_the_end_is_answered(server: Server) -> None:
    """Each post is answered, and stored if it was acknowledged; none is lost in between."""
    with Api(server.url) as api, Live(server.url) as live:
        key = f"/{uuid.uuid4()}"
        thread = api.snapshot("demo", key)["thread"]["id"]
        live.do("hello", token=mint(server.data_dir, "moderator"))
        ids = [str(uuid.uuid4()) for _ in range(50)]
        refs = [live.send("post", thread=thread, id=made, body="Hello") for made in ids]
        live.reply(refs[0])
        server.terminate()
        acknowledged = {made for made, ref in list(zip(ids, refs, strict=True))[1:] if live.reply(ref)["ok"]}
        live.push("goodbye")
        assert server.wait() == 0
    server.start()
    with Api(server.url) as api:
        stored = {comment["id"] for comment in api.snapshot("demo", key, limit=200)["comments"]}
    assert acknowledged | {ids[0]} <= stored


def test_nobody_can_hold_up_the_end(server: Server) -> None:
    """Half-open and half-spoken connections, and one who never answers the close."""
    with ExitStack() as stack:
        raws = [stack.enter_context(RawSocket(server.url, wire)) for wire in (*WIRES, None, None)]
        raws[1].send(frame(0x2, b"half of a message")[:5])
        raws[2].send(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        raws[3].send(b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        server.terminate()
        assert server.wait() == 0
        for raw in raws[:2]:
            assert [got.opcode for got in raw.ending()][-1] == CLOSE
