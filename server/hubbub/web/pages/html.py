"""HTML answers: the templates, how they show times and numbers, and the policy that browsers hold a page to."""

import hashlib
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from hubbub.domain.model import Site
from hubbub.domain.origins import LOOPBACK
from hubbub.domain.times import to_rfc3339
from hubbub.languages import texts
from hubbub.languages.texts import ENGLISH, direction, translate
from hubbub.web.compression import LEAST, compress, matches_etag, takes_gzip
from hubbub.web.pages.assets import address

SUMMARY_CHARS = 280  # about six lines of a teaser
NOBODY = "'none'"  # may show a page in a frame
_LOOPBACK_SOURCES = [f"{scheme}://{host}:*" for host in ("localhost", "127.0.0.1") for scheme in ("http", "https")]
_SOURCE = re.compile(r"https?://[a-z0-9._-]+(:\d+)?")  # CSP 3, 2.3.1: no list can name an IPv6 address
_SIDED = re.compile("<(ul|ol|blockquote)(?=[ >])")
_SENTENCE = re.compile(r"[.!?؟۔।](?= )|[。！？]")  # no blank follows one in Chinese and Japanese
_FIRST_PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)


def html_response(
    request: Request,
    body: bytes,
    status: int = 200,
    ancestors: str = NOBODY,
    zipped: bytes | None = None,
    *,
    form: bool = False,
    policy: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """A finished page (`zipped`: compressed already), or 304 for a browser that has it; `ancestors` says who may frame
    it, `form` whether it has one, `policy` where its Content-Security-Policy differs from those of other pages."""
    headers = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding", **_security(ancestors, policy, form=form)}
    if status == 200:
        shorter = len(body) >= LEAST and takes_gzip(request)
        tag = hashlib.blake2b(body, digest_size=10).hexdigest()
        headers["ETag"] = f'"{tag}-gzip"' if shorter else f'"{tag}"'  # a strong tag names the very bytes
        if matches_etag(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
        if shorter:
            body, headers["Content-Encoding"] = zipped or compress(body), "gzip"
    return Response(body, status, headers, "text/html")


def _security(ancestors: str, other: Mapping[str, str], *, form: bool) -> Mapping[str, str]:
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "https: data: 'self'",
        "connect-src": "'self'",  # the live socket too: CSP 3 counts ws: and wss: of the same host as 'self'
        "base-uri": "'none'",
        "form-action": "'self'" if form else "'none'",
        "frame-ancestors": ancestors,
        **other,
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {sources}" for name, sources in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
    }


def ancestors_of(site: Site) -> str:
    """Who may frame the site's comments, as CSP says it: its own origins, and this server."""
    sources = ["'self'"]
    for origin in site.origins:
        sources += _LOOPBACK_SOURCES if origin == LOOPBACK else [origin] if _SOURCE.fullmatch(origin) else []
    return " ".join(sources)


def render(template: str, *, root: object = "", language: object = ENGLISH, **context: object) -> bytes:
    """A template with what it shows, in a language of ours; its links are below the path `root`."""
    spoken = str(language)
    said = {"language": spoken, "direction": direction(spoken), "t": partial(_text, spoken)}
    return _TEMPLATES.get_template(template).render(context, **said, root=root).encode()


def summary_of(html: str) -> str:
    """The first paragraph of an article as plain text, cut at a sentence or a word where it is long."""
    found = _FIRST_PARAGRAPH.search(html)
    text = Markup(found[1]).striptags() if found else ""  # noqa: S704 - the tags are taken off; templates escape the rest
    if len(text) <= SUMMARY_CHARS:
        return text
    cut = text[:SUMMARY_CHARS]
    sentences = [end.end() for end in _SENTENCE.finditer(cut) if end.end() > SUMMARY_CHARS // 3]
    if sentences:
        return cut[: sentences[-1]]
    word = cut.rfind(" ")
    return cut[: word if word > SUMMARY_CHARS // 3 else None].rstrip(",;:–— ") + " …"


def directed(html: str) -> Markup:
    """Safe HTML whose lists and quotes take their side from their own text. For all else style can do it."""
    return Markup(_SIDED.sub(r'<\1 dir="auto"', html))  # noqa: S704 - the sanitizer wrote it, and escapes each < of text


def comment_count(language: str, count: int) -> str:
    """As the widget says it, so that nothing jumps when that takes over."""
    return translate(language, "{0} comment(s)", count) if count else translate(language, "No comments")


def day(language: str, ms: int) -> str:
    """22 November 2026, in UTC."""
    return texts.day(language, datetime.fromtimestamp(ms / 1000, UTC))


def moment(language: str, rfc3339: str) -> str:
    """22 November 2026, 10:00 UTC."""
    then = datetime.fromisoformat(rfc3339)
    return translate(language, "{0}, {1} UTC", texts.day(language, then), f"{then:%H:%M}")


def _text(language: str, english: str, *values: object) -> Markup:
    shown = [value if isinstance(value, int) else escape(value) for value in values]
    text = str(escape(texts.find(language, english, *values)))
    return Markup(texts.fill(language, text, *shown))  # noqa: S704 - what it is made of was escaped


def _filter(show: Callable[[str, Any], str]) -> Callable[[Context, Any], str]:
    """A filter that knows the page's language."""
    return pass_context(lambda context, value: show(context["language"], value))


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_TEMPLATES.globals |= {"asset": address}
_TEMPLATES.filters |= {
    "directed": directed,
    "bdi": Markup("<bdi>{}</bdi>").format,
    "comment_count": _filter(comment_count),
    "day": _filter(day),
    "duration": _filter(texts.duration),
    "moment": _filter(moment),
    "number": _filter(lambda language, number: texts.fill(language, "{0}", number)),
    "time": _filter(lambda language, at: Markup('<time datetime="{}">{}</time>').format(at, moment(language, at))),
    "rfc3339": to_rfc3339,
}
