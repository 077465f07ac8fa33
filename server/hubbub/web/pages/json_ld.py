"""A thread's page for machines: schema.org's DiscussionForumPosting with its comments, as JSON-LD."""

import json
from typing import Any

from markupsafe import Markup

from hubbub.domain.times import to_rfc3339
from hubbub.web.pages.data import CommentRow, ThreadPage

_ESCAPES = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}  # so that nothing ends the script element


def json_ld(thread_page: ThreadPage, home: str) -> Markup:
    """The content of a script element. Nothing of removed comments is in it. `home` is this server's address."""
    thread, article = thread_page.thread, thread_page.article
    here = f"{home}/t/{thread.id}"
    posting: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "DiscussionForumPosting",
        "@id": here,
        "url": thread.url or here,
        "headline": thread_page.title,
        "commentCount": thread.comments,
        "comment": [_comment(row, here) for row in thread_page.comments if not row.view.removed],
    }
    if article is not None:
        posting["text"] = _plain(article.html)
        if article.poster:
            posting["image"] = f"{home}{article.poster}" if article.poster.startswith("/") else article.poster
        if article.author:
            posting["author"] = {"@type": "Person", "name": article.author}
        if article.published is not None:
            posting["datePublished"] = to_rfc3339(article.published)
    return Markup(json.dumps(posting, ensure_ascii=False).translate(_ESCAPES))  # noqa: S704 - no < is left in it


def _comment(row: CommentRow, here: str) -> dict[str, Any]:
    view = row.view
    author = {"@type": "Person", "name": view.author.name}
    if view.author.website:
        author["url"] = view.author.website
    told: dict[str, Any] = {
        "@type": "Comment",
        "@id": f"urn:uuid:{view.id}",
        "url": f"{here}?around={view.number}#comment-{view.number}",
        "author": author,
        "datePublished": view.at,
        "text": _plain(view.html),
    }
    if view.edited_at:
        told["dateModified"] = view.edited_at
    if view.parent:
        told["parentItem"] = {"@type": "Comment", "@id": f"urn:uuid:{view.parent}"}
    return told


def _plain(html: str) -> str:
    return Markup(html).striptags()  # noqa: S704 - the tags are taken off
