"""Normalises keys: addresses that mean the same page become one key (RFC 3986, 6.2.2; Unicode's NFC).

`tests/support/keys.json` has examples; the widget follows the same rule.
"""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from hubbub.domain.sizes import KEY_CHARS
from hubbub.domain.text import TextError, clean_line

# What follows a sign that encodes nothing ("100%") stays as it is, or the rule, used again, would find new encodings.
_ENCODED = re.compile(r"((?:%[0-9A-Fa-f]{2})+)|%[0-9A-Fa-f]?(?:%[0-9A-Fa-f]{2})?")
_UNRESERVED = r"[A-Za-z0-9._~-]"  # RFC 3986, 2.3
# White space, what is not seen, and what is no character stay encoded: a key is shown to people. Listed rather than
# asked of Unicode's tables, whose versions differ between browsers and servers. The joiners of Persian slugs are shown.
_UNSEEN = (
    r"[\x80-\xa0\xad\u061c\u1680\u180e\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f-\u206f\u3000\ud800-\udfff"
    r"\ufdd0-\ufdef\ufeff\ufff0-\uffff\U000e0000-\U0010ffff]"
)
_SHOWN = re.compile(rf"{_UNRESERVED}|(?!{_UNSEEN})[^\x00-\x7f]")


def clean_key(sent: str) -> str:
    """A page's key as it is stored. Percent-encoded unreserved characters and those of other scripts are decoded, once;
    other encodings get capital digits. Raises `TextError` for what can be no key."""
    return key_forms(sent)[0]


@lru_cache(128)  # all readers of a page send the same one
def key_forms(sent: str) -> tuple[str, ...]:
    """The stored key, followed by the forms under which older versions may have stored the page's thread."""
    if "\ufffd" in sent:  # what a query that is no UTF-8 decodes to: all such pages would share one thread
        raise TextError("key", "The key is not UTF-8.")
    typed = clean_line(sent, "key", len("%00" * 4) * KEY_CHARS)  # a character is up to four bytes
    key = clean_line(_ENCODED.sub(_decoded, typed), "key", KEY_CHARS)
    if key.isascii() and key == typed:
        return (key,)
    encoded = _encoded(key)
    in_small = re.sub(r"%..", lambda found: found[0].lower(), encoded)
    return tuple(dict.fromkeys((key, typed, encoded, in_small, _encoded(unicodedata.normalize("NFD", key)))))


def _decoded(found: re.Match[str]) -> str:
    if not found[1]:
        return found[0]
    text = unquote_to_bytes(found[1]).decode(errors="surrogateescape")
    return "".join(one if _SHOWN.fullmatch(one) else quote(one, "", errors="surrogateescape") for one in text)


def _encoded(key: str) -> str:
    """Percent-encodes a key as browsers do."""
    return re.sub(r"[^\x00-\x7f]+", lambda found: quote(found[0]), key)
