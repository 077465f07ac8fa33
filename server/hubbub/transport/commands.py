"""What web nodes ask of the persistence worker, and its answers. Text in them is validated and rendered already."""

from dataclasses import replace

import msgspec

from hubbub.domain.actor import Actor
from hubbub.domain.errors import Refused
from hubbub.domain.model import Article, Comment, Event, Site, Thread
from hubbub.domain.topics import Topic


class WriteCommand(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """What all have in common: `priority` ones are read first. Where the transport may bring a command twice, `request`
    tells it from another of the same words. `insists` is the refused request of which its sender knows."""

    request: str | None = None
    insists: str | None = None

    @property
    def priority(self) -> bool:
        """Whether this overtakes the comments that wait."""
        return False


class ModeratorCommand(WriteCommand, frozen=True):
    """A moderator's order: it must take hold at once, whatever the backlog."""

    @property
    def priority(self) -> bool:
        """See WriteCommand."""
        return True


class PostComment(WriteCommand, frozen=True):
    """A new comment; `id` decides whether it is new."""

    id: str
    thread: str
    actor: Actor
    body: str
    html: str
    parent: str | None


class EditComment(WriteCommand, frozen=True):
    """Another text for a comment."""

    comment: str
    thread: str
    actor: Actor
    body: str
    html: str


class RemoveComment(WriteCommand, frozen=True):
    """Out of sight, by a moderator, who need not wait, or by its author in the edit window."""

    comment: str
    thread: str
    actor: Actor
    reason: str | None

    @property
    def priority(self) -> bool:
        """See WriteCommand."""
        return self.actor.is_moderator


class RestoreComment(ModeratorCommand, frozen=True):
    """Back in sight."""

    comment: str
    thread: str
    actor: Actor


class CloseThread(ModeratorCommand, frozen=True):
    """No more comments."""

    thread: str
    actor: Actor
    reason: str | None


class ReopenThread(ModeratorCommand, frozen=True):
    """Comments again."""

    thread: str
    actor: Actor


class EnsureThread(WriteCommand, frozen=True):
    """The thread of a page, made now if there is none."""

    site: str
    key: str
    url: str | None = None


class ArticleDetails(msgspec.Struct, frozen=True):
    """What an article says beside its text; None: as it was."""

    section: str | None = None
    published: int | None = None
    author: str | None = None
    source: str | None = None
    source_url: str | None = None

    def put_into(self, article: Article) -> Article:
        """`article` with these in place of its own."""
        given = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}
        return replace(article, **given)


class KeepThreads(WriteCommand, frozen=True):
    """These threads are read just now, so they are not forgotten although nothing has happened in them yet."""

    threads: tuple[str, ...]


class PutThread(WriteCommand, frozen=True):
    """A thread's title, address and article (None: as it was), made now if there is none. `details` are for the article
    that is there."""

    site: str
    key: str
    title: str | None
    url: str | None
    article: Article | None
    details: ArticleDetails | None = None


class SiteBasics(msgspec.Struct, frozen=True):
    """What has to be said of a site."""

    name: str
    origins: tuple[str, ...]
    images: bool = False


class PutSite(WriteCommand, frozen=True):
    """A site, new or changed; its other settings stay as they were."""

    site: SiteBasics

    @classmethod
    def of(cls, site: Site) -> "PutSite":
        """The command that makes `site`, or gives the one there is these origins and images."""
        return cls(SiteBasics(site.name, site.origins, site.settings.images))


class ChangeSite(WriteCommand, frozen=True):
    """Origins that a site has besides, or no longer, or instead of those it had. What is None stays as it was; a site
    that is given origins besides is made now if there is none."""

    name: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    origins: tuple[str, ...] | None = None
    images: bool | None = None


class RemoveSite(WriteCommand, frozen=True):
    """A site that nobody has commented on, with its empty threads."""

    name: str


class UseCode(WriteCommand, frozen=True):
    """The one use of the one-time code `code`."""

    code: str


AnyWrite = (
    PostComment
    | EditComment
    | RemoveComment
    | RestoreComment
    | CloseThread
    | ReopenThread
    | EnsureThread
    | KeepThreads
    | PutThread
    | PutSite
    | ChangeSite
    | RemoveSite
    | UseCode
)


class Done(msgspec.Struct, frozen=True, tag=True):
    """Carried out and on disk, or found carried out already; `seq` is its event's, if it made one."""

    thread: Thread | None = None
    comment: Comment | None = None
    seq: int | None = None


class Denied(msgspec.Struct, frozen=True, tag=True):
    """Not carried out, and nothing of it stored."""

    code: str
    message: str
    retry_after: float | None = None

    @classmethod
    def of(cls, refused: Refused) -> "Denied":
        """The answer that raises `refused` at the origin."""
        return cls(refused.code, refused.message, refused.retry_after)


class Doubted(msgspec.Struct, frozen=True, tag=True):
    """Not carried out: another attempt at the same comment, the request `refused`, was refused, perhaps after this one
    began. A sender who is there still may insist."""

    refused: str


Answer = Done | Denied | Doubted


class Publication(msgspec.Struct, frozen=True):
    """New events of one topic, in seq order, on their way to every node that has readers of it."""

    topic: Topic
    epoch: str
    events: tuple[Event, ...]
