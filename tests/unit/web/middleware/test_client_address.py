"""Whose request it is: the peer, or whom a proxy of ours names."""

import pytest
from structlog.testing import capture_logs

from hubbub.web.middleware.client_address import ClientAddress
from tests.unit.web.asgi import Plain, call, scope


async def address(peer: str | None, *forwarded: str, proxies: tuple[str, ...] = ()) -> str:
    """The client's address as found from the peer and its X-Forwarded-For headers."""
    app = Plain()
    client = None if peer is None else (peer, 1)
    headers = [("X-Forwarded-For", value) for value in forwarded]
    await call(ClientAddress(app, proxies), scope(headers=headers, client=client))
    assert app.scope is not None
    found: str = app.scope["hubbub.address"]
    return found


@pytest.mark.parametrize(
    ("peer", "found"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/64"),
        ("local", "unknown"),
        (None, "unknown"),
    ],
)
async def test_the_peer_is_the_client(peer: str | None, found: str) -> None:
    assert await address(peer) == found


@pytest.mark.parametrize("peer", ["192.0.2.1", "::ffff:192.0.2.1"])
async def test_nobody_but_a_proxy_says_who_the_client_is(peer: str) -> None:
    assert await address(peer, "10.9.9.9") == "192.0.2.1"
    assert await address(peer, "10.9.9.9", proxies=("10.0.0.0/8",)) == "192.0.2.1"


PROXIES = ("127.0.0.1", "10.0.0.0/8", "2001:db8::/32")


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("::ffff:127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["203.0.113.7, 192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["203.0.113.7", "192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["203.0.113.7, 192.0.2.1, 10.1.1.1"], "192.0.2.1"),
        ("127.0.0.1", ["203.0.113.7, 192.0.2.1", "10.1.1.1 ,10.2.2.2"], "192.0.2.1"),
        ("127.0.0.1", ["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.1,"], "192.0.2.1"),
        ("127.0.0.1", ["192.0.2.1, , 10.1.1.1, "], "192.0.2.1"),
        ("127.0.0.1", ["192.0.2.1:4711"], "192.0.2.1"),
        ("127.0.0.1", ["203.0.113.7, 192.0.2.1:4711, 10.1.1.1:80"], "192.0.2.1"),
        ("127.0.0.1", ["[2001:dead:1:2::5]:4711"], "2001:dead:1:2::/64"),
        ("127.0.0.1", ["[2001:dead:1:2::5]"], "2001:dead:1:2::/64"),
        ("127.0.0.1", ['"[2001:dead:1:2::5]:4711"'], "2001:dead:1:2::/64"),
        ("127.0.0.1", ["::ffff:192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["[::ffff:192.0.2.1]:4711"], "192.0.2.1"),
        ("2001:db8::1", ["2001:dead:1:2::5"], "2001:dead:1:2::/64"),
        ("10.1.1.1", ["2001:db8::1, 192.0.2.1, 2001:db8::2"], "192.0.2.1"),
    ],
)
async def test_the_last_hop_that_is_no_proxy_is_the_client(peer: str, forwarded: list[str], found: str) -> None:
    assert await address(peer, *forwarded, proxies=PROXIES) == found


@pytest.mark.parametrize(
    "said", ["nonsense", "unknown", "_hidden", "[192.0.2.1", "192.0.2.1:x", "[::1]x", "1.2.3", ":"]
)
async def test_what_no_address_can_be_read_from_counts_as_the_proxy_that_said_it(said: str) -> None:
    app = Plain()
    found = ClientAddress(app, PROXIES)
    with capture_logs() as lines:
        for forwarded, expected in ((said, "127.0.0.1"), (f"203.0.113.7, {said}, 10.1.1.1", "10.1.1.1")):
            await call(found, scope(headers=[("X-Forwarded-For", forwarded)], client=("127.0.0.1", 1)))
            assert app.scope is not None
            assert app.scope["hubbub.address"] == expected
    assert [(line["event"], line["entry"]) for line in lines] == [("forwarded_address_unreadable", said)], "once"


async def test_who_comes_over_a_unix_socket_says_who_the_client_is_where_that_is_set() -> None:
    assert await address(None, "192.0.2.1", proxies=("unix",)) == "192.0.2.1"
    assert await address(None, "192.0.2.1", proxies=("127.0.0.1",)) == "unknown"
    assert await address("192.0.2.9", "192.0.2.1", proxies=("unix",)) == "192.0.2.9"


async def test_the_lifespan_has_no_address() -> None:
    app = Plain({"type": "lifespan.startup.complete"})
    await call(ClientAddress(app, ()), {"type": "lifespan"})
    assert app.scope == {"type": "lifespan"}
