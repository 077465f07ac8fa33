"""What people type, checked and cleaned before anything else sees it.

Every function is pure. It returns the clean text or raises `TextError`, whose message tells the person what to do.

The characters refused everywhere are those that can only deceive or damage: C0 and C1 controls, bidirectional
embeddings, overrides and isolates (Trojan Source, CVE-2021-42574), lone surrogates, noncharacters, deprecated format
characters and hidden "tag" characters outside a flag emoji. Code points that are merely unassigned pass: the next
emoji is unassigned until Python learns of it.
"""

import html
import ipaddress
import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

from hubbub.domain.limits import BODY_CHARS, EMAIL_CHARS, NAME_CHARS, WEBSITE_CHARS

# Latin, Thai and Hindi put up to 3 marks on one letter, pointed and cantillated Hebrew 5, stacked Tibetan 7.
MARKS: Final = 8

# NFC composes at most three characters into one, so a text over three times its limit needs no closer look.
_COMPOSED: Final = 3

_LINE_BREAK = re.compile(r"[\n\r\v\f\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_FLAG = re.compile(r"\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,8}+\U000e007f")
_HIDDEN = re.compile(r"[\u2065\u206a-\u206f\ufff0-\ufffb\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]")
_PLANE_ENDS = "".join(f"{chr(plane + 0xFFFE)}-{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
_DAMAGED = re.compile(rf"[\ud800-\udfff\ufdd0-\ufdef{_PLANE_ENDS}]")

# Over the two-letter general categories of a text, joined: a capital M begins a category of marks and nothing else.
# Joiners and spacing marks between two marks do not take them off their letter, so they start no new count.
_STACKED = re.compile(rf"(?:M[ne](?:Cf|Mc)*+){{{MARKS + 1}}}")

_NO_INK: Final = frozenset({"Cc", "Cf", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"})
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols without ink
# Dropped from single lines, where they only make two equal names differ: soft hyphen, zero-width space, word joiner
# and its invisible kin, byte order mark. ZWJ, ZWNJ, LRM and RLM stay, since scripts and emoji need them.
_IDLE: Final = dict.fromkeys(map(ord, "\u00ad\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufeff"))

_SCRIPT_ADDRESS = re.compile(r"(?:java|vb)script:|data:[\w.+-]*[/;,]", re.IGNORECASE)

# A label as typed: ASCII letters, digits and inner hyphens or underscores, and any other script (IDNA, RFC 5890).
_LABEL: Final = r"[A-Za-z0-9\x80-\U0010ffff](?:[\w\x80-\U0010ffff-]{0,61}[A-Za-z0-9\x80-\U0010ffff])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")
_BARE = re.compile(rf"{_LABEL}(?:\.{_LABEL})+(?::\d{{1,5}})?(?:[/?#].*)?")
_SCHEME = re.compile(r"https?://", re.IGNORECASE)
# Never part of an address as browsers show it: RFC 3986 wants them percent-encoded, and each has carried an attack.
_UNSAFE = re.compile(r"""[\s\\<>"'`{}|^]|&#|&\w{2,32};""")
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2060-\u2064\u2800\u3164\ufeff\uffa0]"
)
_EMAIL = re.compile(rf"[^\s@<>()\[\],;:\\\"]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")


class TextError(ValueError):
    """Typed text that is refused: `field` names where it was typed, `message` says what to do, in a sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def has_ink(text: str) -> bool:
    """Whether `text` shows anything: more than white space, joiners, lone marks and blank fillers."""
    return any(unicodedata.category(char) not in _NO_INK and char not in _BLANK for char in text)


def clean_line(value: str, field: str, max_chars: int) -> str:
    """One line of plain text (name, title, reason): NFC, white space collapsed, 1 to `max_chars` characters.

    Raises `TextError` when it is empty, invisible, too long, has a line break or a character nobody types honestly.
    """
    _check_length(value, field, max_chars, slack=_COMPOSED)
    line = value.strip("\r\n").replace("\t", " ").translate(_IDLE)
    if _LINE_BREAK.search(line):
        raise TextError(field, f"The {field} has to be on one line. Please remove the line breaks.")
    check_characters(line, field)
    line = unicodedata.normalize("NFC", " ".join(line.split()))
    if not has_ink(line):
        raise TextError(field, f"The {field} is empty. Please type something that can be seen.")
    _check_length(line, field, max_chars)
    return line


def clean_name(value: str, max_chars: int = NAME_CHARS) -> str:
    """A person's name: a clean line that is no script address. Raises `TextError` for the field `name`."""
    name = clean_line(value, "name", max_chars)
    plain = "".join(char for char in html.unescape(name) if unicodedata.category(char)[0] not in "CZ")
    if _SCRIPT_ADDRESS.search(plain):
        raise TextError("name", "The name looks like a script address. Please type a plain name.")
    return name


