"""The HTTP API as OpenAPI 3.1."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta, Struct

from hubbub.domain.errors import HTTP_STATUS, ErrorCode
from hubbub.domain.model import Role
from hubbub.domain.permissions import least_role
from hubbub.domain.sizes import COUNTS_KEYS, KEY_CHARS, PAGE_COMMENTS, PAGE_COMMENTS_MAX
from hubbub.protocol import answers as a
from hubbub.protocol.requests.base import Name, Seq
from hubbub.protocol.requests.posting import PreviewBody
from hubbub.protocol.requests.sites import (
    ClaimBody,
    EmptyBody,
    MemberBody,
    PasskeyBody,
    PasskeyRemovalBody,
    RevokeBody,
    SeenBody,
    SessionBody,
    SignInBody,
    SiteBody,
    SiteChangeBody,
)
from hubbub.protocol.requests.threads import ThreadBody
from hubbub.services.handlers import HANDLERS, Handler, Shows, body_type
from hubbub.web.api.description.schemas import API_VERSION, Json, schemas

EVERYWHERE = (  # an unknown Origin, a token that is not valid, …: any request may be refused so
    ErrorCode.BAD_REQUEST,
    ErrorCode.UNAUTHORIZED,
    ErrorCode.FORBIDDEN,
    ErrorCode.RATE_LIMITED,
    ErrorCode.INTERNAL,
    ErrorCode.UNAVAILABLE,
)


class Query(NamedTuple):
    """A parameter in the query."""

    name: str
    type: Any
    meaning: str
    required: bool = False


class Operation(NamedTuple):
    """One method of one path. `who` may call it: "all", "author", "moderator", "owner" or "operator"."""

    name: str
    summary: str
    answer: type[Struct] | str  # the media type where it is not JSON
    who: str = "all"
    status: int = 200
    body: type[Struct] | None = None
    query: tuple[Query, ...] = ()
    refused: tuple[ErrorCode, ...] = (ErrorCode.NOT_FOUND,)


SITE = Query("site", Name, "The site's name.")
KEY = Query("key", Annotated[str, Meta(min_length=1, max_length=KEY_CHARS)], "The page's key, as a rule its path.")
SEEN_THREAD = Query("thread", Name, "The thread's id.", required=True)
SITE_AND_KEY = (SITE._replace(required=True), KEY._replace(required=True))
ORDER = Query("order", Literal["newest", "oldest"], "Which comment comes first; `newest` unless said.")
LIMIT = Query(
    "limit", Annotated[int, Meta(ge=1, le=PAGE_COMMENTS_MAX)], f"At most so many; {PAGE_COMMENTS} unless said."
)
SNAPSHOT = (
    Query("thread", Name, "The thread's id; else name it by `site` and `key`."),
    SITE,
    KEY,
    ORDER,
    LIMIT,
    Query("before", Seq, "Only comments with a lower number."),
    Query("after", Seq, "Only comments with a higher number."),
)
COMMENTS = (
    Query("order", Literal["newest", "oldest", "best"], "Which comment comes first; `newest` unless said."),
    LIMIT,
    Query("view", Literal["flat", "tree"], "In one list, or as a tree; `flat` unless said."),
    Query("cursor", Name, "The `cursor` of the page before, or the `previous` of the page after."),
    Query("around", Seq, "The page with this comment in its middle, by number, or with the nearest."),
)
REPLIES = (
    LIMIT,
    Query("cursor", Name, "The `cursor` of the page before."),
    Query("after", Annotated[int, Meta(ge=0, le=2**31 - 1)], "Only answers with a higher number."),
)
QUEUE = (
    Query("state", Literal["held", "spam", "removed"], "Which comments; `held` unless said."),
    LIMIT,
    Query("cursor", Name, "The `cursor` of the page before."),
)
EVENTS = (
    Query("epoch", Name, "Which log the position is in.", required=True),
    Query("after", Seq, "The `seq` of the last event that is known; 0 unless said."),
    Query("site", Literal[0, 1], "1: the answer has the site too, as its readers are told of it."),
)
COUNTS = (
    SITE_AND_KEY[0],
    Query("key", Annotated[list[str], Meta(min_length=1, max_length=COUNTS_KEYS)], "The pages' keys.", required=True),
)
ATOM, JSON_LINES = "application/atom+xml", "application/x-ndjson"
NOT_THERE, CONFLICT = ErrorCode.NOT_FOUND, ErrorCode.CONFLICT


def _written(handler: Handler[Any]) -> Operation:
    """The operation of a request that writes."""
    what, answer = ("Comment", a.CommentAnswer) if handler.shows is Shows.COMMENT else ("Thread", a.ThreadAnswer)
    tag, summary = handler.request.__struct_config__.tag, (handler.request.__doc__ or "").partition(".")[0]
    least = least_role(handler.may)
    who = "author" if least is Role.GUEST else str(least)
    return Operation(f"{tag}{what}", summary, answer, who, handler.status, body_type(handler), refused=handler.refused)


OPERATIONS: dict[tuple[str, str], Operation] = {
    **{(handler.method, handler.path): _written(handler) for handler in HANDLERS.values()},
    ("POST", "/api/v1/sessions"): Operation(
        "startSession",
        "Begin a guest's session, or give a guest another name",
        a.SessionAnswer,
        status=201,
        body=SessionBody,
        refused=(NOT_THERE, ErrorCode.NAME_TAKEN),
    ),
    ("POST", "/api/v1/sessions/claim"): Operation(
        "claimSession", "Spend a one-time code for a moderator's session", a.SessionAnswer, status=201, body=ClaimBody
    ),
    ("GET", "/api/v1/threads"): Operation(
        "getThread", "Read a thread and a page of comments", a.SnapshotAnswer, query=SNAPSHOT
    ),
    ("PUT", "/api/v1/threads"): Operation(
        "putThread",
        "Set a page's title, address and article",
        a.ThreadAnswer,
        "owner",
        body=ThreadBody,
        query=SITE_AND_KEY,
    ),
    ("POST", "/api/v1/threads/{thread}/preview"): Operation(
        "previewComment", "Render a text as a comment would show it", a.PreviewAnswer, body=PreviewBody
    ),
    ("GET", "/api/v1/threads/{thread}/events"): Operation(
        "getEvents",
        "Read the events after a position",
        a.EventsAnswer,
        query=EVENTS,
        refused=(NOT_THERE, ErrorCode.RESET),
    ),
    ("GET", "/api/v1/threads/{thread}/comments"): Operation(
        "listComments", "Read the comments page by page", a.CommentsAnswer, query=COMMENTS
    ),
    ("GET", "/api/v1/comments/{comment}/replies"): Operation(
        "listReplies", "Read the answers to a comment page by page", a.CommentsAnswer, query=REPLIES
    ),
    ("GET", "/api/v1/threads/{thread}/feed.atom"): Operation("getThreadFeed", "Read a thread's newest comments", ATOM),
    ("GET", "/api/v1/sites/{name}/feed.atom"): Operation("getSiteFeed", "Read a site's newest comments", ATOM),
    ("GET", "/api/v1/counts"): Operation("getCounts", "Count the comments of many pages", a.CountsAnswer, query=COUNTS),
    ("PUT", "/api/v1/sites/{name}"): Operation(
        "putSite", "Add a site, or change it", a.SiteAnswer, "operator", body=SiteBody, refused=(NOT_THERE, CONFLICT)
    ),
    ("PATCH", "/api/v1/sites/{name}"): Operation(
        "changeSite",
        "Change a site's origins",
        a.SiteAnswer,
        "operator",
        body=SiteChangeBody,
        refused=(NOT_THERE, CONFLICT),
    ),
    ("GET", "/api/v1/me"): Operation("showOwn", "Read who you are here", a.MeAnswer, "author"),
    ("GET", "/api/v1/me/export"): Operation("exportOwn", "Read all you wrote, as JSON lines", JSON_LINES, "author"),
    ("POST", "/api/v1/me/erase"): Operation(
        "eraseOwn", "Erase all you wrote, and your name", a.ErasedAnswer, "author", body=EmptyBody
    ),
    ("GET", "/api/v1/me/seen"): Operation(
        "showSeen", "Read how far you have read a thread", a.SeenAnswer, "author", query=(SEEN_THREAD,)
    ),
    ("POST", "/api/v1/me/seen"): Operation(
        "putSeen", "Keep how far you have read a thread", a.SeenAnswer, "author", body=SeenBody
    ),
    ("POST", "/api/v1/me/pair"): Operation(
        "pairDevice", "Make a code for another device", a.PairingAnswer, "author", 201, EmptyBody
    ),
    ("GET", "/api/v1/me/passkeys"): Operation("listPasskeys", "List your passkeys", a.PasskeysAnswer, "author"),
    ("POST", "/api/v1/me/passkeys"): Operation(
        "keepPasskey",
        "Keep a passkey that was made",
        a.PasskeysAnswer,
        "author",
        201,
        PasskeyBody,
        refused=(NOT_THERE, CONFLICT),
    ),
    ("DELETE", "/api/v1/me/passkeys"): Operation(
        "removePasskey", "Remove a passkey", a.PasskeysAnswer, "author", body=PasskeyRemovalBody
    ),
    ("POST", "/api/v1/me/passkeys/options"): Operation(
        "getPasskeyOptions", "Ask how to make a passkey", a.CreationOptionsAnswer, "author", body=EmptyBody
    ),
    ("POST", "/api/v1/sessions/options"): Operation(
        "getSignInOptions", "Ask how to use a passkey", a.RequestOptionsAnswer, body=SignInBody
    ),
    ("GET", "/api/v1/sites/{name}/queue"): Operation(
        "readQueue",
        "Read what waits for a site's staff, or what they took out of sight",
        a.QueueAnswer,
        "moderator",
        query=QUEUE,
    ),
    ("GET", "/api/v1/sites/{name}/nicks"): Operation("drawNicks", "Draw three names that are free", a.NicksAnswer),
    ("PUT", "/api/v1/sites/{name}/staff"): Operation(
        "putMember", "Make somebody a member of a site's staff", a.SiteAnswer, "operator", body=MemberBody
    ),
    ("DELETE", "/api/v1/sites/{name}/staff"): Operation(
        "revokeMember", "Revoke all tokens of a name", a.SiteAnswer, "operator", body=RevokeBody
    ),
    ("DELETE", "/api/v1/sites/{name}"): Operation(
        "removeSite",
        "Remove a site without comments",
        a.SiteAnswer,
        "operator",
        body=EmptyBody,
        refused=(NOT_THERE, CONFLICT),
    ),
}


def openapi() -> Json:
    """The whole description."""
    operations = OPERATIONS.values()
    types = {
        a.ErrorAnswer,
        *(operation.answer for operation in operations if not isinstance(operation.answer, str)),
        *(operation.body for operation in operations if operation.body is not None),
    }
    _, components = schemas(sorted(types, key=lambda kind: kind.__name__))
    paths: defaultdict[str, Json] = defaultdict(dict)
    for (method, path), operation in OPERATIONS.items():
        paths[path][method.lower()] = _described(path, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hubbub",
            "version": API_VERSION,
            "description": "Comments over HTTP. What happens live comes over the WebSocket: see asyncapi.json. Answers "
            "may have more fields than are named here; requests may not.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _described(path: str, operation: Operation) -> Json:
    described: Json = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"For {operation.who}.",
        "security": [{"token": []}] if operation.who != "all" else [{}, {"token": []}],
        "parameters": [*_path_parameters(path), *map(_query_parameter, operation.query)],
        "responses": {str(operation.status): _answer("Done.", operation.answer), **_refusals(operation)},
    }
    if operation.body is not None:
        required = bool(operation.body.__struct_fields__) and not all_optional(operation.body)
        described["requestBody"] = {"required": required, "content": _content(operation.body)}
    if operation.query in (SNAPSHOT, COMMENTS, REPLIES) or operation.answer == ATOM:
        described["parameters"].append(
            {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}, "description": "A known ETag."}
        )
        described["responses"]["304"] = {"description": "Nothing has happened since."}
    return described


def all_optional(kind: type[Struct]) -> bool:
    """Whether an empty body is enough."""
    return len(kind.__struct_defaults__) == len(kind.__struct_fields__)


def _path_parameters(path: str) -> Iterable[Json]:
    for part in path.split("/"):
        if part.startswith("{"):
            yield {"name": part[1:-1], "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameter(query: Query) -> Json:
    (schema,), _ = schemas([query.type])
    return {
        "name": query.name,
        "in": "query",
        "required": query.required,
        "schema": schema,
        "description": query.meaning,
    }


def _refusals(operation: Operation) -> Json:
    codes: defaultdict[int, list[str]] = defaultdict(list)
    too_large = (ErrorCode.TOO_LARGE,) if operation.body is not None else ()
    for code in (*EVERYWHERE, *operation.refused, *too_large):
        codes[HTTP_STATUS[code]].append(code)
    return {
        str(status): _answer(" or ".join(f"`{code}`" for code in found), a.ErrorAnswer)
        for status, found in sorted(codes.items())
    }


def _answer(description: str, kind: type[Struct] | str) -> Json:
    content = {kind: {"schema": {"type": "string"}}} if isinstance(kind, str) else _content(kind)
    return {"description": description, "content": content}


def _content(kind: type[Struct]) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}
