"""deploy/nginx.conf in a real nginx before two web nodes. What is replaced in it: tests.support.nginx.configuration.

The tests run on one event loop, in the order in which they stand here: readers who say nothing are connected first, the
other tests run meanwhile, and the last but one looks at them once their time is up.
"""

import asyncio
import re
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import pytest
import pytest_asyncio
import uvicorn
import websockets

from hubbub.client import Options, Thread, connect
from hubbub.protocol.views import EventView
from hubbub.server import PING
from tests.support import plain_http
from tests.support.many import PAGE, Many, Web, many
from tests.support.nginx import CONFIGURATION, Nginx, certificate, nginx
from tests.support.raw import Json, RawLive, raw_live
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

SHORT = 30  # s: nginx's timeout for who says nothing; longer than the time between pings, as in deploy/nginx.conf
IDLE = 36.0  # s: longer than that
PROXY = "127.0.0.1"  # nginx, as the nodes see it; whoever shall be somebody else comes from another loopback address
CROWD = "127.0.0.9"
MADE_UP = "198.51.100.7"  # RFC 5737
POSTS = 20


class Site(NamedTuple):
    """What runs, and the readers of `thread` who say nothing: `patient` through an nginx whose timeout is longer than
    the time between pings, `hasty` through one whose timeout is shorter. `since` is when they came."""

    nodes: Many
    proxy: Nginx
    thread: str
    patient: RawLive
    hasty: RawLive
    since: float


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Two web nodes with rate limits that believe nginx, nginx before them, and the readers who say nothing."""
    directory = tmp_path_factory.mktemp("nginx")
    cert = certificate(directory)
    settings = {"HUBBUB_TRUSTED_PROXIES": PROXY, "HUBBUB_LOG_LEVEL": "debug", "HUBBUB_RATE_LIMITS": "on"}
    timeout = "proxy_read_timeout 60s;"
    async with AsyncExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("SSL_CERT_FILE", str(cert))
        nodes = stack.enter_context(many(directory, webs=2, workers=1, **settings))
        ports = [web.port for web in nodes.webs]
        proxy = stack.enter_context(nginx(directory / "proxy", cert, ports))
        silent = [
            stack.enter_context(nginx(directory / name, cert, ports, {timeout: f"proxy_read_timeout {seconds}s;"}))
            for name, seconds in (("patient", SHORT), ("hasty", 5))
        ]
        thread = nodes.webs[0].open_thread(f"/{uuid.uuid4()}")
        readers = [await stack.enter_async_context(raw_live(found.url)) for found in silent]
        for reader in readers:
            await do(reader, "join", thread=thread)
        yield Site(nodes, proxy, thread, readers[0], readers[1], time.monotonic())


async def do(live: RawLive, cmd: str, **fields: str) -> Json:
    """A command's reply, which is no refusal."""
    reply = await live.call(cmd, **fields)
    assert reply["ok"] is True, reply
    return reply


def caller(proxy: Nginx, address: str = PROXY) -> httpx.AsyncClient:
    """A page at one of this machine's addresses that speaks HTTP with nginx."""
    transport = httpx.AsyncHTTPTransport(verify=proxy.trust, local_address=address)
    return httpx.AsyncClient(base_url=proxy.url, transport=transport, headers=PAGE, timeout=PATIENCE)


async def start_session(http: httpx.AsyncClient, **headers: str) -> httpx.Response:
    """Asks for a guest's session."""
    return await http.post("/api/v1/sessions", json={"site": "demo", "name": "Ada"}, headers=headers)


async def post(http: httpx.AsyncClient, token: str, thread: str, body: str) -> httpx.Response:
    """Posts a comment by HTTP."""
    comment = {"id": str(uuid.uuid4()), "body": body}
    bearer = {"Authorization": f"Bearer {token}"}
    return await http.post(f"/api/v1/threads/{thread}/comments", json=comment, headers=bearer)


def seqs(live: RawLive, thread: str) -> list[int]:
    """What was pushed of a thread."""
    pushes = [push for push in live.pushes if push["push"] == "events" and push["thread"] == thread]
    return [event["seq"] for push in pushes for event in push["events"]]


async def arrived(live: RawLive, thread: str, head: int) -> None:
    """Waits for all events of a thread up to `head`: each once, in order."""
    await until(lambda: len(seqs(live, thread)) >= head, f"{head} events arrive")
    assert seqs(live, thread) == list(range(1, head + 1))


def connections(web: Web) -> int:
    """How many live connections a node says that it has."""
    text = plain_http.get(f"{web.url}/metrics").text
    found = re.search(r"^hubbub_connections (\S+)$", text, re.MULTILINE)
    assert found is not None
    return int(float(found[1]))


def addresses(nodes: Many, path: str) -> list[str]:
    """From where a path was asked for each time, by the nodes' logs."""
    lines = [line for web in nodes.webs for line in web.said().splitlines() if line.endswith("}")]
    entries: list[Json] = [msgspec.json.decode(line) for line in lines]
    return [entry["address"] for entry in entries if entry["event"] == "request" and entry["path"] == path]


