"""Prepares the requests of moderators about comments."""

from hubbub.commands.moderation import ApproveComment, MarkSpam, RemoveComment, RestoreComment
from hubbub.domain.actor import check_own
from hubbub.domain.permissions import Permission
from hubbub.domain.text import clean_reason
from hubbub.domain.times import now_ms
from hubbub.protocol.requests.moderation import Approve, Remove, Restore, Spam
from hubbub.services.base import Services, Target


def prepare_remove(services: Services, target: Target, request: Remove) -> RemoveComment:
    """Removes a comment: by a moderator, or by its author within the edit window. Raises Refused."""
    check_own(target.actor, target.comment, now_ms(), Permission.REMOVE_ANY)
    reason = clean_reason(request.reason)
    return RemoveComment(target.comment.id, target.comment.thread, target.actor, reason, request.seen)


def prepare_approve(services: Services, target: Target, request: Approve) -> ApproveComment:
    """Lets a held comment through."""
    return ApproveComment(target.comment.id, target.comment.thread, target.actor, request.seen)


def prepare_spam(services: Services, target: Target, request: Spam) -> MarkSpam:
    """Marks a comment as spam."""
    return MarkSpam(target.comment.id, target.comment.thread, target.actor, request.seen)


def prepare_restore(services: Services, target: Target, request: Restore) -> RestoreComment:
    """Restores a comment."""
    return RestoreComment(target.comment.id, target.comment.thread, target.actor, request.seen)
