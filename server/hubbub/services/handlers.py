"""Every request that writes, once: who may, its HTTP route, how it is prepared and what is answered. The live socket
and HTTP are two doors to this table. A new command is one row here."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from hubbub.commands import AnyWrite
from hubbub.domain.actor import Actor, check
from hubbub.domain.errors import ErrorCode, not_found
from hubbub.domain.held import may_see_held
from hubbub.domain.ids import comment_id
from hubbub.domain.model import Comment
from hubbub.domain.permissions import Permission
from hubbub.protocol.requests import WriteRequest
from hubbub.protocol.requests.base import CommentRequest
from hubbub.protocol.requests.moderation import Approve, Remove, Restore, Spam
from hubbub.protocol.requests.posting import Edit, Post
from hubbub.protocol.requests.threads import Close, Mode, Pin, Reopen
from hubbub.protocol.requests.votes import React, Vote
from hubbub.services.base import Services, Target
from hubbub.services.caller import Caller
from hubbub.services.moderation import prepare_approve, prepare_remove, prepare_restore, prepare_spam
from hubbub.services.posting import prepare_edit, prepare_post
from hubbub.services.rate_limits import CHANGES_ADDRESS, CHANGES_AUTHOR, VOTES_ADDRESS, VOTES_AUTHOR, Rate
from hubbub.services.threads import prepare_close, prepare_mode, prepare_pin, prepare_reopen
from hubbub.services.votes import prepare_react, prepare_vote
from hubbub.storage.comments import comment_by_id
from hubbub.storage.held import held_by_id

R = TypeVar("R", bound=WriteRequest)


class Shows(Enum):
    """What the answer to a request carries."""

    THREAD = auto()
    COMMENT = auto()


@dataclass(frozen=True, slots=True)
class Handler(Generic[R]):
    """How one kind of request is handled. `may` is the permission that it needs at all; `prepare` makes the
    command, or refuses. The `path` names fields of the request; its others are the HTTP body.
    `refused` are the codes that tell of this request alone; `rates` count those about a comment, of an author and of an
    address. `held`: it may be about a comment that is held."""

    request: type[R]
    may: Permission
    prepare: Callable[[Services, Target, R], AnyWrite]
    shows: Shows
    method: str
    path: str
    status: int = 200
    refused: tuple[ErrorCode, ...] = (ErrorCode.NOT_FOUND,)
    rates: tuple[Rate, Rate] = (CHANGES_AUTHOR, CHANGES_ADDRESS)
    held: bool = False


_THREADS, _COMMENTS = "/api/v1/threads/{thread}", "/api/v1/comments/{comment}"
_DECIDED = _PINNED = (ErrorCode.NOT_FOUND, ErrorCode.CONFLICT)
_CLOSED = (ErrorCode.NOT_FOUND, ErrorCode.THREAD_CLOSED, ErrorCode.CONFLICT)
_POSTED = (*_CLOSED, ErrorCode.NAME_TAKEN, ErrorCode.SLOW_MODE)
_VOTES = VOTES_AUTHOR, VOTES_ADDRESS
_ALL: tuple[Handler[Any], ...] = (
    Handler(Post, Permission.COMMENT, prepare_post, Shows.COMMENT, "POST", f"{_THREADS}/comments", 201, _POSTED),
    Handler(Edit, Permission.COMMENT, prepare_edit, Shows.COMMENT, "PATCH", _COMMENTS, refused=_CLOSED),
    Handler(
        Remove, Permission.COMMENT, prepare_remove, Shows.COMMENT, "DELETE", _COMMENTS, refused=_DECIDED, held=True
    ),
    Handler(
        Spam,
        Permission.APPROVE,
        prepare_spam,
        Shows.COMMENT,
        "POST",
        f"{_COMMENTS}/spam",
        refused=_DECIDED,
        held=True,
    ),
    Handler(
        Restore,
        Permission.RESTORE,
        prepare_restore,
        Shows.COMMENT,
        "POST",
        f"{_COMMENTS}/restore",
        refused=_DECIDED,
    ),
    Handler(
        Approve,
        Permission.APPROVE,
        prepare_approve,
        Shows.COMMENT,
        "POST",
        f"{_COMMENTS}/approve",
        refused=_CLOSED,
        held=True,
    ),
    Handler(Vote, Permission.VOTE, prepare_vote, Shows.COMMENT, "POST", f"{_COMMENTS}/vote", 200, _CLOSED, _VOTES),
    Handler(React, Permission.VOTE, prepare_react, Shows.COMMENT, "POST", f"{_COMMENTS}/react", 200, _CLOSED, _VOTES),
    Handler(Close, Permission.CLOSE, prepare_close, Shows.THREAD, "POST", f"{_THREADS}/close"),
    Handler(Reopen, Permission.CLOSE, prepare_reopen, Shows.THREAD, "POST", f"{_THREADS}/reopen"),
    Handler(Pin, Permission.PIN, prepare_pin, Shows.THREAD, "POST", f"{_THREADS}/pin", refused=_PINNED),
    Handler(Mode, Permission.CHANGE_MODE, prepare_mode, Shows.THREAD, "PATCH", _THREADS, refused=_PINNED),
)
HANDLERS: dict[type, Handler[Any]] = {handler.request: handler for handler in _ALL}


@cache
def body_type(handler: Handler[Any]) -> type[msgspec.Struct]:
    """The HTTP body of a request: its fields without `ref` and those that the path names."""
    fields = [
        (field.name, field.type) if field.required else (field.name, field.type, field.default)
        for field in msgspec.structs.fields(handler.request)
        if field.name != "ref" and "{" + field.name + "}" not in handler.path
    ]
    name = f"{handler.request.__name__}Body"
    doc = f"{handler.method} {handler.path}"
    return msgspec.defstruct(name, fields, namespace={"__doc__": doc}, frozen=True, forbid_unknown_fields=True)


class Prepared(NamedTuple):
    """A command that is ready to be submitted, for which request of whom, and what the answer shows."""

    request: WriteRequest
    command: AnyWrite
    actor: Actor
    shows: Shows


async def prepare(services: Services, caller: Caller, request: WriteRequest) -> Prepared:
    """Checks a request and makes its command. Raises Refused. All checks of rights are made again by the worker."""
    handler = HANDLERS[type(request)]
    comment: Comment | None = None
    if isinstance(request, CommentRequest):
        comment = await _find_comment(services, caller, request.comment, handler)
        thread = comment.thread
    else:
        thread = request.thread
    ref = await services.history.ref(thread)
    services.sites.check_origin(ref.site, caller.origin)
    speaker = caller.actor_in(ref.id)
    if comment is not None and not comment.number and not may_see_held(speaker, comment, ref.site):
        raise not_found("comment")
    actor = check(speaker, handler.may, ref.site)
    command = handler.prepare(services, Target(actor, caller.address, ref, comment), request)
    return Prepared(request, command, actor, handler.shows)


async def _find_comment(services: Services, caller: Caller, named: str, handler: Handler[Any]) -> Comment:
    """A comment to change. Without a token it is not even said whether there is one."""
    of_author, of_address = handler.rates
    services.limits.check((of_author, caller.anybody().id), (of_address, caller.address))
    comment = await services.database.read(comment_by_id, comment_id(named))
    if comment is None and handler.held:
        comment = await services.database.read(held_by_id, comment_id(named))
        if comment is None:  # it may have been let through between the two looks
            comment = await services.database.read(comment_by_id, comment_id(named))
    if comment is None:
        raise not_found("comment")
    return comment
