"""Commands and answers as they will travel between processes: whole, both ways."""

from dataclasses import replace

import msgspec
import pytest

from hubbub.commands import AnyWrite
from hubbub.commands.base import Ambiguous, Answer, Denied, Done
from hubbub.domain.errors import ErrorCode, Refused, http_status
from hubbub.domain.events import Event, Kind, thread_topic
from hubbub.transport.base import Publication, refused
from hubbub.transport.redis import wire
from tests.unit.samples import ANN, AT, MAY, OLA, OPERATOR, comment, remove, thread
from tests.unit.transport.test_memory import ALL, FIRST


@pytest.mark.parametrize("command", [*ALL, *FIRST], ids=lambda command: type(command).__name__)
def test_commands_come_back_from_msgpack_as_they_were(command: AnyWrite) -> None:
    decoder = msgspec.msgpack.Decoder(AnyWrite)
    assert decoder.decode(msgspec.msgpack.encode(command)) == command


@pytest.mark.parametrize("answer", [Done(), Done(thread(), comment(), 3), Denied(ErrorCode.CONFLICT, "No.", 1.5)])
def test_answers_come_back_as_they_were(answer: Answer) -> None:
    decoder = msgspec.msgpack.Decoder(Answer)
    assert decoder.decode(msgspec.msgpack.encode(answer)) == answer


def test_kinds_roles_and_codes_of_a_newer_version_are_passed_on() -> None:
    author = replace(comment().author, role="future")
    event = Event(1, "comment.future", AT, replace(comment(), author=author))
    publication = Publication(thread_topic("t"), "e", (event, Event(2, "thread.future", AT, thread=thread())))
    assert wire.publication(wire.pack_publication(publication)) == publication
    denied = Denied("future", "Not so fast.", 3)
    assert wire.answers(wire.pack([("a", denied)])) == [("a", denied)]
    code = refused(denied).code
    assert (code, http_status(code)) == ("future", 400)


def test_an_answer_that_only_another_version_knows_harms_no_other() -> None:
    known = Done(thread(), comment(), 3)
    packed = msgspec.msgpack.encode([("a", known), ("b", {"type": "Perhaps"}), ("c", Ambiguous("r"))])
    (_, first), (_, unknown), (_, last) = wire.answers(packed)
    assert (first, last) == (known, Ambiguous("r"))
    assert isinstance(unknown, Denied)
    assert unknown.code is ErrorCode.UNAVAILABLE


def test_publications_come_back_as_they_were() -> None:
    events = (Event(1, Kind.POSTED, AT, comment=comment()), Event(2, Kind.CLOSED, AT, thread=thread(), by="May"))
    sent = Publication(thread_topic("t"), "e", events)
    assert wire.publication(wire.pack_publication(sent)) == sent


def test_only_a_moderators_removal_overtakes_the_rest() -> None:
    """Tokens are free, and the lane of those who overtake has no bound."""
    assert [remove(1, by).priority for by in (ANN, MAY, OLA, OPERATOR)] == [False, True, True, True]


def test_a_refusal_becomes_an_answer() -> None:
    refused = Refused(ErrorCode.THREAD_CLOSED, "Closed.", 2)
    assert Denied.of(refused) == Denied(ErrorCode.THREAD_CLOSED, "Closed.", 2)
