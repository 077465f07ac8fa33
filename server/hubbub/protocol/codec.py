"""The two encodings of the contract, JSON (text frames) and MessagePack (binary frames), and the checks on what
comes in.

Decoding refuses, as `bad_request`: what is not well-formed, NaN and infinities, duplicate keys, keys that are not text,
lone surrogates, extension types, nesting beyond `limits.NESTING`. The libraries bound memory by the input's own size.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgpack
import msgspec

from hubbub.domain.errors import bad_request
from hubbub.domain.limits import NESTING

T = TypeVar("T")
Pairs = list[tuple[Any, Any]]


class Codec(Protocol):
    """One encoding. `encode` takes structs and builtins; `array` and `object` join values already encoded."""

    name: str
    subprotocol: str
    media_type: str
    binary: bool

    def decode(self, data: bytes) -> object:
        """Builtins from one message; Refused `bad_request` where it breaks the rules above."""

    def encode(self, value: object) -> bytes:
        """One value."""

    def array(self, values: Sequence[bytes]) -> bytes:
        """An array of values already encoded."""

    def object(self, fields: Mapping[str, bytes]) -> bytes:
        """An object of values already encoded."""


def _unique(pairs: Pairs) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if not isinstance(key, str):
            raise ValueError("keys must be text")
        if key in found:
            raise ValueError(f"the key {key[:40]!r} appears twice")
        found[key] = value
    return found


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number here")


def _check(value: object, depth: int = 0) -> None:
    """Refuse deep nesting and text that is not Unicode scalar values (RFC 3629 knows no surrogates)."""
    if depth > NESTING:
        raise ValueError(f"nested deeper than {NESTING}")
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, dict):
        for key, item in value.items():
            key.encode()
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)


class JsonCodec:
    """RFC 8259 text."""

    name = "json"
    subprotocol = "hubbub.v1.json"
    media_type = "application/json"
    binary = False

    # The standard parser, since it shows duplicate keys; commands are small, so its speed is no matter.
    _decoder = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)

    def decode(self, data: bytes) -> object:
        """See Codec."""
        try:
            value = self._decoder.decode(data.decode())
            _check(value)
        except (ValueError, RecursionError) as error:
            raise bad_request(f"This is not JSON of our form: {_why(error)}.") from None
        return value

    def encode(self, value: object) -> bytes:
        """See Codec."""
        return msgspec.json.encode(value)

    def array(self, values: Sequence[bytes]) -> bytes:
        """See Codec."""
        return b"[" + b",".join(values) + b"]"

    def object(self, fields: Mapping[str, bytes]) -> bytes:
        """See Codec."""
        return b"{" + b",".join(b'"%b":%b' % (key.encode(), value) for key, value in fields.items()) + b"}"


class MsgpackCodec:
    """MessagePack without extension types."""

    name = "msgpack"
    subprotocol = "hubbub.v1.msgpack"
    media_type = "application/msgpack"
    binary = True

    def decode(self, data: bytes) -> object:
        """See Codec."""
        try:
            value = msgpack.unpackb(data, object_pairs_hook=_unique, ext_hook=_refuse_ext, strict_map_key=False)
            _check(value)
        except (ValueError, RecursionError, msgpack.exceptions.UnpackException) as error:
            raise bad_request(f"This is not MessagePack of our form: {_why(error)}.") from None
        return value

    def encode(self, value: object) -> bytes:
        """See Codec."""
        packed: bytes = msgpack.packb(msgspec.to_builtins(value))
        return packed

    def array(self, values: Sequence[bytes]) -> bytes:
        """See Codec."""
        packer = msgpack.Packer()
        return b"".join((packer.pack_array_header(len(values)), *values))

    def object(self, fields: Mapping[str, bytes]) -> bytes:
        """See Codec."""
        packer = msgpack.Packer()
        parts = [packer.pack_map_header(len(fields))]
        for key, value in fields.items():
            parts += (packer.pack(key), value)
        return b"".join(parts)


def _refuse_ext(code: int, data: bytes) -> object:
    raise ValueError("extension types are not used here")


def _why(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "the text is not UTF-8"
    return str(error).split("\n")[0][:120].rstrip(".") or type(error).__name__


def convert(value: object, kind: type[T]) -> T:
    """`value` as the struct `kind`; Refused `bad_request` otherwise, which names the field, a long name cut."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise bad_request(f"{str(error)[:200]}.") from None


JSON = JsonCodec()
MSGPACK = MsgpackCodec()
CODECS: tuple[Codec, ...] = (JSON, MSGPACK)
