"""/api/v1/me: what an author does about themselves. Every handler raises Refused."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from hubbub.domain.actor import Actor, check_site
from hubbub.domain.errors import forbidden, token_missing
from hubbub.domain.permissions import Permission
from hubbub.domain.times import to_rfc3339
from hubbub.protocol.answers import (
    CreationOptionsAnswer,
    ErasedAnswer,
    MeAnswer,
    PairingAnswer,
    PasskeysAnswer,
    SeenAnswer,
)
from hubbub.protocol.requests.sites import EmptyBody, PasskeyBody, PasskeyRemovalBody, SeenBody
from hubbub.services.own_data import erase, export
from hubbub.services.pairing import make_pairing
from hubbub.services.passkeys import creation_options, keep_passkey, passkey_view, passkeys, remove_passkey
from hubbub.services.rate_limits import OWN_DATA, PAIRINGS, PASSKEYS, REQUESTS_ADDRESS, SEEN, Rate
from hubbub.services.seen import keep_seen, seen_by
from hubbub.storage.passkeys import Passkey
from hubbub.storage.seen import Seen
from hubbub.web.node import node_of
from hubbub.web.requests import caller_of, read_body, text_of
from hubbub.web.responses import json_response

_PRIVATE = {"Cache-Control": "no-store"}


async def show(request: Request) -> Response:
    """The author as shown to themselves."""
    actor = _author(request, None)
    return json_response(MeAnswer(await node_of(request).authors.own_view(actor)), headers=_PRIVATE)


async def own_export(request: Request) -> Response:
    """All comments of the author, as JSON lines."""
    actor = _author(request, OWN_DATA)
    headers = {**_PRIVATE, "Content-Disposition": 'attachment; filename="my-comments.jsonl"'}
    return StreamingResponse(export(node_of(request), actor), 200, headers, "application/x-ndjson")


async def own_erase(request: Request) -> Response:
    """Erases all comments of the author."""
    actor = _author(request, OWN_DATA)
    await read_body(request, EmptyBody)
    return json_response(ErasedAnswer(await erase(node_of(request), actor)))


async def pair(request: Request) -> Response:
    """A code that brings a guest to another device."""
    actor = _guest(request, PAIRINGS)
    await read_body(request, EmptyBody)
    code, ends = await make_pairing(node_of(request), actor)
    return json_response(PairingAnswer(code, to_rfc3339(ends)), 201, _PRIVATE)


async def passkey_options(request: Request) -> Response:
    """How a page makes a passkey for a guest."""
    actor, node = _guest(request, None), node_of(request)
    await read_body(request, EmptyBody)
    options = await creation_options(node, node.identity, actor, caller_of(request).origin)
    return json_response(CreationOptionsAnswer(options), headers=_PRIVATE)


async def show_passkeys(request: Request) -> Response:
    """The author's passkeys."""
    return _passkeys(await passkeys(node_of(request), _author(request, None)))


async def put_passkey(request: Request) -> Response:
    """Keeps a passkey of a guest."""
    actor, node = _guest(request, PASSKEYS), node_of(request)
    body = await read_body(request, PasskeyBody)
    return _passkeys(await keep_passkey(node, node.identity, actor, caller_of(request).origin, body.passkey), 201)


async def delete_passkey(request: Request) -> Response:
    """Removes a passkey of the author."""
    actor = _author(request, PASSKEYS)
    body = await read_body(request, PasskeyRemovalBody)
    return _passkeys(await remove_passkey(node_of(request), actor, body.id))


def _passkeys(found: list[Passkey], status: int = 200) -> Response:
    return json_response(PasskeysAnswer([passkey_view(one) for one in found]), status, _PRIVATE)


async def seen(request: Request) -> Response:
    """How far the author has read in a thread, on whichever device."""
    actor = _author(request, None)
    return _seen(await seen_by(node_of(request), actor, text_of(request, "thread")))


async def put_seen(request: Request) -> Response:
    """Keeps how far the author has read in a thread."""
    actor = _author(request, SEEN)
    body = await read_body(request, SeenBody)
    return _seen(await keep_seen(node_of(request), actor, body.thread, body.number))


def _seen(found: Seen | None) -> Response:
    number, at = (found.number, to_rfc3339(found.at)) if found else (0, None)
    return json_response(SeenAnswer(number, at), headers=_PRIVATE)


def _author(request: Request, rate: Rate | None) -> Actor:
    """Who asks, from a page of their site or from a program. Refused where they do so too often, by `rate`, or else as
    any request."""
    node, caller = node_of(request), caller_of(request)
    if caller.actor is None:
        raise token_missing()
    actor = check_site(caller.actor, node.sites.get(caller.actor.site).name)
    node.sites.check_origin(actor.site, caller.origin)
    if rate is None:
        node.limits.check((REQUESTS_ADDRESS, caller.address))
    else:
        node.limits.check((rate, actor.id), (rate, caller.address))
    return actor


def _guest(request: Request, rate: Rate | None) -> Actor:
    """A guest who asks; Refused `forbidden` for others."""
    actor = _author(request, rate)
    if not actor.may(Permission.CHOOSE_NAME):
        raise forbidden("Staff sign in by a one-time link.")
    if actor.signed_on:
        raise forbidden("Sign in on the page on your other device.")
    return actor


ROUTES = [
    Route("/api/v1/me", show, methods=["GET"]),
    Route("/api/v1/me/export", own_export, methods=["GET"]),
    Route("/api/v1/me/erase", own_erase, methods=["POST"]),
    Route("/api/v1/me/seen", seen, methods=["GET"]),
    Route("/api/v1/me/seen", put_seen, methods=["POST"]),
    Route("/api/v1/me/pair", pair, methods=["POST"]),
    Route("/api/v1/me/passkeys", show_passkeys, methods=["GET"]),
    Route("/api/v1/me/passkeys", put_passkey, methods=["POST"]),
    Route("/api/v1/me/passkeys", delete_passkey, methods=["DELETE"]),
    Route("/api/v1/me/passkeys/options", passkey_options, methods=["POST"]),
]
