"""Checks the targets of links and images."""

import html
import re
from typing import Final

from hubbub.domain.text import code_point
from hubbub.markup.addresses import TARGET_CHARS, is_web
from hubbub.markup.errors import MarkupError

# White space and controls, which browsers strip or encode, so that a checker sees another address than they do.
_UNCLEAR = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0]")
_NAMES: Final = {" ": "a space", "\\": "a backslash", "\t": "a tab", "\n": "a line break"}
_MAIL = re.compile(r"mailto:[^@?&#:/]+@[^@?&#:/]+(?:\?|$)", re.IGNORECASE)
_COMMENT = re.compile(r"#\d{1,9}")
_SCHEME = re.compile("https?://", re.IGNORECASE)
_NAMED_USER = re.compile("https?://[^/?#]*@", re.IGNORECASE)

_VALUE = re.compile(r"""=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_SCRIPT = re.compile(r"(?:javascript|vbscript|data):", re.IGNORECASE)
_LOOKED_AT: Final = 500  # characters of a raw attribute: past them a script is shown as text without a word
_IGNORED = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def check_link(target: str, *, local: bool) -> str:
    """The address for `href`: http, https, mailto, or a comment as `#12`; with `local`, any relative one too.

    Raises `MarkupError` for anything else.
    """
    _check_clear(target)
    if is_web(target) or _MAIL.match(target) or _COMMENT.fullmatch(target):
        return target
    if _NAMED_USER.match(target):
        reason = "Links cannot hold a user name before the host, since it can pass for the host."
    elif _SCHEME.match(target):
        reason = "Links have to name a host after http:// or https://, and a port up to 65535 where they name one."
    elif not local:
        reason = "Links have to start with https://, http:// or mailto:, or be the number of a comment, like #12."
    elif not target or target.startswith("//") or ":" in re.split("[/?#]", target, maxsplit=1)[0]:
        reason = "Links have to start with https://, http:// or mailto:, or be relative."
    else:
        return target
    raise MarkupError(f"{reason} Please change {_quoted(target)}.")


def check_image(target: str) -> str:
    """The address for `src`: https alone. Raises `MarkupError` for anything else."""
    _check_clear(target)
    if _NAMED_USER.match(target):
        return check_link(target, local=False)
    if not (target[:8].lower() == "https://" and is_web(target)):
        raise MarkupError(f"Images have to start with https://. Please change {_quoted(target)}.")
    return target


def check_raw(source: str) -> None:
    """Refuses raw HTML with a script in an attribute. It would be shown as text; its author should know."""
    if ":" not in source and "&" not in source:
        return
    for match in _VALUE.finditer(source):
        value = html.unescape((match[1] or match[2] or match[3] or "")[:_LOOKED_AT])
        if _SCRIPT.match(_IGNORED.sub("", value)):
            raise MarkupError(f"Links cannot hold scripts or data. Please remove {_quoted(value)}.")


def _check_clear(target: str) -> None:
    if len(target) > TARGET_CHARS:
        raise MarkupError(f"This link is too long. Please shorten it to {TARGET_CHARS:,} characters.")
    unclear = _UNCLEAR.search(target)
    if unclear:
        raise MarkupError(
            f"Links cannot hold {_NAMES.get(unclear[0], 'an invisible character')} "
            f"({code_point(unclear[0])}). Please change {_quoted(target)}."
        )


def _quoted(target: str) -> str:
    """The start of a refused address, shortened for the message."""
    shown = "".join(char for char in target if char.isprintable())
    return f"“{shown[:60]}…”" if len(shown) > 60 else f"“{shown}”"
