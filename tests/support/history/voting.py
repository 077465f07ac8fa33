"""The rule about votes: G17 (an author's last word counts, once)."""

from collections.abc import Iterable, Iterator

from tests.support.history.records import Acknowledged, Violation, Vote
from tests.support.history.thread import ThreadHistory


def check(thread: ThreadHistory) -> Iterator[Violation]:
    """What is wrong with the sums that storage has."""
    words: dict[tuple[str, str], list[Vote]] = {}
    for vote in sorted(thread.votes, key=lambda vote: vote.invoked_at):
        words.setdefault((vote.comment, vote.voter), []).append(vote)
    for comment in thread.storage.comments:
        last = [_last_words(votes) for (about, _), votes in words.items() if about == comment.id]
        least, most = sum(min(one) for one in last), sum(max(one) for one in last)
        if not comment.removed and not least <= comment.up <= most:
            between = str(least) if least == most else f"{least} to {most}"
            message = f"thread {thread.storage.thread}: {comment.id} has {comment.up} votes, and {between} count"
            yield Violation("G17", message)


def _last_words(votes: Iterable[Vote]) -> set[int]:
    """What one voter's last word may be, after all these attempts in order."""
    possible = {0}
    for vote in votes:
        if isinstance(vote.outcome, Acknowledged):
            possible = {vote.value}
        elif not vote.refused_for_good:
            possible.add(vote.value)
    return possible
