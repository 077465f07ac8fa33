"""The files browsers need, from memory: the client (/embed.js, its parts, /frame.js), pages' style (/assets/…)."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hubbub.web.compression import matches_etag, takes_gzip

_HERE = Path(__file__).parent
CLIENT = _HERE.parents[1] / "static"  # built, not in git
STYLE = _HERE / "style"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# embed.js has one address for ever, so an upgrade reaches a page within minutes; the address of what embed.js loads,
# and that of a style, change with them.
_SHORT = "public, max-age=300"
_EVER = "public, max-age=31536000, immutable"
_NOT_BUILT = "The client is not built yet. Run `make client`, then load this page again.\n"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file in memory; `tag` is the start of its content's hash."""

    body: bytes
    zipped: bytes
    tag: str
    media_type: str


@cache
def load(path: Path) -> Asset:
    """The file at `path`, kept once it was read; OSError while it can't be."""
    body = path.read_bytes()
    tag = hashlib.blake2b(body, digest_size=10).hexdigest()
    return Asset(body, gzip.compress(body, 9, mtime=0), tag, TYPES[path.suffix])


def address(name: str) -> str:
    """Where pages find a file of ours; another address with every change, so that it can be cached for ever."""
    return f"/assets/{quote(name)}?v={load(STYLE / name).tag}"


async def client_script(request: Request) -> Response:
    """/embed.js or /frame.js; 503 with what to do about it where the client was not built."""
    try:
        asset = load(CLIENT / request.url.path.removeprefix("/"))
    except OSError:
        return PlainTextResponse(_NOT_BUILT, 503, {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"})
    return _serve(request, asset, _SHORT)


async def part(request: Request) -> Response:
    """What embed.js loads later; 404 for that of another build, which would not fit it."""
    named = all(text.replace("-", "").isalnum() for text in request.path_params.values())
    try:
        asset = load(CLIENT / request.url.path.removeprefix("/")) if named else None
    except OSError:
        asset = None
    if asset is None:
        return PlainTextResponse("There is no such file, or no longer.\n", 404, {"Cache-Control": "no-store"})
    return _serve(request, asset, _EVER)


async def style(request: Request) -> Response:
    """A file of the pages' own."""
    path = STYLE / request.path_params["name"]
    if path not in _style_files():
        return PlainTextResponse("There is no such file.\n", 404)
    asset = load(path)
    return _serve(request, asset, _EVER if request.query_params.get("v") == asset.tag else "no-cache")


@cache
def _style_files() -> frozenset[Path]:
    return frozenset(path for path in STYLE.iterdir() if path.suffix in TYPES)


def _serve(request: Request, asset: Asset, caching: str) -> Response:
    zipped = takes_gzip(request)
    tag = f'"{asset.tag}-gzip"' if zipped else f'"{asset.tag}"'  # a strong tag names the very bytes
    headers = {
        "ETag": tag,
        "Cache-Control": caching,
        "Vary": "Accept-Encoding",
        # Any page may load these: who may comment is decided by the API.
        "Access-Control-Allow-Origin": "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if matches_etag(request, tag):
        return Response(status_code=304, headers=headers)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    headers["Content-Type"] = asset.media_type
    return Response(asset.zipped if zipped else asset.body, 200, headers)


ROUTES = [
    Route("/embed.js", client_script, methods=["GET"]),
    Route("/{part}-{version}.js", part, methods=["GET"]),
    Route("/frame.js", client_script, methods=["GET"]),
    Route("/assets/{name}", style, methods=["GET"]),
]
