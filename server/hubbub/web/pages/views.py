"""The pages people read without any script: the front page, hosted articles, and comments for an iframe."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial, wraps
from math import ceil
from urllib.parse import urlencode

from sqlalchemy.exc import DBAPIError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.domain.errors import ErrorCode, Refused, bad_request, http_status
from hubbub.domain.keys import clean_key
from hubbub.domain.model import SiteSettings
from hubbub.languages.texts import known
from hubbub.metrics import REFUSED
from hubbub.services.caller import Caller
from hubbub.services.history import ThreadRef, version_of
from hubbub.services.rate_limits import REQUESTS_ADDRESS
from hubbub.services.refusals import refusal_of
from hubbub.services.sites import DEFAULTS
from hubbub.services.threads import with_thread
from hubbub.web.compression import compress_any
from hubbub.web.node import Node, node_of
from hubbub.web.origin_checks import check_host
from hubbub.web.pages import data
from hubbub.web.pages.cache import FinishedPage
from hubbub.web.pages.html import NOBODY, ancestors_of, html_response, render
from hubbub.web.pages.json_ld import json_ld
from hubbub.web.pages.look import Look, look_of
from hubbub.web.pages.posting import Form, blank_form, post, read_form
from hubbub.web.requests import caller_of, number_of, text_of

_HIGHEST = 2**53 - 1
_HEADINGS: dict[str, str] = {
    ErrorCode.NOT_FOUND: "There is nothing here",
    ErrorCode.BAD_REQUEST: "This address is not right",
    ErrorCode.RATE_LIMITED: "Too many pages at once",
    ErrorCode.UNAVAILABLE: "Back in a moment",
}

Handler = Callable[[Request], Awaitable[Response]]


def _for_people(handler: Handler) -> Handler:
    """Refusals as a page; every page counts against its address's requests."""

    @wraps(handler)
    async def handle(request: Request) -> Response:
        try:
            check_host(request)
            node_of(request).limits.check((REQUESTS_ADDRESS, caller_of(request).address))
            return await handler(request)
        except (Refused, DBAPIError) as error:
            return _refusal(request, refusal_of(error, "request_failed"))

    return handle


def _language_of(request: Request) -> str | None:
    """The language that `lang` of the address asks for, one of those that we have."""
    asked = request.query_params.get("lang")
    return None if asked is None else known(asked)


def _render(
    node: Node, template: str, settings: SiteSettings = DEFAULTS, asked: str | None = None, **context: object
) -> bytes:
    """A template with its context, under a site's title, with links below the path of this server. It is in the
    language that was `asked` for, or the site's."""
    title, tagline, language = settings.title or "Hubbub", settings.tagline, asked or known(settings.language)
    return render(
        template,
        root=node.root,
        demo=node.demo,
        language=language,
        asked=asked,
        settings=settings,
        site_title=title,
        tagline=tagline,
        **context,
    )


def _refusal(request: Request, refused: Refused) -> Response:
    REFUSED.labels(refused.code).inc()
    heading = _HEADINGS.get(refused.code, "This did not work")
    response = html_response(
        request,
        _render(
            node_of(request), "message.html", asked=_language_of(request), heading=heading, message=refused.message
        ),
        http_status(refused.code),
    )
    _set_retry_after(response, refused)
    return response


def _set_retry_after(response: Response, refused: Refused) -> None:
    if refused.retry_after is not None:
        response.headers["Retry-After"] = str(ceil(refused.retry_after))


@_for_people
async def front(request: Request) -> Response:
    """The newest hosted articles, or how to embed the first thread where there are none."""
    node = node_of(request)
    articles = await node.database.read(data.read_front_page)
    if not articles:
        return html_response(request, _render(node, "welcome.html", host=node.home))
    sites = {article.thread.site for article in articles}
    settings = node.sites.settings_of(sites.pop()) if len(sites) == 1 else DEFAULTS
    return html_response(
        request, _render(node, "front.html", settings, _language_of(request), articles=articles), form=node.demo
    )


def _asked(request: Request) -> tuple[int | None, int | None]:
    """`before` and `around`: which comments a page shows."""
    before, around = (number_of(request, name, most=_HIGHEST) for name in ("before", "around"))
    if before is not None and around is not None:
        raise bad_request("Send either `before` or `around`.")
    return before, around


async def _thread_page(
    node: Node,
    thread_id: str,
    asked: tuple[int | None, int | None],
    template: str,
    language: str | None,
    look: Look | None = None,
) -> FinishedPage:
    """A thread as HTML. It is rendered again only after an event or a vote in it, or a change of its site's
    settings."""
    thread = await node.history.thread(thread_id)
    settings = node.sites.settings_of(thread.site)
    key = (thread_id, *asked, template, look, language)
    finished = node.pages.get(key)
    if finished is None or (finished.version, finished.settings) != (version_of(thread), settings):
        thread_page = await node.database.read(data.read_thread_page, thread_id, *asked)
        body = _render_thread(node, template, thread_page, blank_form(), language, look)
        finished = FinishedPage(version_of(thread_page.thread), settings, body, await compress_any(body))
        node.pages[key] = finished
    return finished


