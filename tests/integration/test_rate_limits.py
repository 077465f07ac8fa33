"""Limits that cannot be turned around: per author, per address, connections per address, and who the address is."""

import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.contract import JSON, WIRES, Answer, Api, Live, Wire, whole_log
from tests.support.server import Server
from tests.support.tokens import mint

MOST_CONNECTIONS = 200


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with limits that believes the proxy at 127.0.0.1 and those of 10.0.0.0/8."""
    env = {"HUBBUB_RATE_LIMITS": "on", "HUBBUB_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8"}
    with Server(tmp_path_factory.mktemp("limited") / "data", env=env) as running:
        yield running


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with limits and no proxy: all of us are one address."""
    with Server(tmp_path_factory.mktemp("bare") / "data", env={"HUBBUB_RATE_LIMITS": "on"}) as running:
        yield running


@pytest.fixture(params=WIRES, ids=lambda wire: str(wire.name))
def wire(request: pytest.FixtureRequest) -> Wire:
    """Each encoding."""
    found: Wire = request.param
    return found


def from_address(api: Api, forwarded: str, name: str = "X-Forwarded-For") -> Answer:
    """Asks for a session through a proxy that says where the request came from."""
    return api.send("POST", "/api/v1/sessions", JSON.encode({"site": "demo"}), {name: forwarded})


def sessions_until_refused(api: Api, forwarded: str) -> int:
    """How many sessions an address gets."""
    for count in range(200):
        if from_address(api, forwarded).status != 201:
            return count
    raise AssertionError("never refused")


def check_rate_limited(answer: Answer) -> None:
    """429 with the seconds to wait, in the body and, whole, in the header."""
    error = answer.refused(429, "rate_limited")
    assert error["retry_after"] > 0
    assert int(answer.headers["retry-after"]) >= error["retry_after"]
    assert int(answer.headers["retry-after"]) < error["retry_after"] + 1


def test_posts_are_limited_per_author(limited: Server, wire: Wire) -> None:
    with Api(limited.url) as api, Live(limited.url, wire) as live:
        thread = api.snapshot("demo", f"/{uuid.uuid4()}")["thread"]["id"]
        token, other = (mint(limited.data_dir, "moderator") for _ in range(2))
        live.do("hello", token=token)
        accepted = 0
        while (reply := live.call("post", thread=thread, id=str(uuid.uuid4()), body="Hello"))["ok"]:
            accepted += 1
        assert 1 < accepted < 20
        assert reply["error"]["code"] == "rate_limited"
        assert reply["error"]["retry_after"] > 0
        more = 0
        while (answer := api.post(thread, token=token)).status == 201:  # a machine that stops for 3 s lets one through
            more += 1
        assert more < 5, "expected one limit for both ways"
        check_rate_limited(answer)
        api.post(thread, token=other).ok(201)
        assert api.get("/api/v1/threads", thread=thread).ok()["thread"]["comments"] == accepted + more + 1


def post_from(api: Api, address: str, thread: str, token: str) -> Answer:
    """Posts a comment through the proxy."""
    headers = {"X-Forwarded-For": address, "Authorization": f"Bearer {token}"}
    comment = JSON.encode({"id": str(uuid.uuid4()), "body": "Hello"})
    return api.send("POST", f"/api/v1/threads/{thread}/comments", comment, headers)


def test_waiting_as_long_as_told_is_enough(limited: Server) -> None:
    with Api(limited.url) as api:
        thread = api.snapshot("demo", f"/{uuid.uuid4()}")["thread"]["id"]
        token = mint(limited.data_dir, "moderator")
        while (answer := post_from(api, "203.0.113.201", thread, token)).status == 201:
            pass
        time.sleep(answer.refused(429, "rate_limited")["retry_after"])  # the one wait whose length is what is tested
        post_from(api, "203.0.113.201", thread, token).ok(201)


def test_a_refusal_costs_nothing(limited: Server) -> None:
    """Whoever is refused for what the neighbours wrote has not used up an allowance of their own."""
    with Api(limited.url) as api:
        thread = api.snapshot("demo", f"/{uuid.uuid4()}")["thread"]["id"]
        neighbours = [mint(limited.data_dir, "moderator") for _ in range(6)]
        statuses = {post_from(api, "203.0.113.202", thread, token).status for token in neighbours for _ in range(10)}
        assert statuses == {201, 429}
        token = mint(limited.data_dir, "moderator")
        answers = [post_from(api, "203.0.113.202", thread, token) for _ in range(15)]  # an author's own burst is 10
        assert sum(answer.status == 201 for answer in answers) < 10
        waits = [answer.refused(429, "rate_limited")["retry_after"] for answer in answers if answer.status != 201]
        assert max(waits) <= 1, "an author's own limit is 3 s"


