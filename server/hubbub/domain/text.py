"""What people type, checked and cleaned before anything else sees it.

Every function is pure. It returns the clean text or raises `TextError`, whose message tells the person what to do.

The characters refused everywhere are those that can only deceive or damage: C0 and C1 controls, bidirectional
embeddings, overrides and isolates (Trojan Source, CVE-2021-42574), lone surrogates, noncharacters, deprecated format
characters and hidden "tag" characters outside a flag emoji. A refusal names the character and the words before it,
since most of them cannot be seen. Code points that are merely unassigned pass: the next emoji is unassigned until
Python learns of it.

In comments, what keyboards and phones put in unasked is mended instead: backspaces and bidirectional characters are
dropped, and every line break of Unicode is one.
"""

import html
import ipaddress
import re
import unicodedata
from typing import Final
from urllib.parse import urlsplit

from hubbub.domain.errors import BadText
from hubbub.domain.sizes import BODY_CHARS, EMAIL_CHARS, NAME_CHARS, REASON_CHARS, WEBSITE_CHARS

# Latin, Thai and Hindi put up to 3 marks on one letter, pointed and cantillated Hebrew 5, stacked Tibetan 7.
MARKS: Final = 8

# NFC composes at most three characters into one, so a text over three times its limit needs no closer look.
_COMPOSED: Final = 3

_LINE_BREAK = re.compile(r"[\n\r\v\f\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
# What phones put around the numbers they copy. Marks keep the order that the pair gave them, and turn nothing else.
_BIDI_NUMBER = re.compile(r"[\u202a\u2066\u2068]([+*#]?\d[\d\xa0 ()./#*+\u2010-\u2013-]*)[\u202c\u2069]")
_BREAK = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Blank lines, and an indentation of the first line that means nothing; one of four or of a tab makes it code.
_LEAD = re.compile(r"(?:[^\S\n]*+\n)*+(?: {1,3}(?=\S))?")
_NEAR: Final = 24  # characters before a refused one that its author is shown, to find it by
_FLAG = re.compile(r"\U0001f3f4[\U000e0030-\U000e0039\U000e0061-\U000e007a]{1,8}+\U000e007f")
_HIDDEN = re.compile(r"[\u2065\u206a-\u206f\ufff0-\ufffb\U000e0000-\U000e00ff\U000e01f0-\U000e0fff]")
_PLANE_ENDS = "".join(f"{chr(plane + 0xFFFE)}-{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
_DAMAGED = re.compile(rf"[\ud800-\udfff\ufdd0-\ufdef{_PLANE_ENDS}]")
_REFUSED: Final = (
    (_CONTROL, "a control character"),
    (_BIDI, "a character that turns the writing direction"),
    (_DAMAGED, "a damaged character"),
    (_HIDDEN, "a hidden character"),
)

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
_UNSAFE = re.compile(r"""[\s\\<>"`{}|^]|&#|&\w{2,32};""")
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2060-\u2064\u2800\u3164\ufeff\uffa0]"
)
_EMAIL = re.compile(rf"[^\s@<>()\[\],;:\\\"]{{1,64}}@{_LABEL}(?:\.{_LABEL})+")


class TextError(BadText):
    """Typed text that is refused: `field` names where it was typed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def has_ink(text: str) -> bool:
    """Whether `text` shows anything: more than white space, joiners, lone marks and blank fillers."""
    return any(unicodedata.category(char) not in _NO_INK and char not in _BLANK for char in text)


def clean_line(value: str, field: str, max_chars: int) -> str:
    """One line of plain text (name, title, reason): NFC, white space collapsed, 1 to `max_chars` characters.

    Raises `TextError` when it is empty, invisible, too long, has a line break or a character nobody types honestly.
    """
    _check_length(value, field, max_chars, slack=_COMPOSED)
    line = value.strip("\r\n").replace("\t", " ").translate(_IDLE)
    broken = _LINE_BREAK.search(line)
    if broken:
        place = place_of(line, broken.start())
        raise TextError(field, f"The {field} has to be on one line. Please remove the line breaks, the first {place}.")
    check_characters(line, field)
    line = unicodedata.normalize("NFC", " ".join(line.split()))
    if not has_ink(line):
        raise TextError(field, f"The {field} is empty. Please type something that can be seen.")
    _check_length(line, field, max_chars)
    return line


def clean_reason(value: str | None) -> str | None:
    """A moderator's reason as a clean line; None where nothing was said. Raises `TextError`."""
    return clean_line(value, "reason", REASON_CHARS) if value and value.strip() else None