def clean_body(value: str, max_chars: int = BODY_CHARS) -> str:
    """A comment as typed: NFC, LF line ends, trimmed, 1 to `max_chars` characters; tabs and line breaks are kept.

    Raises `TextError` for the field `comment`.
    """
    _check_length(value, "comment", max_chars, slack=_COMPOSED)
    body = re.sub("\r\n|[\r\u2028\u2029]", "\n", value).strip("\ufeff")
    check_characters(body, "comment")
    body = unicodedata.normalize("NFC", body.strip())
    if not has_ink(body):
        raise TextError("comment", "The comment is empty. Please write something first.")
    _check_length(body, "comment", max_chars)
    return body


def clean_website(value: str) -> str | None:
    """A website as `http://…` or `https://…`, at most 200 characters; None when nothing is typed.

    `example.org` becomes `https://example.org`. Raises `TextError` for the field `website` for any other scheme, a
    user name, a space, control, backslash or entity, or a host that is none.
    """
    site = value.strip(" \t\r\n")
    if not site:
        return None
    _check_length(site, "website", WEBSITE_CHARS)
    check_characters(site, "website")
    if _UNSAFE.search(site) or _INVISIBLE.search(site):
        raise TextError("website", "The website holds a sign that web addresses do not have. Please remove it.")
    scheme = _SCHEME.match(site)
    if scheme:
        site = scheme[0].lower() + site[scheme.end() :]
    elif _BARE.fullmatch(site):
        site = "https://" + site
    if not _has_host(site):
        raise TextError("website", "Please give the website as https://example.org, or leave it empty.")
    _check_length(site, "website", WEBSITE_CHARS)
    return site


def clean_email(value: str) -> str | None:
    """An e-mail address of at most 254 characters (RFC 5321), as typed; None when nothing is typed.

    Only the form is checked. Raises `TextError` for the field `e-mail`.
    """
    email = value.strip(" \t\r\n")
    if not email:
        return None
    _check_length(email, "e-mail", EMAIL_CHARS)
    check_characters(email, "e-mail")
    if not _EMAIL.fullmatch(email) or _INVISIBLE.search(email):
        raise TextError("e-mail", "Please give the e-mail address as name@example.org, or leave it empty.")
    return email


def _check_length(text: str, field: str, limit: int, *, slack: int = 1) -> None:
    """Raise `TextError` when `text` has more than `limit` characters, `slack` times over."""
    if len(text) > limit * slack:
        raise TextError(field, f"The {field} is too long. Please shorten it to {limit:,} characters.")


def check_characters(text: str, field: str) -> None:
    """Raise `TextError` for a character that can only deceive or damage; tabs, LF and honest joiners pass."""
    if _CONTROL.search(text):
        raise TextError(field, f"The {field} holds a control character. Please remove it, or type the text again.")
    if text.isascii():
        return
    if _BIDI.search(text):
        raise TextError(field, f"The {field} holds a character that turns the writing direction. Please remove it.")
    if _DAMAGED.search(text):
        raise TextError(field, f"The {field} holds a damaged character. Please remove it, or type the text again.")
    if _HIDDEN.search(_FLAG.sub("", text)):
        raise TextError(field, f"The {field} holds a hidden character. Please remove it, or type the text again.")
    # Before any normalisation: NFC sorts the marks on a letter in quadratic time, half a second for 30,000 of them.
    if _STACKED.search("".join(map(unicodedata.category, text))):
        raise TextError(field, f"The {field} stacks more than {MARKS} marks on one letter. Please remove some.")


def _has_host(site: str) -> bool:
    """Whether `site` is an http(s) address with a host and no user name."""
    try:
        parts = urlsplit(site)
        host, port = parts.hostname, parts.port  # `port` raises when it is no number up to 65535
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc or port == 0:
        return False
    if "[" in parts.netloc:
        try:
            ipaddress.IPv6Address(host)
        except ValueError:
            return False
        return True
    return _HOST.fullmatch(host) is not None
