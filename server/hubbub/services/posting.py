"""Prepares the requests of commenters: checks, cleans and renders what a person typed, for a preview too."""

from hubbub.commands.posting import EditComment, PostComment
from hubbub.domain.actor import check_own
from hubbub.domain.model import Names
from hubbub.domain.permissions import Permission
from hubbub.domain.sizes import BODY_CHARS
from hubbub.domain.text import clean_body
from hubbub.domain.times import now_ms
from hubbub.markup import render
from hubbub.protocol.requests.posting import Edit, Post
from hubbub.services.base import Services, Target
from hubbub.services.caller import Caller
from hubbub.services.history import ThreadRef
from hubbub.services.rate_limits import PREVIEWS_ADDRESS


def prepare_post(services: Services, target: Target, request: Post) -> PostComment:
    """A new comment. Raises Refused."""
    services.limits.check_post(target.actor, target.address)
    text, html = _render(services, target.thread, request.body)
    parent = request.parent.lower() if request.parent else None
    return PostComment(
        request.id.lower(), target.thread.id, target.actor, text, html, parent, _keeps_names(services, target)
    )


def prepare_edit(services: Services, target: Target, request: Edit) -> EditComment:
    """Another text for a comment. Raises Refused."""
    check_own(target.actor, target.comment, now_ms(), Permission.EDIT_ANY)
    text, html = _render(services, target.thread, request.body)
    kept = request.rename and _keeps_names(services, target)
    return EditComment(target.comment.id, target.comment.thread, target.actor, text, html, request.rename, kept)


async def preview(services: Services, caller: Caller, thread: str, text: str) -> str:
    """The HTML that a comment of this text would have in a thread; nothing is stored. Raises Refused."""
    services.limits.check((PREVIEWS_ADDRESS, caller.address))
    ref = await services.history.ref(thread)
    services.sites.check_origin(ref.site, caller.origin)
    _, html = _render(services, ref, text)
    return html


def _keeps_names(services: Services, target: Target) -> bool:
    return services.sites.settings_of(target.thread.site).names == Names.KEPT


def _render(services: Services, thread: ThreadRef, body: str) -> tuple[str, str]:
    text = clean_body(body, BODY_CHARS)
    return text, render(text, images=services.sites.get(thread.site).settings.images)
