"""Finds bare http and https addresses in prose: where each begins and ends, in every script.

Scripts without spaces between words continue directly after an address, and have their own punctuation.
"""

import ipaddress
import re
from typing import Final

# Browsers and servers cut longer ones (RFC 9110, 4.1 asks for 8,000 octets of support); nobody types them.
TARGET_CHARS: Final = 2_000

# Letters that stand beside an address without a blank: Thai to Tibetan, Burmese, Khmer, Han, kana, Hangul.
SPACELESS: Final = (
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3031-\u303c"
    "\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc"
    "\U0001b000-\U0001b16f\U00020000-\U0003fffd"
)
# Punctuation of scripts in which no blank follows it, and of those with other signs than Latin has. It ends an address.
_FOREIGN: Final = (
    "\u0589\u060c\u061b\u061f\u06d4\u0964\u0965\u0e2f\u0e5a\u0e5b\u0f0d\u0f0e\u104a\u104b\u1362-\u1368\u17d4\u17d5"
    "\u3001-\u3004\u3008-\u3020\u3030\u303d\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
)
_QUOTES: Final = "“”„‟«»‹›…—"
# Controls and what has no width, but the joiners that Persian and Indian words have inside.
_INVISIBLE: Final = "\x00-\x20\x7f-\xa0\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufdd0-\ufdd4"

_BARE = re.compile(rf"(?<![A-Za-z0-9])https?://[^\s<>\"`\\{_INVISIBLE}{_QUOTES}{_FOREIGN}]+", re.IGNORECASE)
_TRAILING: Final = "?!.,:;*_~'’\u200c\u200d"
_CLOSING: Final = {")": "(", "]": "[", "}": "{"}
_ENTITY = re.compile(r"&[A-Za-z0-9]{1,31};$")

# No top-level domain begins with Latin letters and goes on in one of these scripts.
_RUN_ON_HOST = re.compile(rf"https?://(?:[^/?#.:]*+\.)*+[A-Za-z0-9-]+(?=[{SPACELESS}])", re.IGNORECASE)
_RUN_ON = re.compile(rf"(?<=[A-Za-z0-9])(?=[{SPACELESS}])")
_RUN_ON_MARKS = re.compile(rf"(?:\*+|~~)(?=[{SPACELESS}])")
_SPACELESS_BEFORE = re.compile(rf"[{SPACELESS}{_FOREIGN}{_QUOTES}]")
# Korean has blanks, but puts its particles right behind a word.
_PARTICLE = re.compile(
    r"(?<=[A-Za-z0-9/])(?:을|를|이|가|은|는|의|와|과|도|만|로|으로|에|에서|에게|에는|에도|부터|까지|보다|처럼|이나|나|라고|이라고|입니다|이에요|예요)$"
)

# A host, and no user name before it: `https://bank.example@evil.example` leads to evil.example.
_WEB = re.compile(
    r"https?://(?:\[([0-9a-f:.]+)\]|(?:[A-Za-z0-9._-]|[^\x00-\x7f])++)(?::(\d{1,5}))?(?=[/?#]|$)", re.IGNORECASE
)


def is_web(address: str) -> bool:
    """Whether `address` is http or https, with a host, without a user name, and with a valid port."""
    match = _WEB.match(address)
    if not match or (match[2] and int(match[2]) > 65_535):
        return False
    try:
        return match[1] is None or bool(ipaddress.IPv6Address(match[1]))
    except ValueError:
        return False


def bare_links(text: str) -> list[tuple[int, int]]:
    """The positions `[start, end)` of the http and https addresses in prose, without surrounding punctuation."""
    found = []
    for match in _BARE.finditer(text):
        start = match.start()
        url = match[0]
        if not url.isascii():
            url = _cut(url, glued=_SPACELESS_BEFORE.match(text[start - 1 : start]) is not None)
        url = _trimmed(url[: _surplus_bracket(url)] if "]" in url else url)
        if not url.isascii():
            url = _PARTICLE.sub("", url)
        if len(url) <= TARGET_CHARS and is_web(url):
            found.append((start, start + len(url)))
    return found


def _cut(url: str, *, glued: bool) -> str:
    """Cuts `url` where other text follows directly. If text without a space precedes it (`glued`), it is cut at the
    first letter of such a script."""
    host = _RUN_ON_HOST.match(url)
    if host:
        return host[0]
    for ends in (_RUN_ON_MARKS, _RUN_ON) if glued else (_RUN_ON_MARKS,):
        end = ends.search(url)
        if end:
            url = url[: end.start()]
    return url


def _surplus_bracket(url: str) -> int:
    """The index of the first `]` that closes nothing in `url` (it ends a link's words), or the length of `url`."""
    open_brackets = 0
    for match in re.finditer(r"[\[\]]", url):
        open_brackets += 1 if match[0] == "[" else -1
        if open_brackets < 0:
            return match.start()
    return len(url)


def _trimmed(url: str) -> str:
    """Removes final punctuation, a final entity, and a closing bracket that `url` does not open (GFM, 6.9)."""
    end = len(url)
    surplus: dict[str, int] = {}
    while end:
        last = url[end - 1]
        if last in _CLOSING:
            if last not in surplus:
                surplus[last] = url.count(last) - url.count(_CLOSING[last])
            if surplus[last] <= 0:
                break
            surplus[last] -= 1
        elif last == ";" and (entity := _ENTITY.search(url, max(0, end - 33), end)):
            end = entity.start()
            continue
        elif last not in _TRAILING:
            break
        end -= 1
    return url[:end]
