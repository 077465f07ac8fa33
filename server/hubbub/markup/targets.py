"""Where links and images may lead, and which bare addresses in prose become links."""

import html
import re
from typing import Final

from hubbub.markup.errors import MarkupError

# Browsers and servers cut longer ones (RFC 9110, 4.1 asks for 8,000 octets of support); nobody types them.
TARGET_CHARS: Final = 2_000

# White space and controls, which browsers strip or encode, so that a checker sees another address than they do.
_UNCLEAR = re.compile(r"[\x00-\x20\x7f-\xa0\\\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0]")
# A host, and no user name before it: `https://bank.example@evil.example` leads to evil.example.
_WEB = re.compile(r"https?://(?:[A-Za-z0-9._-]|[^\x00-\x7f])++(?::\d{1,5})?(?:[/?#]|$)", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^@?&#:/]+@[^@?&#:/]+(?:\?|$)", re.IGNORECASE)
_COMMENT = re.compile(r"#\d{1,9}")

_BARE = re.compile(r"(?<!\w)https?://[^\s<>\"`\\\x00-\x20\x7f-\xa0\u2028-\u202e\u2066-\u2069\ufdd0]+", re.IGNORECASE)
_TRAILING: Final = "?!.,:;*_~'’”…»"
_CLOSING: Final = {")": "(", "]": "[", "}": "{"}

_VALUE = re.compile(r"""=\s*+(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_SCRIPT = re.compile(r"(?:javascript|vbscript|data):", re.IGNORECASE)
_LOOKED_AT: Final = 500  # characters of a raw attribute: past them a script is shown as text without a word
_IGNORED = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")


def check_link(target: str, *, local: bool) -> str:
    """The address for `href`: http, https, mailto, or a comment as `#12`; with `local`, any relative one too.

    Raises `MarkupError` for anything else.
    """
    _check_clear(target)
    if _WEB.match(target) or _MAIL.match(target) or _COMMENT.fullmatch(target):
        return target
    if not local:
        raise MarkupError(
            "Links have to start with https://, http:// or mailto:, or be the number of a comment, like #12. "
            f"Please change {_quoted(target)}."
        )
    if not target or target.startswith("//") or ":" in re.split("[/?#]", target, maxsplit=1)[0]:
        raise MarkupError(
            f"Links have to start with https://, http:// or mailto:, or be relative. Please change {_quoted(target)}."
        )
    return target


def check_image(target: str) -> str:
    """The address for `src`: https alone. Raises `MarkupError` for anything else."""
    _check_clear(target)
    if not (target[:8].lower() == "https://" and _WEB.match(target)):
        raise MarkupError(f"Images have to start with https://. Please change {_quoted(target)}.")
    return target


def check_raw(source: str) -> None:
    """Refuse raw HTML with a script in an attribute. It is shown as text anyway; its author should know."""
    if ":" not in source and "&" not in source:
        return
    for match in _VALUE.finditer(source):
        value = html.unescape((match[1] or match[2] or match[3] or "")[:_LOOKED_AT])
        if _SCRIPT.match(_IGNORED.sub("", value)):
            raise MarkupError(f"Links cannot hold scripts or data. Please remove {_quoted(value)}.")


def bare_links(text: str) -> list[tuple[int, int]]:
    """The places `[start, end)` of the http and https addresses in prose, without the punctuation around them."""
    found = []
    for match in _BARE.finditer(text):
        url = _trimmed(match[0])
        if len(url) <= TARGET_CHARS and _WEB.match(url):
            found.append((match.start(), match.start() + len(url)))
    return found


def _trimmed(url: str) -> str:
    """`url` without final punctuation and without a closing bracket that it does not open (GFM, 6.9)."""
    end = len(url)
    surplus = {mark: url.count(mark) - url.count(opener) for mark, opener in _CLOSING.items()}
    while end:
        last = url[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return url[:end]


def _check_clear(target: str) -> None:
    if len(target) > TARGET_CHARS:
        raise MarkupError(f"This link is too long. Please shorten it to {TARGET_CHARS:,} characters.")
    if _UNCLEAR.search(target):
        raise MarkupError(
            f"Links cannot hold spaces, backslashes or control characters. Please change {_quoted(target)}."
        )


def _quoted(target: str) -> str:
    """The start of a refused address, as one can show it."""
    shown = "".join(char for char in target if char.isprintable())
    return f"“{shown[:60]}…”" if len(shown) > 60 else f"“{shown}”"
