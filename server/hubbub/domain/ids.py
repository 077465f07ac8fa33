"""The forms of ids. Text of another form is refused before storage is asked: text that storage cannot take would fail
everybody who shares the query."""

import re

from hubbub.domain.errors import not_found

_THREAD = re.compile(r"[a-z2-7]{16}")
_COMMENT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def thread_id(text: str) -> str:
    """`text` as the id of a thread; Refused `not_found` if it can't be one."""
    if not _THREAD.fullmatch(text):
        raise not_found("thread")
    return text


def comment_id(text: str) -> str:
    """`text` as the id of a comment, in lower case; Refused `not_found` if it can't be one."""
    if not _COMMENT.fullmatch(text.lower()):
        raise not_found("comment")
    return text.lower()