def clean_name(value: str, max_chars: int = NAME_CHARS) -> str:
    """A person's name: a clean line that is no script address. Raises `TextError` for the field `name`."""
    name = clean_line(value, "name", max_chars)
    plain = "".join(char for char in html.unescape(name) if unicodedata.category(char)[0] not in "CZ")
    if _SCRIPT_ADDRESS.search(plain):
        raise TextError("name", "The name looks like a script address. Please type a plain name.")
    return name


def fold_name(name: str) -> str:
    """A name without regard to case, width and ligatures (Unicode TR 15, NFKC). `names.folding` has more."""
    return unicodedata.normalize("NFKC", name).casefold()


def clean_body(value: str, max_chars: int = BODY_CHARS) -> str:
    """A comment as typed: NFC, LF line ends, 1 to `max_chars` characters; tabs, line breaks and indentation are kept.

    Blank lines before it and all white space after it are trimmed, backspaces and bidirectional characters dropped.
    Raises `TextError` for the field `comment`.
    """
    _check_length(value, "comment", max_chars, slack=_COMPOSED)
    body = _BREAK.sub("\n", value).strip("\ufeff")
    if not body.isascii():
        body = _BIDI.sub("", _BIDI_NUMBER.sub("\u200e\\1\u200e", body))
    body = body.replace("\b", "")
    check_characters(body, "comment")
    body = unicodedata.normalize("NFC", _LEAD.sub("", body.rstrip(), count=1))
    if not has_ink(body):
        raise TextError("comment", "The comment is empty. Please write something first.")
    _check_length(body, "comment", max_chars)
    return body


def clean_website(value: str) -> str | None:
    """A website as `http://…` or `https://…`, at most 200 characters; None when nothing is typed.

    `example.org` becomes `https://example.org`. Raises `TextError` for the field `website` for any other scheme, a
    user name, a space, control, backslash or entity, or a host that is none. An apostrophe becomes `%27`.
    """
    site = value.strip(" \t\r\n")
    if not site:
        return None
    _check_length(site, "website", WEBSITE_CHARS)
    check_characters(site, "website")
    odd = _UNSAFE.search(site) or _INVISIBLE.search(site)
    if odd:
        place = place_of(site, odd.start())
        raise TextError(
            "website", f"The website holds a sign that web addresses do not have ({place}). Please remove it."
        )
    site = site.replace("'", "%27")  # as browsers write it in queries: no quotation mark leaves this function
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
    unseen = _INVISIBLE.search(email)
    if unseen:
        place = place_of(email, unseen.start())
        raise TextError("e-mail", f"The e-mail holds an invisible character ({place}). Please remove it.")
    if not _EMAIL.fullmatch(email):
        raise TextError("e-mail", "Please give the e-mail address as name@example.org, or leave it empty.")
    return email


def _check_length(text: str, field: str, limit: int, *, slack: int = 1) -> None:
    """Raise `TextError` when `text` has more than `limit` characters, `slack` times over."""
    if len(text) > limit * slack:
        raise TextError(field, f"The {field} is too long. Please shorten it to {limit:,} characters.")


def code_point(char: str) -> str:
    """`char` as `U+202E`."""
    return f"U+{ord(char):04X}"


def place_of(text: str, index: int) -> str:
    """The character at `index` of `text`, and what can be seen before it, or after it where it is the first."""
    before, after = text[max(0, index - _NEAR) : index], text[index + 1 : index + 1 + _NEAR]
    for where, near in (("after", before), ("before", after)):
        shown = " ".join("".join(char if char.isprintable() else " " for char in near).split())
        if has_ink(shown):
            return f"{code_point(text[index])}, {where} “{shown}”"
    return f"{code_point(text[index])}, character {index + 1}"


def check_characters(text: str, field: str) -> None:
    """Raise `TextError` for a character that can only deceive or damage; tabs, LF and honest joiners pass."""
    plain = _FLAG.sub(lambda flag: " " * len(flag[0]), text)
    for characters, what in _REFUSED:
        found = characters.search(plain)
        if found:
            place = place_of(text, found.start())
            raise TextError(field, f"The {field} holds {what} ({place}). Please remove it, or type the text again.")
        if text.isascii():
            return  # the others are not ASCII
    # Before any normalisation: NFC sorts the marks on a letter in quadratic time, half a second for 30,000 of them.
    stacked = _STACKED.search("".join(map(unicodedata.category, text)))
    if stacked:
        place = place_of(text, stacked.start() // 2)
        raise TextError(
            field, f"The {field} stacks more than {MARKS} marks on one letter ({place}). Please remove some."
        )


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
