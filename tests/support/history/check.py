"""All rules over all threads of a history."""

from collections.abc import Iterator

from tests.support.history import holding, reading, voting, writing
from tests.support.history.records import History, Violation
from tests.support.history.thread import ThreadHistory


def check(history: History) -> list[Violation]:
    """Every broken promise, the ones about what was written first; an empty list if the history is sound."""
    return list(_check(history))


def _check(history: History) -> Iterator[Violation]:
    stored = {storage.thread: storage for storage in history.storage}
    named = {post.thread for post in history.posts} | {moderation.thread for moderation in history.moderations}
    named |= {reader.thread for reader in history.readers}
    if unread := sorted(named - stored.keys()):
        raise ValueError(f"expected what storage holds of threads {unread}, found {sorted(stored)}")
    holds = {one.thread: one for one in history.holding}
    for storage in history.storage:
        about = ThreadHistory(
            storage,
            tuple(post for post in history.posts if post.thread == storage.thread),
            tuple(moderation for moderation in history.moderations if moderation.thread == storage.thread),
            tuple(vote for vote in history.votes if vote.thread == storage.thread),
            holds.get(storage.thread),
        )
        yield from writing.check(about)
        yield from voting.check(about)
        yield from holding.check(about)
        for reader in history.readers:
            if reader.thread == storage.thread:
                yield from reading.check(about, reader)
