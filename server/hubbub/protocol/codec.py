"""The two encodings of the contract, JSON (text frames) and MessagePack (binary frames), and the checks on what
comes in.

Decoding refuses, as `bad_request`: what is not well-formed, NaN and infinities, duplicate keys, keys that are not text,
lone surrogates, extension types, nesting beyond `sizes.NESTING`, more than `sizes.VALUES` values. The last is noticed
while the libraries decode, as far as they let us: a few bytes, inflated, may say tens of thousands of empty arrays.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, TypeVar

import msgpack
import msgspec

from hubbub.domain.errors import bad_request
from hubbub.domain.sizes import NESTING, VALUES
from hubbub.domain.text import place_of

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


class _Counted:
    """Hooks for the objects and arrays of one message after the other."""

    def __init__(self) -> None:
        self._left = 0

    def reset(self) -> None:
        """Begins another message."""
        self._left = VALUES + 1  # the outermost is nobody's value

    def _count(self, size: int) -> None:
        self._left -= 1
        if size > VALUES or self._left < 0:
            raise ValueError(f"it has more than {VALUES} values")

    def unique(self, pairs: Pairs) -> dict[str, Any]:
        """An object, whose keys must be text and differ."""
        self._count(len(pairs))
        found: dict[str, Any] = {}
        for key, value in pairs:
            if not isinstance(key, str):
                raise ValueError("keys must be text")
            if key in found:
                raise ValueError(f"the key {key[:40]!r} appears twice")
            found[key] = value
        return found

    def array(self, items: list[Any]) -> list[Any]:
        """An array."""
        self._count(len(items))
        return items


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number here")


def _check(message: object) -> None:
    """Refuses deep nesting, many values, and text that is not Unicode scalar values (RFC 3629 has no surrogates)."""
    seen, todo = 0, [(message, 0)]
    while todo:
        value, depth = todo.pop()
        if depth > NESTING:
            raise ValueError(f"nested deeper than {NESTING}")
        if isinstance(value, str):
            value.encode()
        elif isinstance(value, dict | list):
            seen += len(value)
            if seen > VALUES:
                raise ValueError(f"it has more than {VALUES} values")
            if isinstance(value, dict):
                "".join(value).encode()
            items = value.values() if isinstance(value, dict) else value
            todo += [(item, depth + 1) for item in items]


class JsonCodec:
    """RFC 8259 text."""

    name = "json"
    subprotocol = "hubbub.v1.json"
    media_type = "application/json"
    binary = False

    # The standard parser, since it shows duplicate keys; commands are small, so its speed is no matter.
    _counted = _Counted()
    _decoder = json.JSONDecoder(object_pairs_hook=_counted.unique, parse_constant=_refuse_constant)

    def decode(self, data: bytes) -> object:
        """See Codec."""
        self._counted.reset()
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
    _counted = _Counted()

    def decode(self, data: bytes) -> object:
        """See Codec."""
        self._counted.reset()
        try:
            value = msgpack.unpackb(
                data,
                object_pairs_hook=self._counted.unique,
                list_hook=self._counted.array,
                max_array_len=VALUES,  # or room is made for what a few bytes announce, at each of a thousand levels
                max_map_len=VALUES,
                ext_hook=_refuse_ext,
                strict_map_key=False,
            )
            _check(value)
        except (ValueError, RecursionError, msgpack.exceptions.UnpackException) as error:
            raise bad_request(f"This is not MessagePack of our form: {_why(error)}.") from None
        return value

    def encode(self, value: object) -> bytes:
        """See Codec."""
        return msgspec.msgpack.encode(value)

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
    if isinstance(error, UnicodeEncodeError):
        return f"the text holds half a character ({place_of(error.object, error.start)})"
    if isinstance(error, UnicodeError):
        return "the text is not UTF-8"
    if "max_array_len" in str(error) or "max_map_len" in str(error):
        return f"it has more than {VALUES} values"
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
