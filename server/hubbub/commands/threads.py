"""Commands about threads."""

from dataclasses import replace

import msgspec
from msgspec import UNSET, UnsetType

from hubbub.commands.base import Subject, WriteCommand
from hubbub.domain.actor import Actor
from hubbub.domain.model import Article


class StaffThreadCommand(WriteCommand, frozen=True):
    """A command of staff about one thread."""

    priority = True

    thread: str
    actor: Actor

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,))


class CloseThread(StaffThreadCommand, frozen=True):
    """Closes a thread: no more comments."""

    reason: str | None


class ReopenThread(StaffThreadCommand, frozen=True):
    """Opens a closed thread again."""


class PinComment(StaffThreadCommand, frozen=True):
    """Pins a comment in its thread, in place of the one before; None pins none."""

    comment: str | None

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.thread, (self.thread,), () if self.comment is None else (self.comment,))


class SetMode(StaffThreadCommand, frozen=True):
    """Changes what holds for new comments of a thread. What is unset stays as it was. `close_at` (ms) is when the
    thread closes; None: at no set time. `slow` and `delay` are in seconds, `who` is a `Who`, `hold` a `Hold`."""

    close_at: int | UnsetType | None = UNSET
    slow: int | UnsetType = UNSET
    who: str | UnsetType = UNSET
    hold: str | UnsetType = UNSET
    delay: int | UnsetType = UNSET


class EnsureThread(WriteCommand, frozen=True):
    """Finds a page's thread, or makes it."""

    harmless_twice = True

    site: str
    key: str
    url: str | None = None

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(f"{self.site}\n{self.key}", keys=((self.site, self.key),))


class KeepThreads(WriteCommand, frozen=True):
    """Somebody reads these threads, so they are not forgotten although they are empty."""

    harmless_twice = True

    threads: tuple[str, ...]

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(self.threads[0], self.threads)


class ArticleDetails(msgspec.Struct, frozen=True):
    """What an article says beside its text; None: as it was."""

    section: str | None = None
    published: int | None = None
    author: str | None = None
    source: str | None = None
    source_url: str | None = None
    poster: str | None = None
    poster_text: str | None = None
    theme: str | None = None

    def put_into(self, article: Article) -> Article:
        """`article` with these in place of its own."""
        given = {name: value for name, value in msgspec.structs.asdict(self).items() if value is not None}
        return replace(article, **given)


class PutThread(WriteCommand, frozen=True):
    """Sets a thread's title, address and article (None: as it was), and makes the thread if there is none. `details`
    change the article that is there. `actor` is None in commands of nodes that checked the permission themselves and
    do not send it."""

    site: str
    key: str
    title: str | None
    url: str | None
    article: Article | None
    details: ArticleDetails | None = None
    actor: Actor | None = None

    @property
    def subject(self) -> Subject:
        """See WriteCommand."""
        return Subject(f"{self.site}\n{self.key}", keys=((self.site, self.key),))


ThreadCommand = CloseThread | ReopenThread | PinComment | EnsureThread | KeepThreads | PutThread | SetMode