async def test_comments_arrive_live_on_both_nodes(site: Site) -> None:
    thread = site.nodes.webs[0].open_thread(f"/{uuid.uuid4()}")
    await until(lambda: sum(connections(web) for web in site.nodes.webs) == 1, "only the patient reader is left", 30)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(caller(site.proxy))
        readers = [await stack.enter_async_context(raw_live(site.proxy.url)) for _ in range(6)]
        now = [connections(web) for web in site.nodes.webs]
        assert sum(now) == 1 + 6
        assert abs(now[0] - now[1]) <= 2, "expected the readers on both nodes"
        token = (await start_session(http)).json()["token"]
        for reader in readers:
            await do(reader, "join", thread=thread)
            await do(reader, "hello", token=token)
        for turn, reader in enumerate(readers[:4]):
            live = await do(reader, "post", thread=thread, id=str(uuid.uuid4()), body=f"Live {turn}")
            assert live["seq"] == 2 * turn + 1
            assert (await post(http, token, thread, f"By HTTP {turn}")).status_code == 201
        for reader in readers:
            await arrived(reader, thread, 8)


async def test_the_log_keeps_query_strings_to_itself(site: Site) -> None:
    path = f"/{uuid.uuid4()}"
    async with caller(site.proxy) as http:
        await http.get(path, params={"token": "not-for-the-log"})
    await until(lambda: path in site.proxy.log(), "the request is logged")
    assert "not-for-the-log" not in site.proxy.log()


@pytest.mark.parametrize("path", ["/metrics", "/metrics?x=1", "//metrics", "/x/../metrics", "/%6detrics", "/./metrics"])
async def test_metrics_are_not_public(site: Site, path: str) -> None:
    reader, writer = await asyncio.open_connection(PROXY, site.proxy.port, ssl=site.proxy.trust)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: comments.example\r\nConnection: close\r\n\r\n".encode())  # as it is
    assert (await reader.read()).startswith(b"HTTP/1.1 404")
    writer.close()
    assert sum(connections(web) for web in site.nodes.webs) > 0, "expected metrics on the nodes themselves"


async def test_plain_http_is_sent_to_tls(site: Site) -> None:
    async with caller(site.proxy) as http:
        answer = await http.get(f"{site.proxy.plain}/t/abc?x=1")
    assert answer.status_code == 301
    assert answer.headers["location"] == "https://127.0.0.1/t/abc?x=1"


async def test_what_is_read_is_compressed_and_a_new_token_is_not(site: Site) -> None:
    async with httpx.AsyncClient(verify=site.proxy.trust, trust_env=False, timeout=PATIENCE) as http:
        http.headers["Accept-Encoding"] = "gzip"
        for path in ("/", "/embed.js"):
            answer = await http.get(f"{site.proxy.url}{path}")
            assert (answer.status_code, answer.headers.get("Content-Encoding")) == (200, "gzip"), path
        body = {"site": "demo", "name": "語" * 50, "website": f"https://x.example/{'x' * 180}"}
        made = await http.post(f"{site.proxy.url}/api/v1/sessions", json=body)
        assert (made.status_code, len(made.content) > 1000, "Content-Encoding" in made.headers) == (201, True, False)


async def test_large_bodies_end_at_nginx_and_allowed_ones_reach_hubbub(site: Site) -> None:
    async with caller(site.proxy) as http:
        ended = await http.post("/api/v1/sessions", content=b" " * (512 * 1024 + 1))
        assert (ended.status_code, ended.headers["content-type"]) == (413, "text/html"), "expected nginx' own answer"
        refused = await http.post("/api/v1/sessions", content=b" " * (500 * 1024))
        assert "error" in refused.json(), "expected Hubbub's own refusal"


async def test_the_nodes_see_origin_checks_and_believe_nobody_else(site: Site) -> None:
    through, past = (f"/{uuid.uuid4()}" for _ in range(2))
    async with caller(site.proxy, "127.0.0.5") as http:
        for made_up in (MADE_UP, f"{MADE_UP}, {PROXY}", PROXY):
            await http.get(through, headers={"X-Forwarded-For": made_up})
    async with caller(site.proxy, "127.0.0.9") as http:
        await http.get(f"{site.nodes.webs[0].url}{past}", headers={"X-Forwarded-For": MADE_UP})
    await until(lambda: len(addresses(site.nodes, through) + addresses(site.nodes, past)) == 4, "all is logged")
    assert addresses(site.nodes, through) == ["127.0.0.5"] * 3
    assert addresses(site.nodes, past) == ["127.0.0.9"]


async def test_live_connections_have_their_readers_address(site: Site) -> None:
    uri = site.proxy.url.replace("http", "ws", 1) + "/api/v1/live"
    made_up = {"X-Forwarded-For": MADE_UP}
    async with websockets.connect(
        uri,
        subprotocols=[websockets.Subprotocol("hubbub.v1.json")],
        additional_headers=made_up,
        local_addr=("127.0.0.8", 0),
    ):
        pass
    await until(lambda: "127.0.0.8" in addresses(site.nodes, "/api/v1/live"), "a node logs the reader's address")
    assert MADE_UP not in addresses(site.nodes, "/api/v1/live")


