"""The live socket as AsyncAPI 3.0."""

from typing import Any, get_args

from hubbub.protocol import answers as a
from hubbub.protocol.close_codes import CLOSE_CODES
from hubbub.protocol.requests import AnyRequest
from hubbub.protocol.requests.base import Request
from hubbub.protocol.requests.conversation import Hello, Join, Leave, Typing
from hubbub.services.handlers import HANDLERS, Shows
from hubbub.web.api.description.schemas import API_VERSION, Json, in_one_line, schemas

CHANNEL = {"$ref": "#/channels/live"}
REPLIES: dict[Any, type[a.Reply]] = {
    Hello: a.HelloReply,
    Join: a.JoinReply,
    Leave: a.Reply,
    Typing: a.Reply,
    **{
        handler.request: a.CommentReply if handler.shows is Shows.COMMENT else a.ThreadReply
        for handler in HANDLERS.values()
    },
}


def asyncapi() -> Json:
    """The whole description."""
    commands = get_args(AnyRequest)
    replies = list(dict.fromkeys(REPLIES[command] for command in commands))
    messages = [*commands, *replies, a.RefusalReply, *a.PUSHES]
    _, components = schemas(messages)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hubbub live",
            "version": API_VERSION,
            "description": "One WebSocket for everything live. Subprotocol `hubbub.v1.json` (text frames) or "
            "`hubbub.v1.msgpack` (binary frames, the same shapes). Messages from the server may have more fields than "
            "are named here, and event kinds that are not: pass over them.\n\n" + _close_codes(),
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {
            "live": {
                "address": "/api/v1/live",
                "messages": {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in messages},
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            **{_name(command): _command(command) for command in commands},
            **{_name(push): _push(push) for push in a.PUSHES},
        },
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in messages},
            "schemas": components,
        },
    }


def _name(kind: Any) -> str:
    tag: str = kind.__struct_config__.tag
    return tag if issubclass(kind, Request) else f"{tag}-push"


def _command(command: Any) -> Json:
    return {
        "action": "receive",
        "channel": CHANNEL,
        "summary": in_one_line(command.__doc__),
        "messages": [_in_channel(command)],
        "reply": {"channel": CHANNEL, "messages": [_in_channel(REPLIES[command]), _in_channel(a.RefusalReply)]},
    }


def _push(push: Any) -> Json:
    return {"action": "send", "channel": CHANNEL, "summary": in_one_line(push.__doc__), "messages": [_in_channel(push)]}


def _in_channel(kind: Any) -> Json:
    return {"$ref": f"#/channels/live/messages/{kind.__name__}"}


def _message(kind: Any) -> Json:
    return {
        "name": kind.__name__,
        "summary": in_one_line(kind.__doc__),
        "payload": {"$ref": f"#/components/schemas/{kind.__name__}"},
    }


def _close_codes() -> str:
    rows = [
        f"| {code.code} | {code.name} | {'yes' if code.reconnect else 'no'} | {code.meaning} |" for code in CLOSE_CODES
    ]
    return "\n".join(["| close code | name | reconnect | meaning |", "|---|---|---|---|", *rows])
