"""Passkeys (WebAuthn): an author keeps who they are for good, and brings it to another device.

The relying party is the page's host: a passkey that was made on a publisher's page works on pages of that host, and one
of the frame or of a hosted page on this server. It stands for one author of one site, whatever its host.
"""

from base64 import urlsafe_b64encode
from hashlib import blake2b

from hubbub.commands.people import ErasePasskeys, PutPasskey, UsePasskey
from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused, forbidden
from hubbub.domain.model import Role
from hubbub.domain.times import to_rfc3339
from hubbub.protocol.webauthn import (
    CreationOptions,
    CredentialDescriptor,
    KeyParameters,
    NewCredential,
    PasskeyUser,
    PasskeyView,
    RelyingParty,
    RequestOptions,
    UsedCredential,
)
from hubbub.services.base import Services
from hubbub.services.identity import CHALLENGE_SECONDS, Identity
from hubbub.services.webauthn import ALGORITHMS, ClientData, host_of, read_client_data, verify_new, verify_used
from hubbub.storage.passkeys import Passkey, passkey_by_id, passkeys_of
from hubbub.storage.people import author_by_id

_TIMEOUT_MS = CHALLENGE_SECONDS * 1000


async def creation_options(services: Services, identity: Identity, actor: Actor, origin: str | None) -> CreationOptions:
    """How a page at `origin` makes a passkey for an author."""
    known = await services.database.read(passkeys_of, actor.site, actor.id)
    title = services.sites.get(actor.site).settings.title or actor.site
    return CreationOptions(
        rp=RelyingParty(title, host_of(origin)) if origin else RelyingParty(title),
        user=PasskeyUser(_handle(actor.site, actor.id), actor.name, actor.name),
        challenge=_encode(identity.make_challenge(_about_new(actor))),
        pub_key_cred_params=[KeyParameters(alg) for alg in ALGORITHMS],
        exclude_credentials=[CredentialDescriptor(one.id) for one in known],
        timeout=_TIMEOUT_MS,
    )


async def keep_passkey(
    services: Services, identity: Identity, actor: Actor, origin: str | None, made: NewCredential
) -> list[Passkey]:
    """Keeps a passkey that a page at `origin` made for an author; returns all of theirs. Raises Refused."""
    client = _client(services, actor.site, origin, made.response.client_data)
    identity.check_challenge(client.challenge, _about_new(actor))
    key, sign_count = verify_new(made, client)
    host, use = host_of(client.origin), client.challenge.hex()
    await services.command_bus.submit(PutPasskey(made.id, actor, host, key, sign_count, use))
    return await passkeys(services, actor)


async def passkeys(services: Services, actor: Actor) -> list[Passkey]:
    """An author's passkeys, oldest first."""
    return await services.database.read(passkeys_of, actor.site, actor.id)


async def remove_passkey(services: Services, actor: Actor, passkey_id: str) -> list[Passkey]:
    """Removes one of an author's passkeys; returns those that are left. Raises Refused."""
    await services.command_bus.submit(ErasePasskeys(actor, passkey_id))
    return await passkeys(services, actor)


def passkey_view(one: Passkey) -> PasskeyView:
    """A passkey as shown to its author."""
    return PasskeyView(one.id, one.host, to_rfc3339(one.at), None if one.used_at is None else to_rfc3339(one.used_at))


def request_options(identity: Identity, site: str, origin: str | None) -> RequestOptions:
    """How a page at `origin` asks for a passkey, whichever the reader picks."""
    challenge = _encode(identity.make_challenge(_about_use(site)))
    return RequestOptions(challenge, _TIMEOUT_MS, host_of(origin)) if origin else RequestOptions(challenge, _TIMEOUT_MS)


async def use_passkey(
    services: Services, identity: Identity, site: str, origin: str | None, used: UsedCredential
) -> Actor:
    """The author whose passkey signed, on a page at `origin`, under the name that they last wrote under. Refused
    `unauthorized` where it is of another site, or is not known (any more)."""
    client = _client(services, site, origin, used.response.client_data)
    identity.check_challenge(client.challenge, _about_use(site))
    known = await services.database.read(passkey_by_id, used.id)
    if known is None or known.site != site:
        raise Refused(ErrorCode.UNAUTHORIZED, "This passkey is not known here.")
    sign_count = verify_used(used, known.key, client)
    if used.response.user_handle not in (None, "", _handle(site, known.author)):
        raise Refused(ErrorCode.UNAUTHORIZED, "This passkey is somebody else's.")
    await services.command_bus.submit(UsePasskey(known.id, site, sign_count, client.challenge.hex()))
    author = await services.database.read(author_by_id, site, known.author)
    if author is None:
        return Actor(known.author, site, Role.GUEST, known.name)
    return Actor(known.author, site, Role.GUEST, author.author.name, author.author.website, author.email)


def _client(services: Services, site: str, origin: str | None, client_data: str) -> ClientData:
    """What the browser says of the page. Refused `forbidden` where that is not the page which sends it, or one that may
    not use the site; and in another's frame, but for this server's own page that is made for it."""
    client = read_client_data(client_data)
    if origin not in (None, client.origin):
        raise forbidden("This passkey was used on another page.")
    services.sites.check_origin(site, client.origin)
    if client.framed and client.origin not in services.sites.own_origins:
        raise forbidden("A passkey can't be used in another page's frame.")
    return client


def _about_new(actor: Actor) -> str:
    return f"new {actor.site} {actor.id}"


def _about_use(site: str) -> str:
    return f"use {site}"


def _handle(site: str, author: str) -> str:
    """By which an authenticator tells whose passkey it is (WebAuthn, 5.4.3): it says nothing of them."""
    return _encode(blake2b(f"{site} {author}".encode(), digest_size=16).digest())


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
