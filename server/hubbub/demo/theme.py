"""/theme: a live thread beside fields for its colours, font, size and density, and the CSS to copy."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.demo.install import SITE
from hubbub.web.node import node_of
from hubbub.web.origin_checks import check_host
from hubbub.web.pages.html import html_response, render

KEY = "/2026/11/20/in-praise-of-the-wrong-bus"  # something to see
# What each colour is for, with its defaults by day and by night; the widget has the same.
COLOURS = (
    ("page", "Page behind the comments", "#ffffff", "#161513"),
    ("text", "Text", "#1c1b19", "#e9e6df"),
    ("accent", "Links and buttons", "#1b4f80", "#9cc4ea"),
    ("alert", "Errors", "#9d2118", "#f2a49b"),
    ("field", "Fields", "#ffffff", "#1f1e1c"),
)


async def theme(request: Request) -> Response:
    """/theme"""
    check_host(request)
    context = {"site_title": "Hubbub", "tagline": None, "site": SITE, "key": KEY, "colours": COLOURS}
    return html_response(request, render("theme.html", root=node_of(request).root, **context))


ROUTES = [Route("/theme", theme, methods=["GET"])]
