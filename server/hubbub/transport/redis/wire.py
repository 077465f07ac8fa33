"""Commands, answers and publications as bytes between Hubbub's own processes."""

import msgspec

from hubbub.transport.commands import Answer, AnyWrite, Publication

_encoder = msgspec.msgpack.Encoder()
_commands: msgspec.msgpack.Decoder[AnyWrite] = msgspec.msgpack.Decoder(AnyWrite)
_answers: msgspec.msgpack.Decoder[tuple[str, Answer]] = msgspec.msgpack.Decoder(tuple[str, Answer])
_publications = msgspec.msgpack.Decoder(Publication)


def pack(value: AnyWrite | Publication | tuple[str, Answer]) -> bytes:
    """Any of the three."""
    return _encoder.encode(value)


def command(data: bytes) -> AnyWrite:
    """A command; msgspec.ValidationError where another version wrote what this one does not know."""
    return _commands.decode(data)


def answer(data: bytes) -> tuple[str, Answer]:
    """A request's id and its answer."""
    return _answers.decode(data)


def publication(data: bytes) -> Publication:
    """New events of a thread."""
    return _publications.decode(data)