async def test_limits_count_by_address_whatever_is_made_up(site: Site) -> None:
    async with caller(site.proxy, "127.0.0.6") as noisy, caller(site.proxy, "127.0.0.7") as other:
        for number in range(100):  # each node lets through 30 at once
            answer = await start_session(noisy, **{"X-Forwarded-For": f"198.51.100.{number}"})
            if answer.status_code == 429:
                break
        assert answer.status_code == 429
        assert (await start_session(other)).status_code == 201


async def test_an_address_has_so_many_requests_under_way_and_others_notice_nothing(site: Site, tmp_path: Path) -> None:
    half = b"POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{"
    ports = [web.port for web in site.nodes.webs]
    few = {"limit_conn address 400;": "limit_conn address 20;"}
    with nginx(tmp_path / "few", site.proxy.cert, ports, few) as proxy:
        async with AsyncExitStack() as stack:
            for _ in range(20):
                way = asyncio.open_connection(PROXY, proxy.port, ssl=proxy.trust, local_addr=(CROWD, 0))
                writer = (await way)[1]
                stack.callback(writer.close)
                writer.write(half)
            async with caller(proxy, CROWD) as crowd, caller(proxy) as other:
                await become(crowd, 429)
                assert (await other.get("/healthz")).status_code == 200
        async with caller(proxy, CROWD) as crowd:
            await become(crowd, 200)


async def become(http: httpx.AsyncClient, status: int) -> None:
    """Asks until the answer is this one: nginx reads what was sent, and what was closed, a little later."""
    for _ in range(int(PATIENCE / 0.1)):
        if (await http.get("/healthz")).status_code == status:
            return
        await asyncio.sleep(0.1)
    pytest.fail(f"expected {status} within some {PATIENCE:g} s")


async def test_nginx_closes_idle_connections_to_nodes_before_they_do() -> None:
    found = re.search(r"keepalive_timeout (\d+)s;", CONFIGURATION.read_text())
    assert found is not None
    assert int(found[1]) < uvicorn.Config("unused:app").timeout_keep_alive


async def test_a_reader_who_says_nothing_stays(site: Site) -> None:
    """The pings hold it: nginx cuts a silent connection after its timeout, and does where that ends before a ping."""
    assert PING < SHORT < IDLE
    assert PING < 60, "the timeout in deploy/nginx.conf"
    await asyncio.sleep(max(0.0, site.since + IDLE - time.monotonic()))
    assert site.hasty.reading.done(), "expected nginx to cut a connection that is silent for longer than its timeout"
    async with caller(site.proxy) as http:
        token = (await start_session(http)).json()["token"]
        assert (await post(http, token, site.thread, "Still there?")).status_code == 201
    await arrived(site.patient, site.thread, 1)
    assert not site.patient.reading.done()


async def test_readers_of_a_stopped_node_come_back_through_the_other(site: Site) -> None:
    thread = site.nodes.webs[0].open_thread(f"/{uuid.uuid4()}")
    async with asyncio.timeout(120), AsyncExitStack() as stack:
        options = Options(backoff=lambda attempt: 0.1)
        clients = [
            await stack.enter_async_context(connect(site.proxy.url, name="Ada", options=options)) for _ in range(6)
        ]
        await clients[0].session("demo")
        followed = [await client.join(thread=thread) for client in clients]
        assert min(connections(web) for web in site.nodes.webs) >= 2, "expected readers on both nodes"
        for number, web in enumerate(site.nodes.webs):
            await post_while_it_stops(site, web, followed[0])
            for reader in followed:
                assert await read(reader, POSTS) == list(range(number * POSTS + 1, (number + 1) * POSTS + 1))


async def post_while_it_stops(site: Site, web: Web, thread: Thread) -> None:
    """Posts POSTS comments, by HTTP and live, while a node goes down, and starts it again. None may fail."""
    async with caller(site.proxy) as http:
        tokens = [(await start_session(http)).json()["token"] for _ in range(2)]  # one author may post 10 at once
        web.terminate()
        for turn in range(POSTS // 2):
            await thread.post(f"Live {turn}", patient=True)
            answer = await post(http, tokens[turn % 2], thread.id, f"By HTTP {turn}")
            assert answer.status_code == 201, answer.text
        assert await asyncio.to_thread(web.wait) == 0
        await asyncio.to_thread(web.start)
        while "/healthz" not in web.said():  # nginx leaves it alone for a while
            await http.get("/healthz")
            await asyncio.sleep(0.05)


async def read(thread: Thread, count: int) -> list[int]:
    """The seqs of the next events."""
    found: list[int] = []
    async for item in thread:
        assert isinstance(item, EventView), item
        found.append(item.seq)
        if len(found) == count:
            break
    return found
