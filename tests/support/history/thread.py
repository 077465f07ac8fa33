"""One thread's part of a history, and the questions that several rules ask about it."""

from functools import cached_property

from tests.support.history.records import Acknowledged, Entry, Holding, Moderation, Post, Shown, Storage, Vote

NEVER = float("inf")
CLOCK = 0.01  # s: a delay is counted by the database's clock, in whole milliseconds


class ThreadHistory:
    """What was attempted on one thread, and what storage holds of it."""

    def __init__(
        self,
        storage: Storage,
        posts: tuple[Post, ...],
        moderations: tuple[Moderation, ...],
        votes: tuple[Vote, ...] = (),
        holding: Holding | None = None,
    ) -> None:
        self.storage = storage
        self.posts = posts
        self.moderations = moderations
        self.votes = votes
        self.holding = holding

    @cached_property
    def attempts(self) -> dict[str, list[Post]]:
        """The attempts to post each id, first one first."""
        found: dict[str, list[Post]] = {}
        for post in sorted(self.posts, key=lambda post: post.invoked_at):
            found.setdefault(post.id, []).append(post)
        return found

    @cached_property
    def log(self) -> dict[int, Entry]:
        """Storage's log by seq."""
        return {entry.seq: entry for entry in self.storage.events}

    @cached_property
    def stored(self) -> dict[str, Shown]:
        """Storage's comments by id."""
        return {comment.id: comment for comment in self.storage.comments}

    @cached_property
    def posted(self) -> list[tuple[int, str]]:
        """(seq, id) of each comment in the log, oldest first."""
        return [
            (entry.seq, entry.comment.id)
            for _, entry in sorted(self.log.items())
            if entry.kind == "comment.posted" and entry.comment is not None
        ]

    @cached_property
    def rewritten(self) -> frozenset[str]:
        """Ids of comments that were anything but posted: what they say depends on when one looks."""
        return frozenset(
            entry.comment.id
            for entry in self.storage.events
            if entry.comment is not None and entry.kind != "comment.posted"
        )

    @cached_property
    def acknowledged(self) -> list[tuple[Post, Acknowledged, float]]:
        """Attempts that were acknowledged, with the answer and its time."""
        return [
            (post, post.outcome, post.completed_at)
            for post in self.posts
            if isinstance(post.outcome, Acknowledged) and post.completed_at is not None
        ]

    def undone_at(self, done: Moderation, opposite: str) -> float:
        """The earliest time at which an `opposite` of `done` may have come after it; NEVER if none can have."""
        return min(
            (
                other.invoked_at
                for other in self.moderations
                if other.kind == opposite
                and other.comment == done.comment
                and not other.refused_for_good
                and (other.completed_at is None or other.completed_at > done.invoked_at)
            ),
            default=NEVER,
        )

    @cached_property
    def seen_from(self) -> dict[str, float]:
        """From when on others may see each comment of a thread that holds them back, at the earliest; NEVER where
        nothing let it through, or somebody has refused it."""
        return {} if self.holding is None else {comment: self._seen_from(comment) for comment in self.attempts}

    def _seen_from(self, comment: str) -> float:
        about = [one for one in self.moderations if one.comment == comment]
        if any(one.kind == "refuse" and isinstance(one.outcome, Acknowledged) for one in about):
            return NEVER
        times = [one.invoked_at for one in about if one.kind == "approve" and not one.refused_for_good]
        if self.holding is not None and self.holding.delay is not None:
            written = (post.invoked_at for post in self.attempts[comment] if not post.refused_for_good)
            times += [at + self.holding.delay - CLOCK for at in written]
        return min(times, default=NEVER)

    @cached_property
    def removals(self) -> list[tuple[str, str, float, float]]:
        """(comment id, its words, from when, until when) nobody may be shown them: from the acknowledgement of a
        removal until a restoration may have come."""
        return [
            (done.comment, self.attempts[done.comment][0].body, done.completed_at, self.undone_at(done, "restore"))
            for done in self.moderations
            if done.kind == "remove"
            and isinstance(done.outcome, Acknowledged)
            and done.completed_at is not None
            and done.comment is not None
            and done.comment in self.attempts
        ]
