"""The plain form under a thread's page: posting without any script, as a new guest, by the rules that hold for all.

Nobody is signed in by a cookie, so another site's page could only make its readers' browsers post as strangers; it
can't, since the form takes posts from this server's own pages alone.
"""

import uuid
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request

from hubbub.domain.errors import ErrorCode, Refused, bad_request, forbidden
from hubbub.domain.model import Comment
from hubbub.protocol.requests.posting import Post
from hubbub.services.caller import Caller
from hubbub.services.handlers import prepare
from hubbub.services.history import ThreadRef
from hubbub.services.identity import guest
from hubbub.services.rate_limits import SESSIONS_ADDRESS
from hubbub.web.node import node_of
from hubbub.web.requester import Requester
from hubbub.web.requests import read_bytes

FORM_BYTES = 160 * 1024  # 10,000 characters of an astral plane are 120,000 bytes in this encoding
_FIELDS = 16


@dataclass(frozen=True, slots=True)
class Form:
    """What a person typed. `id` is made with the page, and tells the same form sent twice from another one."""

    id: str = ""
    body: str = ""
    name: str = ""
    email: str = ""
    website: str = ""
    error: str | None = None
    held: bool = False  # what was sent with it is seen by staff alone for now


def blank_form() -> Form:
    """The form of a page that nobody has filled in."""
    return Form(str(uuid.uuid4()))


async def read_form(request: Request) -> Form:
    """The fields of a form (`application/x-www-form-urlencoded`). Refused `bad_request`, `too_large`, or `forbidden`
    where it is not from a page of this server."""
    check_own_page(request)
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise bad_request("This is not the form of a page here.")
    data = await read_bytes(request, FORM_BYTES)
    try:
        typed = dict(parse_qsl(data.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS))
        form_id = str(uuid.UUID(typed.get("id", "")))
    except ValueError:
        raise bad_request("This is not the form of a page here.") from None
    body, name, email, website = (typed.get(field, "") for field in ("body", "name", "email", "website"))
    return Form(form_id, body, name, email, website)


def check_own_page(request: Request) -> None:
    """Refused `forbidden` unless a page of this server sent the request. Browsers say where a form was sent
    from: Fetch Metadata, or an Origin (OWASP, CSRF prevention)."""
    site = request.headers.get("sec-fetch-site")
    origin = urlsplit(request.headers.get("origin", "")).netloc
    own = {urlsplit(one).netloc for one in node_of(request).sites.own_origins} | {request.headers.get("host")}
    if site == "same-origin" or (site is None and origin and origin in own):
        return
    raise forbidden("A comment can be sent from this page alone. Load it again, then try once more.")


async def post(request: Request, ref: ThreadRef, form: Form) -> Comment:
    """Posts the comment. Its id, and that of its author, are made from all that was typed: so the same form twice, from
    the same address, is one comment. Raises Refused."""
    node, address = node_of(request), request.scope["hubbub.address"]
    node.limits.check((SESSIONS_ADDRESS, address))
    told = "\0".join((form.body, form.name, form.email, form.website, ref.id, address))
    comment_id = uuid.uuid5(uuid.UUID(form.id), told)
    author = str(uuid.uuid5(comment_id, "author"))
    actor = guest(ref.site, form.name, form.email.strip(), form.website.strip(), author)
    asked = Post(ref=0, thread=ref.id, id=str(comment_id), body=form.body)
    prepared = await prepare(node, Caller(actor, request.headers.get("origin"), address), asked)
    done = await Requester.of(request).submit(node, prepared.command)
    if done.comment is None:
        raise Refused(ErrorCode.INTERNAL, "The comment was not stored.")
    return done.comment