def _render_thread(
    node: Node, template: str, thread_page: data.ThreadPage, form: Form, language: str | None, look: Look | None
) -> bytes:
    thread = thread_page.thread
    settings = node.sites.settings_of(thread.site)
    shown = {"thread_page": thread_page, "json_ld": json_ld(thread_page, node.home), "form": form}
    article = thread_page.article
    look = look or Look((article and article.theme) or settings.theme)
    return _render(node, template, settings, language, **shown, site=thread.site, key=thread.key, look=look)


@_for_people
async def article(request: Request) -> Response:
    """/t/{id}: the article with its comments."""
    node, thread = node_of(request), request.path_params["thread"]
    finished = await _thread_page(node, thread, _asked(request), "thread.html", _language_of(request))
    return html_response(request, finished.body, zipped=finished.zipped, form=True)


@_for_people
async def post_article(request: Request) -> Response:
    """The form of /t/{id}."""
    form = await read_form(request)
    ref = await node_of(request).history.ref(request.path_params["thread"])
    return await _post(request, ref, form, "thread.html", NOBODY)


@_for_people
async def post_embed(request: Request) -> Response:
    """The form of /embed?site=&key=. The first comment makes the thread."""
    node, look, form = node_of(request), look_of(request), await read_form(request)
    site, key = node.sites.get(text_of(request, "site")), text_of(request, "key")
    caller = Caller(None, node.origin, caller_of(request).address)
    post_in = partial(_post, request, form=form, template="embed.html", ancestors=ancestors_of(site), look=look)
    return await with_thread(node, caller, site.name, key, post_in)


async def _post(
    request: Request, ref: ThreadRef, form: Form, template: str, ancestors: str, look: Look | None = None
) -> Response:
    """Posts a comment and leads to it; or shows the page, where the comment is held, or with what was typed and why it
    was refused."""
    node, language = node_of(request), _language_of(request)

    async def show(form: Form, status: int) -> Response:
        thread_page = await node.database.read(data.read_thread_page, ref.id, None)
        body = _render_thread(node, template, thread_page, form, language, look)
        return html_response(request, body, status, ancestors, form=True)

    try:
        comment = await post(request, ref, form)
    except (Refused, DBAPIError) as error:
        refused = refusal_of(error, "request_failed")
        REFUSED.labels(refused.code).inc()
        response = await show(replace(form, error=refused.message), http_status(refused.code))
        _set_retry_after(response, refused)
        return response
    if not comment.number:  # held: no page has it
        return await show(replace(blank_form(), held=True), 202)
    query = {"site": ref.site, "key": ref.key, **(look.query if look else {})}
    own = f"/t/{ref.id}?" if template == "thread.html" else f"/embed?{urlencode(query)}&"
    own += f"lang={language}&" if language else ""
    here = f"{node.root}{own}"
    return Response(status_code=303, headers={"Location": f"{here}around={comment.number}#comment-{comment.number}"})


@_for_people
async def embed(request: Request) -> Response:
    """/embed?site=&key=: the comments alone, for an iframe on the site's pages."""
    node, asked, look, language = node_of(request), _asked(request), look_of(request), _language_of(request)
    site, sent = node.sites.get(text_of(request, "site")), text_of(request, "key")
    key = clean_key(sent)
    ref = await node.history.find(site.name, sent)
    try:
        finished = await _thread_page(node, ref.id, asked, "embed.html", language, look) if ref else None
    except Refused:
        finished = None  # the thread was forgotten, since nobody had read it for long
    if finished is None:  # the widget makes the thread when it joins
        shown = {"thread_page": None, "site": site.name, "key": key, "form": blank_form(), "look": look}
        body = _render(node, "embed.html", site.settings, language, **shown)
        zipped = None
    else:
        body, zipped = finished.body, finished.zipped
    return html_response(request, body, ancestors=ancestors_of(site), zipped=zipped, form=True)


@_for_people
async def nothing(request: Request) -> Response:
    """Any other address a person may come to."""
    raise Refused(ErrorCode.NOT_FOUND, "The page may have moved, or its address was mistyped.")


ROUTES = [
    Route("/", front, methods=["GET"]),
    Route("/t/{thread}", article, methods=["GET"]),
    Route("/t/{thread}", post_article, methods=["POST"]),
    Route("/embed", embed, methods=["GET"]),
    Route("/embed", post_embed, methods=["POST"]),
    # Last of all routes, and of one segment, so that /api keeps its own answers.
    Route("/{anything}", nothing, methods=["GET"]),
    Route("/t/{anything:path}", nothing, methods=["GET"]),
]
