"""The client and the pages' own files: cached rightly, small on the wire, and honest when the client was not built."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from hubbub.web.pages import assets
from tests.support.nodes import running_node

SCRIPT = "console.log('hubbub');\n" * 50


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with running_node(tmp_path) as running:
        yield running.http


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that stands for the built client, empty at first."""
    client = tmp_path / "client"
    client.mkdir()
    monkeypatch.setattr(assets, "CLIENT", client)
    return client


@pytest.mark.parametrize("name", ["embed.js", "frame.js"])
async def test_any_page_may_load_the_client(http: httpx.AsyncClient, built: Path, name: str) -> None:
    (built / name).write_text(SCRIPT)
    response = await http.get(f"/{name}", headers={"Origin": "https://anywhere.example", "Accept-Encoding": "identity"})
    assert response.status_code == 200
    assert response.text == SCRIPT
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cache-Control"] == "public, max-age=300"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_each_encoding_has_its_own_strong_tag(http: httpx.AsyncClient, built: Path) -> None:
    (built / "embed.js").write_text(SCRIPT)
    plain = await http.get("/embed.js", headers={"Accept-Encoding": "gzip;q=0"})
    async with http.stream("GET", "/embed.js", headers={"Accept-Encoding": "br, gzip"}) as zipped:
        raw = b"".join([chunk async for chunk in zipped.aiter_raw()])
    assert "Content-Encoding" not in plain.headers
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(raw).decode() == plain.text == SCRIPT
    assert len(raw) < len(SCRIPT)
    assert plain.headers["ETag"] != zipped.headers["ETag"]
    assert plain.headers["Vary"] == zipped.headers["Vary"] == "Accept-Encoding"


async def test_what_the_browser_has_is_not_sent_again(http: httpx.AsyncClient, built: Path) -> None:
    (built / "embed.js").write_text(SCRIPT)
    tag = (await http.get("/embed.js")).headers["ETag"]
    for known, status in ((tag, 304), (f'"old", W/{tag}', 304), ("*", 304), ('"old"', 200), (tag.strip('"'), 200)):
        response = await http.get("/embed.js", headers={"If-None-Match": known})
        assert response.status_code == status, known
        assert response.headers["ETag"] == tag


async def test_a_client_that_was_not_built_says_what_to_do(http: httpx.AsyncClient, built: Path) -> None:
    missing = await http.get("/embed.js")
    assert missing.status_code == 503
    assert "make client" in missing.text
    assert missing.headers["Cache-Control"] == "no-store"
    (built / "embed.js").write_text(SCRIPT)
    assert (await http.get("/embed.js")).status_code == 200, "once it is built, no restart is needed"


@pytest.mark.parametrize("part", ["write", "trouble", "any"])
async def test_a_later_part_is_kept_for_ever_and_fits_its_embed_js(
    http: httpx.AsyncClient, built: Path, part: str
) -> None:
    (built / f"{part}-0123456789abcdef.js").write_text(SCRIPT)
    response = await http.get(f"/{part}-0123456789abcdef.js?1", headers={"Origin": "https://anywhere.example"})
    assert (response.status_code, response.text) == (200, SCRIPT)
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    for other in ("fedcba9876543210", "%00", "0" * 300):
        missing = await http.get(f"/{part}-{other}.js")
        assert (missing.status_code, missing.headers["Cache-Control"]) == (404, "no-store"), other
    assert (await http.get("/%00-0123456789abcdef.js")).status_code == 404


async def test_a_style_is_kept_for_ever_under_its_version(http: httpx.AsyncClient) -> None:
    address = assets.address("paper.css")
    assert (await http.get(address)).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for stale in ("/assets/paper.css", "/assets/paper.css?v=old"):
        assert (await http.get(stale)).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("name", ["nothing.css", "..%2Fviews.py", "%2Fetc%2Fpasswd", ".", "%2e%2e", "paper.css%00"])
async def test_nothing_else_is_served(http: httpx.AsyncClient, name: str) -> None:
    assert (await http.get(f"/assets/{name}")).status_code == 404


async def test_styles_load_nothing_from_elsewhere() -> None:
    for path in assets.STYLE.glob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert "url(" not in text
        assert "@import" not in text
