"""The rules of sites and one-time codes. See `base.decide`."""

import secrets
from collections.abc import Mapping
from dataclasses import replace

from hubbub.commands.base import Done
from hubbub.commands.sites import ChangeSite, PutSite, RemoveSite, SiteBasics, UseCode
from hubbub.domain.actor import check
from hubbub.domain.errors import ErrorCode, Refused, bad_request, not_found
from hubbub.domain.model import Site, SiteSettings, Sso, SsoKey
from hubbub.domain.permissions import Permission
from hubbub.storage.idempotency import insert_handled
from hubbub.storage.sites import is_site_used, site_by_name
from hubbub.worker.batch import Batch
from hubbub.worker.decide.base import check_unused, decide

SSO_KEYS = 10  # of a site: several servers, and the old ones of each while a new one comes


@decide.register
def put(command: PutSite, batch: Batch, at: int) -> Done:
    """Adds or replaces a site."""
    if command.actor is not None:
        check(command.actor, Permission.CHANGE_SITE, command.site.name)
    new = command.site
    old = site_by_name(batch.db, new.name) or Site(new.name, ())
    batch.put_site(Site(new.name, new.origins, _settings(old.settings, new)))
    return Done()


@decide.register
def change(command: ChangeSite, batch: Batch, at: int) -> Done:
    """Changes a site's origins and settings."""
    if command.actor is not None:
        check(command.actor, Permission.CHANGE_SITE, command.name)
    old = site_by_name(batch.db, command.name)
    if old is None and not command.add:
        raise not_found("site")
    old = old or Site(command.name, ())
    kept = old.origins if command.origins is None else command.origins
    unknown = set(command.remove) - set(kept)
    if unknown:
        raise bad_request(f"{', '.join(sorted(unknown))} is not among the origins of {command.name}.")
    origins = tuple(one for one in dict.fromkeys((*kept, *command.add)) if one not in command.remove)
    settings = _settings(old.settings, command)
    settings = replace(
        settings,
        names=command.names or settings.names,
        language=command.language or settings.language,
        votes=command.votes or settings.votes,
        theme=command.theme or settings.theme,
        reactions=settings.reactions if command.reactions is None else command.reactions,
        sso=settings.sso if command.sso is None else _with_keys(settings.sso, command.sso),
    )
    batch.put_site(Site(old.name, origins, settings))
    return Done()


def _with_keys(old: Sso, changed: Mapping[str, SsoKey | None]) -> Sso:
    """The sign-on with keys added and taken away. Its salt is made once."""
    keys = {name: key for name, key in {**old.keys, **changed}.items() if key is not None}
    if len(keys) > SSO_KEYS:
        raise bad_request(f"A site has at most {SSO_KEYS} keys; remove one first.")
    return Sso(keys, old.salt or secrets.token_hex(16))


def _settings(old: SiteSettings, new: SiteBasics | ChangeSite) -> SiteSettings:
    """The old settings with what the command changes."""
    return replace(
        old,
        images=old.images if new.images is None else new.images,
        title=old.title if new.title is None else new.title or None,
        tagline=old.tagline if new.tagline is None else new.tagline or None,
    )


@decide.register
def remove(command: RemoveSite, batch: Batch, at: int) -> Done:
    """Removes a site that nobody has commented on."""
    if command.actor is not None:
        check(command.actor, Permission.CHANGE_SITE, command.name)
    if site_by_name(batch.db, command.name) is None:
        raise not_found("site")
    if is_site_used(batch.db, command.name):
        raise Refused(ErrorCode.CONFLICT, "This site has comments or articles; take its origins away instead.")
    batch.remove_site(command.name)
    return Done()


@decide.register
def use_code(command: UseCode, batch: Batch, at: int) -> Done:
    """A code is good once. Two uses at the same moment cannot both be stored."""
    use = f"code {command.code}"
    check_unused(batch.db, use, "This link was used already; ask for a new one.")
    insert_handled(batch.db, {use: None})
    return Done()
