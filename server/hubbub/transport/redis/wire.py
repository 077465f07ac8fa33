"""Commands, answers and publications as bytes between Hubbub's own processes."""

from collections.abc import Sequence

import msgspec

from hubbub.commands import AnyWrite
from hubbub.commands.base import Answer, Denied
from hubbub.domain.errors import unavailable
from hubbub.domain.events import Event
from hubbub.domain.held import OwnChange
from hubbub.transport.base import Publication
from hubbub.transport.redis.keys import topic_name, topic_of

Answers = Sequence[tuple[str, Answer]]  # each with its request's id

_encoder = msgspec.msgpack.Encoder()
_commands: msgspec.msgpack.Decoder[AnyWrite] = msgspec.msgpack.Decoder(AnyWrite)
_answers: msgspec.msgpack.Decoder[list[tuple[str, Answer]]] = msgspec.msgpack.Decoder(list[tuple[str, Answer]])
_answer: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)
_unread_answers = msgspec.msgpack.Decoder(list[tuple[str, msgspec.Raw]])


class _Publication(msgspec.Struct, frozen=True, omit_defaults=True):
    """A publication as it travels. The topic's name is called `thread`, as it was before there were other topics."""

    thread: str
    epoch: str
    events: tuple[Event, ...]
    own: tuple[OwnChange, ...] = ()


_publications = msgspec.msgpack.Decoder(_Publication)


def pack(value: AnyWrite | Answers) -> bytes:
    """Encodes a command, or answers."""
    return _encoder.encode(value)


def pack_publication(publication: Publication) -> bytes:
    """Encodes a publication."""
    topic, epoch, events, own = publication.topic, publication.epoch, publication.events, publication.own
    return _encoder.encode(_Publication(topic_name(topic), epoch, events, own))


def command(data: bytes) -> AnyWrite:
    """Decodes a command. msgspec.DecodeError if another version wrote what this one does not know."""
    return _commands.decode(data)


def answers(data: bytes) -> Answers:
    """Decodes answers to one node. An answer of a kind that only another version knows becomes `unavailable`."""
    try:
        return _answers.decode(data)
    except msgspec.ValidationError:
        return [(request, _known(answer)) for request, answer in _unread_answers.decode(data)]


def _known(data: msgspec.Raw) -> Answer:
    try:
        return _answer.decode(data)
    except msgspec.ValidationError:
        return Denied.of(unavailable("The server is being updated; please try again.", retry_after=2))


def publication(data: bytes) -> Publication:
    """Decodes new events of a topic. An event of a kind that only a newer version knows is passed on."""
    found = _publications.decode(data)
    return Publication(topic_of(found.thread), found.epoch, found.events, found.own)
