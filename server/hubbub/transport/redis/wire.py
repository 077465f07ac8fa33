"""Commands, answers and publications as bytes between Hubbub's own processes."""

from collections.abc import Sequence

import msgspec

from hubbub.transport.commands import Answer, AnyWrite, Publication

Answers = Sequence[tuple[str, Answer]]  # each with its request's id

_encoder = msgspec.msgpack.Encoder()
_commands: msgspec.msgpack.Decoder[AnyWrite] = msgspec.msgpack.Decoder(AnyWrite)
_answers: msgspec.msgpack.Decoder[list[tuple[str, Answer]]] = msgspec.msgpack.Decoder(list[tuple[str, Answer]])
_publications = msgspec.msgpack.Decoder(Publication)


def pack(value: AnyWrite | Publication | Answers) -> bytes:
    """Any of the three."""
    return _encoder.encode(value)


def command(data: bytes) -> AnyWrite:
    """A command; msgspec.DecodeError where another version wrote what this one does not know."""
    return _commands.decode(data)


def answers(data: bytes) -> Answers:
    """Answers to one node."""
    return _answers.decode(data)


def publication(data: bytes) -> Publication:
    """New events of a thread."""
    return _publications.decode(data)
