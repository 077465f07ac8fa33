"""/examples: every way to put comments on a page, running. Their code stands in docs/embedding.md, word by word."""

import hashlib
import re
from base64 import b64encode
from functools import partial
from pathlib import Path
from typing import NamedTuple

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.web.node import Node, node_of
from hubbub.web.origin_checks import check_host
from hubbub.web.pages.html import html_response, render

DOCUMENTED_HOST = "https://comments.example.org"
FILES = Path(__file__).parent / "examples"
_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class Example(NamedTuple):
    """One way onto a page. `runs` names the example that stands in for what needs a framework or a foreign script."""

    file: str
    title: str
    runs: str | None = None

    @property
    def name(self) -> str:
        """The last part of its address."""
        return self.file.partition(".")[0]

    @property
    def language(self) -> str:
        """What its code is written in."""
        return self.file.partition(".")[2]

    @property
    def code(self) -> str:
        """What a publisher puts on a page."""
        return (FILES / self.file).read_text(encoding="utf-8")


EXAMPLES = (
    Example("module.html", "Module script"),
    Example("classic.html", "Classic script"),
    Example("frame.html", "Iframe with automatic height"),
    Example("scheme.html", "Frame with a scheme"),
    Example("drawer.html", "Chat in a drawer"),
    Example("count.html", "Count only"),
    Example("several.html", "Several threads on a page"),
    Example("single-page.html", "Single-page application"),
    Example("no-script.html", "No script"),
    Example("react.jsx", "React", runs="single-page"),
    Example("vue.vue", "Vue", runs="single-page"),
    Example("svelte.svelte", "Svelte", runs="single-page"),
    Example("astro.astro", "Astro", runs="module"),
    Example("wordpress.php", "WordPress", runs="module"),
    Example("ghost.hbs", "Ghost", runs="module"),
    Example("amp.html", "AMP", runs="frame"),
)
_BY_NAME = {example.name: example for example in EXAMPLES}


def _page(request: Request, node: Node, template: str, policy: dict[str, str], **context: object) -> Response:
    check_host(request)
    body = render(template, root=node.root, site_title="Hubbub", tagline=None, **context)
    return html_response(request, body, policy=policy)


async def index(request: Request) -> Response:
    """/examples: the list."""
    return _page(request, node_of(request), "examples.html", {}, examples=EXAMPLES)


async def _show(request: Request, example: Example) -> Response:
    """One example: its code, and the same running against this server."""
    node = node_of(request)
    running = _BY_NAME[example.runs] if example.runs else example
    live = running.code.replace(DOCUMENTED_HOST, f"{request.url.scheme}://{request.url.netloc}{node.root}")
    hashes = [b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in _INLINE.findall(live)]
    policy = {
        "script-src": " ".join(["'self'", *(f"'sha256-{one}'" for one in hashes)]),
        "style-src": "'self' 'unsafe-inline'",  # the snippets have styles of their own
        "frame-src": "'self'",
    }
    shown = {"example": example, "running": running, "live": Markup(live)}  # noqa: S704 - files of this package
    return _page(request, node, "example.html", policy, **shown)


ROUTES = [
    Route("/examples", index, methods=["GET"]),
    *(Route(f"/examples/{one.name}", partial(_show, example=one), methods=["GET"]) for one in EXAMPLES),
]
