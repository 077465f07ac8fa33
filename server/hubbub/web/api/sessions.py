"""/api/v1/sessions and /api/v1/sites: tokens and sites. Every handler raises Refused."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hubbub.commands.sites import ChangeSite, PutSite, RemoveSite, SiteBasics, UseCode
from hubbub.domain.actor import Actor, check, check_site
from hubbub.domain.errors import bad_request, forbidden
from hubbub.domain.model import SsoKey
from hubbub.domain.origins import LOOPBACK, parse_origin
from hubbub.domain.permissions import Permission
from hubbub.domain.sizes import SITE_CHARS, TITLE_CHARS
from hubbub.domain.text import clean_line
from hubbub.domain.votes import clean_reactions
from hubbub.languages.texts import LANGUAGES
from hubbub.protocol.answers import RequestOptionsAnswer
from hubbub.protocol.requests.sites import (
    ClaimBody,
    EmptyBody,
    SessionBody,
    SignInBody,
    SiteBody,
    SiteChangeBody,
    SsoKeyBody,
)
from hubbub.protocol.views import OwnAuthorView
from hubbub.services.authors import own_author_view
from hubbub.services.identity import guest
from hubbub.services.pairing import use_pairing
from hubbub.services.passkeys import request_options, use_passkey
from hubbub.services.rate_limits import CLAIMS_ADDRESS, SESSIONS_ADDRESS
from hubbub.services.sso import clean_sso_key, sign_on
from hubbub.web.api.people import check_guest_name
from hubbub.web.node import node_of
from hubbub.web.requests import actor_of, caller_of, read_body
from hubbub.web.responses import json_response


async def start(request: Request) -> Response:
    """Starts a guest's session under a name of their choice. With a guest's token they stay the same author."""
    node = node_of(request)
    body = await read_body(request, SessionBody)
    site = node.sites.get(body.site)
    node.sites.check_origin(body.site, request.headers.get("origin"))
    node.limits.check((SESSIONS_ADDRESS, caller_of(request).address))
    if body.pair is not None:
        node.limits.check((CLAIMS_ADDRESS, caller_of(request).address))
        paired = await use_pairing(node, body.site, body.pair)
        return _session(request, paired, await node.authors.own_view(paired))
    if body.sso is not None:
        known = await sign_on(node, site, body.sso)
        return _session(request, known, await node.authors.own_view(known))
    if body.passkey is not None:
        node.limits.check((CLAIMS_ADDRESS, caller_of(request).address))
        origin = request.headers.get("origin")
        found = await use_passkey(node, node.identity, body.site, origin, body.passkey)
        return _session(request, found, await node.authors.own_view(found))
    kept = _guest_of(request, body.site)
    actor = guest(body.site, body.name, body.email, body.website, kept)
    await check_guest_name(node, actor)
    author = own_author_view(actor, 0) if kept is None else await node.authors.own_view(actor)
    return _session(request, actor, author)


async def options(request: Request) -> Response:
    """How a page asks for a passkey."""
    node = node_of(request)
    body = await read_body(request, SignInBody)
    site, origin = node.sites.get(body.site).name, request.headers.get("origin")
    node.sites.check_origin(site, origin)
    node.limits.check((SESSIONS_ADDRESS, caller_of(request).address))
    answer = RequestOptionsAnswer(request_options(node.identity, site, origin))
    return json_response(answer, headers={"Cache-Control": "no-store"})


def _guest_of(request: Request, site: str) -> str | None:
    """The id of the guest who sent the request. Refused `forbidden` for staff, whose names the operator chose."""
    actor = actor_of(request)
    if actor is None:
        return None
    if not check_site(actor, site).may(Permission.CHOOSE_NAME):
        raise forbidden("A session of this role keeps its name.")
    if actor.signed_on:
        raise forbidden("Your name comes from the page; change it there.")
    return actor.id


async def claim(request: Request) -> Response:
    """Exchanges a one-time code for a session. The code is void from then on, on every node. A page may use codes of
    its own site only."""
    node = node_of(request)
    node.limits.check((CLAIMS_ADDRESS, caller_of(request).address))
    body = await read_body(request, ClaimBody)
    actor, use = node.identity.read_code(body.code)
    node.sites.check_origin(actor.site, request.headers.get("origin"))
    if body.site not in (None, actor.site):
        raise forbidden("This link is for another site.")
    await node.command_bus.submit(UseCode(use))
    return _session(request, actor, await node.authors.own_view(actor))


def _session(request: Request, actor: Actor, author: OwnAuthorView) -> Response:
    token = node_of(request).identity.issue(actor)
    return json_response({"token": token, "author": author}, 201, {"Cache-Control": "no-store"})


async def put_site(request: Request) -> Response:
    """Adds or changes a site, for the operator."""
    name, actor = _named_by_operator(request)
    body = await read_body(request, SiteBody)
    texts = clean_site_text("title", body.title), clean_site_text("tagline", body.tagline)
    site = SiteBasics(clean_site_name(name), clean_origins(body.origins), body.images, *texts)
    await node_of(request).sites.carry_out(PutSite(site, actor))
    return json_response({"site": name})


async def change_site(request: Request) -> Response:
    """Changes a site's origins and settings, for the operator."""
    name, actor = _named_by_operator(request)
    body = await read_body(request, SiteChangeBody)
    await node_of(request).sites.carry_out(make_change(name, body, actor))
    return json_response({"site": name})