def test_sessions_are_limited_per_address(limited: Server) -> None:
    address = "203.0.113.1"
    with Api(limited.url) as api:
        assert sessions_until_refused(api, address) >= 10
        check_rate_limited(from_address(api, address))
        assert from_address(api, "203.0.113.77").status == 201


def test_the_last_untrusted_hop_is_the_client(limited: Server) -> None:
    """What stands before it anybody may have made up, what stands after it are our own proxies."""
    client = "198.51.100.1"
    with Api(limited.url) as api:
        sessions_until_refused(api, client)
        for forwarded in (
            f"8.8.8.8, {client}",
            f"1.2.3.4, 10.0.0.1, {client}",
            f"{client}, 10.1.2.3",
            f"9.9.9.9, {client}, 10.1.2.3, 10.4.5.6",
            f"127.0.0.1, {client}",
            f"nonsense, {client}",
            f"10.0.0.9,{client},127.0.0.1",
        ):
            from_address(api, forwarded).refused(429, "rate_limited")
        assert from_address(api, f"{client}, 198.51.100.2").status == 201


def test_forged_headers_make_nobody_else(bare: Server) -> None:
    """Without a configured proxy no header counts."""
    with Api(bare.url) as api:
        answers = [from_address(api, f"203.0.113.{n}") for n in range(60)]
        assert answers[-1].status == 429
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Client-IP", "CF-Connecting-IP", "True-Client-IP"):
            value = "for=203.0.113.99" if name == "Forwarded" else "203.0.113.99"
            from_address(api, value, name).refused(429, "rate_limited")


def test_an_ipv6_client_is_its_network(limited: Server) -> None:
    with Api(limited.url) as api:
        sessions_until_refused(api, "2001:db8:1:2::1")
        from_address(api, "2001:db8:1:2:ffff::9").refused(429, "rate_limited")
        assert from_address(api, "2001:db8:1:3::1").status == 201


def test_mapped_ipv4_addresses_are_ipv4_addresses(limited: Server) -> None:
    with Api(limited.url) as api:
        sessions_until_refused(api, "198.51.100.50")
        from_address(api, "::ffff:198.51.100.50").refused(429, "rate_limited")
        assert from_address(api, "::ffff:198.51.100.51").status == 201


def test_connections_are_limited_per_address(bare: Server) -> None:
    with ExitStack() as stack:
        opened = [stack.enter_context(Live(bare.url, deflate=False)) for _ in range(MOST_CONNECTIONS)]
        with pytest.raises(InvalidStatus) as refused:
            Live(bare.url)
        response = refused.value.response
        assert response.status_code == 429
        assert response.body is not None
        assert b'"rate_limited"' in response.body
        assert int(response.headers["Retry-After"]) > 0
        opened[0].close()
        again = stack.enter_context(Live(bare.url))
        again.refused("not_found", "join", thread="aaaaaaaaaaaaaaaa")
        opened[1].refused("not_found", "join", thread="aaaaaaaaaaaaaaaa")


def test_turning_the_limits_off_is_said_in_the_log(server: Server, bare: Server) -> None:
    assert "rate_limits_off" in whole_log(server.data_dir)
    assert "rate_limits_off" not in whole_log(bare.data_dir)
    with Api(server.url) as api:
        thread = api.snapshot("demo", f"/{uuid.uuid4()}")["thread"]["id"]
        token = mint(server.data_dir, "moderator")
        assert {api.post(thread, token=token).status for _ in range(50)} == {201}
        assert {from_address(api, "203.0.113.1").status for _ in range(100)} == {201}


def test_limits_are_on_unless_turned_off(tmp_path: Path) -> None:
    server = Server(tmp_path / "data")
    del server.env["HUBBUB_RATE_LIMITS"]
    with server, Api(server.url) as api:
        assert 429 in {from_address(api, "203.0.113.1").status for _ in range(100)}


def test_votes_have_limits_of_their_own(limited: Server) -> None:
    """One author over many connections is one author, and their edits do not suffer."""
    with ExitStack() as stack:
        api = stack.enter_context(Api(limited.url))
        ann, bob = api.session(name="Ann"), api.session(name="Bob")
        thread = api.snapshot("demo", "/votes")["thread"]["id"]
        comment = api.post(thread, token=ann.token).ok(201)["comment"]["id"]
        own = api.post(thread, token=bob.token).ok(201)["comment"]["id"]
        lives = [stack.enter_context(Live(limited.url)) for _ in range(5)]
        for live in lives:
            live.do("hello", token=bob.token)
        replies = [lives[n % 5].call("vote", comment=comment, value=n % 2) for n in range(60)]
        assert all(reply["ok"] for reply in replies[:30])
        assert {reply["error"]["code"] for reply in replies if not reply["ok"]} == {"rate_limited"}
        api.call("PATCH", f"/api/v1/comments/{own}", {"body": "Edited"}, token=bob.token).ok()
