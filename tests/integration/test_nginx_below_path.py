"""deploy/nginx.conf with Hubbub below a path and on a Unix socket, as the documentation tells."""

import asyncio
from pathlib import Path

import httpx
from websockets.asyncio.client import connect
from websockets.typing import Origin

from tests.support.nginx import certificate, nginx
from tests.support.unix import UnixServer
from tests.support.waiting import PATIENCE

PUBLIC = "https://paper.example"
CHANGES = {
    "location / {": "location /comments/ {",
    "location /api/v1/sessions {": "location /comments/api/v1/sessions {",
    "location = /metrics {": "location = /comments/metrics {",
}


async def test_nginx_serves_it_below_a_path_from_a_unix_socket(tmp_path: Path) -> None:
    env = {"HUBBUB_PUBLIC_URL": f"{PUBLIC}/comments", "HUBBUB_TRUSTED_PROXIES": "unix"}
    cert = certificate(tmp_path)
    with UnixServer(tmp_path / "data", env=env) as server:
        nodes = {"server 127.0.0.1:1 ": f"server unix:{server.socket} ", "server 127.0.0.1:2 ": "server unix:/nobody "}
        with nginx(tmp_path / "proxy", cert, [1, 2], CHANGES | nodes) as proxy:
            async with httpx.AsyncClient(base_url=proxy.url, verify=proxy.trust, timeout=PATIENCE) as http:
                front = await http.get("/comments/")
                assert (front.status_code, 'src="/comments/embed.js"' in front.text) == (200, True)
                for path, status in (("embed.js", 200), ("metrics", 404), ("api/v1/counts?site=demo&key=/x", 200)):
                    assert (await http.get(f"/comments/{path}")).status_code == status, path
                assert (await http.get("/t/x")).status_code == 404, "nginx's own"
                made = await http.post("/comments/api/v1/sessions", json={"site": "demo"}, headers={"Origin": PUBLIC})
                assert made.status_code == 201
            live = f"{proxy.url.replace('http', 'ws', 1)}/comments/api/v1/live"
            async with connect(live, ssl=proxy.trust, origin=Origin(PUBLIC), proxy=None) as reader:
                await reader.send('{"cmd":"join","ref":1,"site":"demo","key":"/x"}')
                assert '"ok":true' in await asyncio.wait_for(anext(aiter(reader)), PATIENCE)
