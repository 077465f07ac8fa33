"""The rules of votes and reactions. See `base.decide`."""

from collections.abc import Sequence
from dataclasses import replace

from hubbub.commands.base import Done
from hubbub.commands.votes import AddReaction, CastVote, OpinionCommand, ScoreThread
from hubbub.domain.actor import Actor, check
from hubbub.domain.errors import ErrorCode, Refused, bad_request, forbidden
from hubbub.domain.events import Kind
from hubbub.domain.model import Comment, Opinion, Thread
from hubbub.domain.permissions import Permission
from hubbub.domain.votes import Votes
from hubbub.storage.votes import opinions, take_unscored
from hubbub.worker.batch import Batch
from hubbub.worker.decide.base import decide

SCORES_AT_ONCE = 250  # comments in one event, about 32 KB of it

_TAKEN: dict[str, tuple[int, ...]] = {Votes.UP: (0, 1), Votes.BOTH: (-1, 0, 1)}


def preload(batch: Batch, said: Sequence[OpinionCommand]) -> None:
    """Reads at once what the batch's voters have said before."""
    pairs = {(one.actor.id, one.comment) for one in said}
    batch.opinions.update(opinions(batch.db, sorted(pairs)))


@decide.register
def vote(command: CastVote, batch: Batch, at: int) -> Done:
    """An author's vote takes the place of their vote before."""
    thread, comment, actor = _check(command, batch)
    if comment.author.id == actor.id:
        raise forbidden("Nobody votes on their own comment.")
    if command.value not in _TAKEN.get(batch.site(thread.site).settings.votes, (0,)):
        raise bad_request("This site takes no such votes.")
    return _say(batch, thread, comment, actor, replace(batch.opinion(actor.id, comment.id), vote=command.value))


@decide.register
def react(command: AddReaction, batch: Batch, at: int) -> Done:
    """A reaction counts once; taken back, it does not."""
    thread, comment, actor = _check(command, batch)
    if command.on and command.name not in batch.site(thread.site).settings.reactions:
        raise bad_request("This site offers no such reaction.")
    before = batch.opinion(actor.id, comment.id)
    now = tuple(name for name in before.reactions if name != command.name)
    if command.on:
        now = (*now, command.name)
    return _say(batch, thread, comment, actor, replace(before, reactions=now))


@decide.register
def score(command: ScoreThread, batch: Batch, at: int) -> Done:
    """Logs the sums that have changed since the last time. What is left over is told a second later."""
    thread = batch.thread(command.thread)
    counts, more = take_unscored(batch.db, thread.id, SCORES_AT_ONCE)
    if more:
        batch.plan_score(thread.id)
    if not counts:
        return Done(thread)
    told = thread if more else replace(thread, unscored=0)
    told = batch.log(told, Kind.SCORED, at, counts=counts)
    return Done(told, seq=told.head)


def _check(command: OpinionCommand, batch: Batch) -> tuple[Thread, Comment, Actor]:
    """What the command is about, and who may say something to it. What is closed stays as it is."""
    comment = batch.comment(command.comment)
    thread = batch.thread(comment.thread)
    actor = check(command.actor, Permission.VOTE, thread.site)
    if comment.removed:
        raise Refused(ErrorCode.CONFLICT, "This comment was removed.")
    if thread.closed:
        raise Refused(ErrorCode.THREAD_CLOSED, "The thread is closed; its votes stay as they are.")
    return thread, comment, actor


def _say(batch: Batch, thread: Thread, comment: Comment, actor: Actor, now: Opinion) -> Done:
    before = batch.opinion(actor.id, comment.id)
    if (now.vote, set(now.reactions)) != (before.vote, set(before.reactions)):
        comment = replace(comment, counts=comment.counts.counted(before, now))
        thread = batch.say(actor.id, comment, now)
    return Done(thread, comment, mine=now)