async def remove_site(request: Request) -> Response:
    """Removes a site without comments, for the operator."""
    name, actor = _named_by_operator(request)
    await read_body(request, EmptyBody)
    await node_of(request).sites.carry_out(RemoveSite(name, actor))
    return json_response({"site": name})


def _named_by_operator(request: Request) -> tuple[str, Actor]:
    name: str = request.path_params["name"]
    return name, check(actor_of(request), Permission.CHANGE_SITE, name)


def make_change(name: str, body: SiteChangeBody, actor: Actor) -> ChangeSite:
    """Checks a change of a site. Refused `bad_request` says what is wrong with it."""
    return ChangeSite(
        clean_site_name(name),
        add=clean_origins(body.add),
        remove=clean_origins(body.remove),
        origins=None if body.origins is None else clean_origins(body.origins),
        images=body.images,
        actor=actor,
        title=clean_site_text("title", body.title),
        tagline=clean_site_text("tagline", body.tagline),
        names=body.names,
        language=_clean_language(body.language),
        sso=None if body.sso is None else clean_sso_keys(body.sso),
        votes=body.votes,
        theme=body.theme,
        reactions=None if body.reactions is None else clean_reactions(body.reactions),
    )


def _clean_language(language: str | None) -> str | None:
    """A language that we have; Refused `bad_request`."""
    if language is not None and language not in LANGUAGES:
        raise bad_request(f"`language` is one of {', '.join(sorted(LANGUAGES))}.")
    return language


def clean_sso_keys(keys: Mapping[str, SsoKeyBody | None]) -> dict[str, SsoKey | None]:
    """Keys for sign-on, by id; Refused `bad_request`."""
    return {name: None if one is None else clean_sso_key(name, one.algorithm, one.key) for name, one in keys.items()}


def clean_site_name(name: str) -> str:
    """A site's name; Refused `bad_request`."""
    if not (name.replace("-", "").replace("_", "").isalnum() and name.isascii() and len(name) <= SITE_CHARS):
        raise bad_request(f"A site's name is letters, digits, - and _, at most {SITE_CHARS}.")
    return name


def clean_site_text(field: str, text: str | None) -> str | None:
    """A title or tagline on one line; None and "" as they are. Refused `bad_request`."""
    return clean_line(text, field, TITLE_CHARS) if text else text


def clean_origins(origins: Sequence[str]) -> tuple[str, ...]:
    """Origins, each once; Refused `bad_request`."""
    try:
        return tuple(dict.fromkeys(origin if origin == LOOPBACK else parse_origin(origin) for origin in origins))
    except ValueError as error:
        raise bad_request(str(error)) from None


ROUTES = [
    Route("/api/v1/sessions", start, methods=["POST"]),
    Route("/api/v1/sessions/options", options, methods=["POST"]),
    Route("/api/v1/sessions/claim", claim, methods=["POST"]),
    Route("/api/v1/sites/{name}", put_site, methods=["PUT"]),
    Route("/api/v1/sites/{name}", change_site, methods=["PATCH"]),
    Route("/api/v1/sites/{name}", remove_site, methods=["DELETE"]),
]
