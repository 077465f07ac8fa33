"""Commits a batch of commands in one transaction: decide, number, write. It is on disk when it returns."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection

from hubbub.commands import AnyWrite
from hubbub.commands.base import Answer, Denied, Done
from hubbub.commands.votes import OpinionCommand
from hubbub.domain.errors import Refused
from hubbub.domain.times import now_ms
from hubbub.storage.comments import known_comments
from hubbub.storage.held import held_comments
from hubbub.storage.idempotency import insert_dead_letter
from hubbub.storage.threads import lock_threads, threads_by_page
from hubbub.transport.base import Publication
from hubbub.worker.batch import MAX_EMPTY_THREADS, Batch
from hubbub.worker.decide import decide, posting, votes
from hubbub.worker.held import Holding
from hubbub.worker.idempotency import IdempotencyRecords
from hubbub.worker.people import load_staff, with_rights


class Committed(NamedTuple):
    """The answers, in the order of the commands, and what to tell the readers."""

    answers: list[Answer]
    publications: list[Publication]


def commit(
    db: Connection, commands: Sequence[AnyWrite], daily: int = 0, *, max_empty_threads: int = MAX_EMPTY_THREADS
) -> Committed:
    """Carries out `commands` inside the connection's transaction and answers each. Of a refused one only the refusal is
    stored. A repeated request gets the same answer (idempotency). An author may write `daily` comments a day; 0 means
    no limit. A site keeps `max_empty_threads`."""
    batch, records = _open(db, commands), IdempotencyRecords(db, commands)
    at = now_ms()
    posting.preload(batch, commands, daily, at)
    said = [command for command in commands if isinstance(command, OpinionCommand)]
    if said:
        votes.preload(batch, said)
    answers = [_answer(batch, records, command, at) for command in commands]
    batch.write(at, max_empty_threads)
    records.write(db)
    return Committed(answers, batch.publications())


def keep_dead_letter(db: Connection, command: AnyWrite, error: str, denied: Denied) -> None:
    """Stores a command that no transaction could take in the table `dead_letter`. It stays refused."""
    try:
        shown = msgspec.json.encode(command).decode()
    except UnicodeEncodeError:
        shown = repr(command)
    insert_dead_letter(db, _storable(shown), _storable(error), now_ms())
    records = IdempotencyRecords(db, [command])
    records.note(command, denied)
    records.write(db)


def _storable(text: str) -> str:
    """Removes what no database takes: lone surrogates, and NUL (also as a JSON escape)."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "").replace("\\u0000", "")


def _open(db: Connection, commands: Sequence[AnyWrite]) -> Batch:
    """Locks the threads, then reads what the batch needs: it cannot change any more."""
    subjects = [command.subject for command in commands]
    by_key = threads_by_page(db, [key for subject in subjects for key in subject.keys])
    threads = {thread for subject in subjects for thread in subject.threads} | set(by_key.values())
    locked = lock_threads(db, threads) if threads else {}
    comments = {comment for subject in subjects for comment in subject.comments}
    batch = Batch(db, locked, known_comments(db, comments), by_key, staff=load_staff(db, commands))
    if any(thread.held for thread in locked.values()):
        batch.held = Holding(held_comments(db, comments - batch.known.keys()))
    return batch


def _answer(batch: Batch, records: IdempotencyRecords, command: AnyWrite, at: int) -> Answer:
    try:
        if records.was_done(command) and not command.harmless_twice:
            return _again(batch, command)
        known = (*batch.known, *batch.held.known) if batch.held.known else batch.known
        refused = records.refusal(command, known)
        if refused is not None:
            return refused
        answer: Done | Denied = decide(with_rights(batch.staff, command), batch, at)
    except Refused as error:
        answer = Denied.of(error)
    records.note(command, answer)
    return answer


def _again(batch: Batch, command: AnyWrite) -> Done:
    """Answers a command that was carried out before: with the state as it is now."""
    subject = command.subject
    if subject.comments:
        held = batch.held.known.get(subject.comments[0])
        comment = batch.comment(subject.comments[0]) if held is None else held.comment
        mine = batch.opinion(command.actor.id, comment.id) if isinstance(command, OpinionCommand) else None
        return Done(batch.thread(comment.thread), comment, mine=mine)
    if subject.threads:
        return Done(batch.thread(subject.threads[0]))
    return Done(batch.thread_of(*subject.keys[0]) if subject.keys else None)
