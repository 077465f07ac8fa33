"""Commenting: what a person typed is checked, rendered and becomes a command for the worker.

Methods return the command rather than send it, so that a connection's commands can be appended in the order they came.
"""

from hubbub.domain.actor import check_author_or_moderator, check_site
from hubbub.domain.errors import ErrorCode, Refused, not_found
from hubbub.domain.ids import comment_id as parse_comment_id
from hubbub.domain.limits import BODY_CHARS
from hubbub.domain.model import Comment
from hubbub.domain.text import clean_body
from hubbub.domain.times import now_ms
from hubbub.markup import render
from hubbub.services.caller import Caller
from hubbub.services.history import History, ThreadRef
from hubbub.services.limits import CHANGES_ADDRESS, CHANGES_AUTHOR, RateLimits
from hubbub.services.sites import Sites
from hubbub.services.typed import typed
from hubbub.storage.comments import comment_by_id
from hubbub.storage.engine import Database
from hubbub.transport.commands import EditComment, PostComment


class Posting:
    """Makes the commands of commenters. All raise Refused."""

    def __init__(self, database: Database, history: History, sites: Sites, limits: RateLimits) -> None:
        self._database = database
        self._history = history
        self._sites = sites
        self._limits = limits

    async def post(self, caller: Caller, thread_id: str, comment_id: str, body: str, parent: str | None) -> PostComment:
        """A new comment."""
        ref = await self._history.ref(thread_id)
        self._sites.check_origin(ref.site, caller.origin)
        actor = check_site(caller.actor, ref.site)
        self._limits.check_post(actor, caller.address)
        text, html = self._render(ref, body)
        return PostComment(comment_id.lower(), thread_id, actor, text, html, parent.lower() if parent else None)

    async def edit(self, caller: Caller, comment_id: str, body: str) -> EditComment:
        """Another text for a comment; that the caller may is asked again where it is written."""
        comment, ref = await self.locate(caller, comment_id)
        actor = check_site(caller.actor, ref.site)
        check_author_or_moderator(actor, comment, now_ms())
        text, html = self._render(ref, body)
        return EditComment(comment.id, comment.thread, actor, text, html)

    async def locate(self, caller: Caller, comment_id: str) -> tuple[Comment, ThreadRef]:
        """A comment to change, and its thread. Without a token it is not even said whether there is one."""
        if caller.actor is None:
            raise Refused(ErrorCode.UNAUTHORIZED, "This needs a token: start a session first.")
        self._limits.check((CHANGES_AUTHOR, caller.actor.id), (CHANGES_ADDRESS, caller.address))
        comment = await self._database.read(comment_by_id, parse_comment_id(comment_id))
        if comment is None:
            raise not_found("comment")
        ref = await self._history.ref(comment.thread)
        self._sites.check_origin(ref.site, caller.origin)
        return comment, ref

    def _render(self, ref: ThreadRef, body: str) -> tuple[str, str]:
        text = typed(lambda: clean_body(body, BODY_CHARS))
        return text, typed(lambda: render(text, images=self._sites.get(ref.site).settings.images))
