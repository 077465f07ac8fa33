"""Commands about sites, and the use of one-time codes. `actor` is None in commands of nodes that checked the permission
themselves and do not send it."""

import msgspec

from hubbub.commands.base import Subject, WriteCommand
from hubbub.domain.actor import Actor
from hubbub.domain.model import Site, SsoKey


class SiteBasics(msgspec.Struct, frozen=True):
    """What `PutSite` says of a site. `title` and `tagline`: None leaves them as they were, an empty text removes
    them."""

    name: str
    origins: tuple[str, ...]
    images: bool = False
    title: str | None = None
    tagline: str | None = None


class PutSite(WriteCommand, frozen=True):
    """Adds or changes a site; its other settings stay as they were."""

    site: SiteBasics
    actor: Actor | None = None

    @classmethod
    def of(cls, site: Site) -> "PutSite":
        """The command that makes `site`, or gives an existing one these origins and settings."""
        settings = site.settings
        return cls(SiteBasics(site.name, site.origins, settings.images, settings.title or "", settings.tagline or ""))

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.site.name)


class ChangeSite(WriteCommand, frozen=True):
    """Adds origins, removes some, or replaces them all; changes settings. None: as it was; an empty title or tagline is
    removed. A site that gets origins by `add` is made if there is none."""

    name: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    origins: tuple[str, ...] | None = None
    images: bool | None = None
    actor: Actor | None = None
    title: str | None = None
    tagline: str | None = None
    votes: str | None = None
    reactions: dict[str, str] | None = None
    names: str | None = None
    language: str | None = None
    sso: dict[str, SsoKey | None] | None = None  # keys by id; None takes one away
    theme: str | None = None

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.name)


class RemoveSite(WriteCommand, frozen=True):
    """Removes a site that has no comments, with its empty threads."""

    name: str
    actor: Actor | None = None

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.name)


class UseCode(WriteCommand, frozen=True):
    """Uses a one-time code, once."""

    code: str

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.code)


SiteCommand = PutSite | ChangeSite | RemoveSite | UseCode
