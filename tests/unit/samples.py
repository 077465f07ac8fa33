"""Made-up people, threads and commands for unit tests, each with the fields that matter as arguments."""

from uuid import UUID

from hubbub.commands.moderation import ApproveComment, MarkSpam, RemoveComment, RestoreComment
from hubbub.commands.posting import EditComment, PostComment
from hubbub.commands.threads import CloseThread, EnsureThread, PinComment, PutThread, ReopenThread
from hubbub.domain.actor import Actor
from hubbub.domain.model import Author, Comment, Role, Site, Thread
from hubbub.services.caller import Caller

SITE = "news"
THREAD = "aaaabbbbccccdddd"
OTHER = "2222333344445555"  # another thread of the same site
EPOCH = "e0e0e0e0"
AT = 1_795_341_600_000  # 2026-11-22T10:00:00Z


def uuid(number: int) -> str:
    """A comment id that is easy to tell from others."""
    return str(UUID(int=number))


def actor(name: str = "ann", role: Role = Role.GUEST, site: str = SITE) -> Actor:
    """Somebody whose id is their name."""
    return Actor(id=name, site=site, role=role, name=name.capitalize(), website=None, email=f"{name}@mail.example")


ANN = actor("ann")
BOB = actor("bob")
MAY = actor("may", Role.MODERATOR)
OLA = actor("ola", Role.OWNER)
OPERATOR = actor("ops", Role.OPERATOR, "*")


def caller(who: Actor | None = ANN, origin: str | None = None, address: str = "192.0.2.1") -> Caller:
    """`who` by a program, or by the page at `origin`."""
    return Caller(who, origin, address)


def thread(**fields: object) -> Thread:
    """An open thread without events, but for `fields`."""
    values: dict[str, object] = {
        "id": THREAD,
        "site": SITE,
        "key": "/page",
        "title": None,
        "url": None,
        "closed": False,
        "reason": None,
        "epoch": EPOCH,
        "head": 0,
        "last_number": 0,
        "comments": 0,
    }
    return Thread(**{**values, **fields})  # type: ignore[arg-type]  # a caller's wrong field fails at once


def comment(number: int = 1, author: Author = ANN.author, /, **fields: object) -> Comment:
    """The `number`th comment of the thread, posted by its `number`th event, but for `fields`."""
    values: dict[str, object] = {
        "id": uuid(number),
        "thread": THREAD,
        "number": number,
        "seq": number,
        "parent": None,
        "author": author,
        "body": f"text {number}",
        "html": f"<p>text {number}</p>",
        "at": AT,
    }
    return Comment(**{**values, **fields})  # type: ignore[arg-type]  # a caller's wrong field fails at once


def site(name: str = SITE, *origins: str) -> Site:
    """A site that `origins` may embed."""
    return Site(name, origins or ("https://news.example",))


def post(number: int = 1, by: Actor = ANN, body: str | None = None, **fields: str | None) -> PostComment:
    """The command for a new comment with the id `uuid(number)`."""
    text = f"text {number}" if body is None else body
    return PostComment(
        id=uuid(number),
        thread=fields.get("thread") or THREAD,
        actor=by,
        body=text,
        html=f"<p>{text}</p>",
        parent=fields.get("parent"),
        request=fields.get("request"),
    )


def edit(number: int, body: str, by: Actor = ANN, *, rename: bool = False) -> EditComment:
    """Another text for the comment `uuid(number)`."""
    return EditComment(uuid(number), THREAD, by, body, f"<p>{body}</p>", rename=rename)


def remove(number: int, by: Actor = MAY, reason: str | None = None) -> RemoveComment:
    """The comment `uuid(number)` out of sight."""
    return RemoveComment(uuid(number), THREAD, by, reason)


def restore(number: int, by: Actor = MAY) -> RestoreComment:
    """The comment `uuid(number)` back in sight."""
    return RestoreComment(uuid(number), THREAD, by)


def approve(number: int, by: Actor = MAY) -> ApproveComment:
    """The held comment `uuid(number)` let through."""
    return ApproveComment(uuid(number), THREAD, by)


def spam(number: int, by: Actor = MAY) -> MarkSpam:
    """The comment `uuid(number)` out of sight as spam."""
    return MarkSpam(uuid(number), THREAD, by)


def close(reason: str | None = None, by: Actor = MAY, thread: str = THREAD) -> CloseThread:
    """No more comments."""
    return CloseThread(thread, by, reason)


def reopen(by: Actor = MAY, thread: str = THREAD) -> ReopenThread:
    """Comments again."""
    return ReopenThread(thread, by)


def pin(number: int | None, by: Actor = MAY, thread: str = THREAD) -> PinComment:
    """A comment pinned, or none."""
    return PinComment(thread, by, None if number is None else uuid(number))


def ensure(key: str = "/page", site: str = SITE) -> EnsureThread:
    """The thread of a page."""
    return EnsureThread(site, key)


def put_thread(key: str = "/page", **fields: object) -> PutThread:
    """A thread's title, address and article."""
    values = {"site": SITE, "title": None, "url": None, "article": None, **fields}
    return PutThread(key=key, **values)  # type: ignore[arg-type]  # a caller's wrong field fails at once
