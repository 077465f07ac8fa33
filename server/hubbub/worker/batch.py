"""The unit of work of one batch: what it does to threads and comments, in memory until its transaction writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from hubbub.commands.schedule import to_payload
from hubbub.commands.votes import ScoreThread
from hubbub.domain.actor import Actor
from hubbub.domain.errors import not_found
from hubbub.domain.events import Event, Kind, thread_topic
from hubbub.domain.held import Held
from hubbub.domain.model import Article, Comment, Counts, Member, Opinion, Revision, Site, Thread
from hubbub.domain.people import Staff
from hubbub.storage import empty_threads
from hubbub.storage.articles import article_of, put_article
from hubbub.storage.comments import comment_values, insert_comments, known_comments, update_comments
from hubbub.storage.events import counts_json, insert_events
from hubbub.storage.last_posts import put_last_posts
from hubbub.storage.own_comments import forget_author, wipe_comments
from hubbub.storage.people import put_member
from hubbub.storage.revisions import insert_revisions
from hubbub.storage.sites import all_sites, put_site, remove_site
from hubbub.storage.threads import insert_threads, update_threads
from hubbub.storage.votes import Pair, mark_unscored, plan_score, put_opinions, update_counts
from hubbub.transport.base import Publication
from hubbub.worker.decisions import Decisions
from hubbub.worker.held import Holding
from hubbub.worker.modes import Modes
from hubbub.worker.names import Names
from hubbub.worker.people import Authors, Quota

NOTHING = Opinion()
MAX_EMPTY_THREADS = 10_000  # of a site; beyond, those go first that nobody has read for the longest time


@dataclass(slots=True)
class _Row:
    """A row of the log, before the final state of its comment is known."""

    seq: int
    kind: Kind
    at: int
    comment: str | None = None
    reason: str | None = None
    by: str | None = None
    by_id: str | None = None
    counts: Mapping[str, Counts] | None = None


@dataclass(slots=True)
class Batch:
    """The threads (locked) and comments that the batch may change, as they are now, and the events it makes. `db` is
    the transaction's connection; sites are changed there at once."""

    db: Connection
    threads: dict[str, Thread]
    known: dict[str, tuple[Comment, str]]
    by_key: dict[tuple[str, str], str] = field(default_factory=dict)
    moderated: set[str] = field(default_factory=set)  # comments that somebody else than their author edited
    names: Names = field(default_factory=Names)
    quota: Quota = field(default_factory=Quota)
    modes: Modes = field(default_factory=Modes)
    held: Holding = field(default_factory=Holding)
    decisions: Decisions = field(default_factory=Decisions)
    authors: Authors = field(default_factory=Authors)
    staff: Staff = field(default_factory=Staff)
    opinions: dict[Pair, Opinion] = field(default_factory=dict)  # of the batch's voters
    _sites: dict[str, Site] | None = None
    _made: list[str] = field(default_factory=list)
    _articles: dict[str, Article] = field(default_factory=dict)
    _new: dict[str, dict[str, Any]] = field(default_factory=dict)
    _changed: set[str] = field(default_factory=set)
    _erased: dict[str, Comment] = field(default_factory=dict)
    _forgotten: list[tuple[str, str]] = field(default_factory=list)
    _revisions: list[Revision] = field(default_factory=list)
    _log: dict[str, list[_Row]] = field(default_factory=dict)
    _said: dict[Pair, Opinion] = field(default_factory=dict)
    _recounted: set[str] = field(default_factory=set)
    _unscored: dict[str, None] = field(default_factory=dict)  # comments whose sums have changed
    _scoring: set[str] = field(default_factory=set)  # threads whose sums are to be told

    def thread(self, thread_id: str) -> Thread:
        """The thread; Refused `not_found` if there is none."""
        found = self.threads.get(thread_id)
        if found is None:
            raise not_found("thread")
        return found

    def comment(self, comment_id: str) -> Comment:
        """The comment; Refused `not_found` if there is none."""
        found = self.known.get(comment_id)
        if found is None:
            raise not_found("comment")
        return found[0]

    def thread_of(self, site: str, key: str) -> Thread | None:
        """The thread of a page, if there is one."""
        found = self.by_key.get((site, key))
        return None if found is None else self.threads.get(found)  # it may have been forgotten before it was locked

    def knows_site(self, site: str) -> bool:
        """Whether there is such a site; storage is asked once a batch."""
        if self._sites is None:
            self._sites = {known.name: known for known in all_sites(self.db)}
        return site in self._sites

    def site(self, name: str) -> Site:
        """The site; Refused `not_found` if there is none."""
        if not self.knows_site(name) or self._sites is None:
            raise not_found("site")
        return self._sites[name]

    def put_site(self, site: Site) -> None:
        """Stores a site, new or changed. It writes at once, since threads refer to the site."""
        put_site(self.db, site)
        self._sites = None

    def remove_site(self, name: str) -> None:
        """Removes a site that nobody uses. It writes at once, so that nothing refers to the site any more."""
        remove_site(self.db, name)
        self._sites = None

    def put_member(self, member: Member) -> None:
        """One of the staff, new or changed; at once, so that it counts for the rest of the batch."""
        put_member(self.db, member)
        self.staff.put(member)

    def article(self, thread_id: str) -> Article | None:
        """A thread's article."""
        return self._articles.get(thread_id) or article_of(self.db, thread_id)

    def put_article(self, thread_id: str, article: Article) -> None:
        """Gives a thread an article in place of the one before."""
        self._articles[thread_id] = article

    def make(self, thread: Thread) -> None:
        """Takes in a new thread."""
        self.threads[thread.id] = thread
        self.by_key[thread.site, thread.key] = thread.id
        self._made.append(thread.id)

    def add(self, comment: Comment, email: str | None, fingerprint: str) -> None:
        """Takes in a new comment, already numbered."""
        self.known[comment.id] = (comment, fingerprint)
        self._new[comment.id] = comment_values(comment, email, fingerprint)
        self.authors.count(self.threads[comment.thread].site, comment, 1, email)

    def hold(self, comment: Comment, why: str, email: str | None, fingerprint: str) -> Thread:
        """Takes in a comment that is held back; returns its thread."""
        thread = self.count_held(comment.thread)
        self.held.add(thread, Held(comment, why, thread.held, email, fingerprint))
        self.held.tell(comment)
        return thread

    def decider_of(self, comment: Comment) -> str | None:
        """The name of who has put a comment into its state, as far as it is known."""
        held = self.held.known.get(comment.id)
        if held is not None:
            return held.by
        if comment.decision is None:
            return None
        return self.staff.name_of(comment.decision.by) or self.decisions.decider_of(self.db, comment.id)

    def count_held(self, thread_id: str) -> Thread:
        """Counts that the thread's held comments are others now; returns the thread."""
        thread = self.threads[thread_id]
        thread = self.threads[thread_id] = replace(thread, held=thread.held + 1)
        self.held.threads.add(thread_id)
        return thread

    def change(self, comment: Comment) -> None:
        """Puts `comment` in the place of the one with its id."""
        self.known[comment.id] = (comment, self.known[comment.id][1])
        self._changed.add(comment.id)

    def opinion(self, author: str, comment: str) -> Opinion:
        """What one of the batch's voters says to a comment."""
        return self.opinions.get((author, comment), NOTHING)

    def say(self, author: str, comment: Comment, now: Opinion) -> Thread:
        """Notes an author's new word on a comment, whose counts have it already; returns the thread."""
        self.opinions[author, comment.id] = self._said[author, comment.id] = now
        self._recount(comment)
        self._unscored[comment.id] = None
        self._scoring.add(comment.thread)
        thread = self.threads[comment.thread]
        thread = self.threads[thread.id] = replace(thread, unscored=thread.unscored + 1)
        return thread

    def plan_score(self, thread_id: str) -> None:
        """Plans to tell a thread's changed sums, unless that is planned."""
        self._scoring.add(thread_id)

    def count_reply(self, parent_id: str | None, change: int) -> dict[str, Counts] | None:
        """Counts `change` more visible answers to a comment; returns its counts as its readers see them."""
        if parent_id is not None and parent_id not in self.known:
            self.known.update(known_comments(self.db, [parent_id]))
        if parent_id is None or parent_id not in self.known:
            return None
        parent, _ = self.known[parent_id]
        counts = replace(parent.counts, replies=max(parent.counts.replies + change, 0))
        self._recount(replace(parent, counts=counts))
        return {parent.id: Counts(replies=counts.replies) if parent.removed else counts}

    def _recount(self, comment: Comment) -> None:
        self.known[comment.id] = (comment, self.known[comment.id][1])
        self._recounted.add(comment.id)

    def erase(self, comment: Comment) -> None:
        """Wipes a removed comment. Nothing of its author is left in it, and its text is gone; so is a moderator's
        reason, which may speak of both."""
        author = replace(comment.author, name="", website=None)
        decision = comment.decision and replace(comment.decision, reason=None)
        self.decisions.forget([comment.id])
        self._erased[comment.id] = comment = replace(comment, author=author, body="", html="", decision=decision)
        self.change(comment)

    def forget(self, site: str, author: str) -> None:
        """Removes what a site knows of an author."""
        self._forgotten.append((site, author))

    def revise(self, comment: Comment, replaced: str, seq: int, by: Actor) -> None:
        """Keeps the text that `comment` had before the edit with the event `seq`."""
        assert comment.edited_at is not None
        self._revisions.append(Revision(comment.id, seq, comment.edited_at, by.id, replaced))

    def log(
        self, thread: Thread, kind: Kind, at: int, changes: Mapping[str, Any] | None = None, **about: Any
    ) -> Thread:
        """Appends an event; returns `thread` with its head moved on and with `changes`, as the batch knows it now."""
        moved = replace(thread, head=thread.head + 1, **(changes or {}))
        self.threads[thread.id] = moved
        self._log.setdefault(thread.id, []).append(_Row(moved.head, kind, at, **about))
        return moved

    def write(self, at: int, max_empty_threads: int = MAX_EMPTY_THREADS) -> None:
        """Writes everything to storage in a few statements. `at` is when new threads were made."""
        db = self.db
        if self._made:
            made = [self.threads[thread_id] for thread_id in self._made]
            insert_threads(db, made, at)
            for site in sorted({one.site for one in made}):
                empty_threads.trim(db, site, max_empty_threads)
        for thread_id, article in self._articles.items():
            put_article(db, thread_id, article)
        insert_comments(db, list(self._new.values()))
        if self._changed:
            update_comments(db, [self.known[comment_id][0] for comment_id in self._changed])
        if self._recounted or self._scoring:
            self._write_opinions(at)
        update_threads(db, [self.threads[thread_id] for thread_id in {*self._log, *self._scoring, *self.held.threads}])
        rows = [
            {
                "thread": thread,
                "seq": r.seq,
                "kind": r.kind,
                "at": r.at,
                "comment": r.comment,
                "reason": r.reason,
                "by": r.by,
                "by_id": r.by_id,
                "counts": None if r.counts is None else counts_json(r.counts),
            }
            for thread, log in self._log.items()
            for r in log
        ]
        insert_events(db, rows)
        if self._revisions:
            insert_revisions(db, self._revisions)
        self.authors.write(db)
        self.quota.write(db)
        if self.modes.posted:
            put_last_posts(db, self.modes.posted)
        if self.held.threads:
            self.held.write(db)
        self._write_erased()

    def _write_erased(self) -> None:
        """After everything else, which may know what is erased."""
        if self.decisions:
            self.decisions.write(self.db)
        if self._erased:
            erased = self._erased.values()
            wipe_comments(
                self.db, self._erased.keys(), {one.thread for one in erased}, {one.author.id for one in erased}
            )
        for site, author in self._forgotten:
            forget_author(self.db, site, author)

    def _write_opinions(self, at: int) -> None:
        put_opinions(self.db, self._said, at)
        update_counts(self.db, [self.known[comment_id][0] for comment_id in sorted(self._recounted)])
        mark_unscored(self.db, [self.known[comment_id][0] for comment_id in self._unscored])
        for thread in sorted(self._scoring):
            command = ScoreThread(thread)
            plan_score(self.db, f"score {thread}", type(command).__name__, thread, to_payload(command))

    def publications(self) -> list[Publication]:
        """The publications, one for each thread. Each event shows its comment as the batch leaves it, as a replay
        would."""
        own = self.held.told
        return [
            Publication(
                thread_topic(thread_id),
                self.threads[thread_id].epoch,
                tuple(self._event(thread_id, row) for row in self._log.get(thread_id, ())),
                tuple(own.get(thread_id, ())),
            )
            for thread_id in ({**self._log, **own} if own else self._log)
        ]

    def _event(self, thread_id: str, row: _Row) -> Event:
        thread = self.threads[thread_id]
        if row.comment is not None:
            comment = self.known[row.comment][0]
            who = row.reason, row.by, row.by_id
            return Event(row.seq, row.kind, row.at, comment, None, *who, thread.pinned, row.counts)
        return Event(row.seq, row.kind, row.at, None, thread, row.reason, row.by, row.by_id, counts=row.counts)
