"""Parses CommonMark into events, with pyromark (pulldown-cmark). Its input is cut to a depth that keeps it linear.

An event is a bare name (`"SoftBreak"`, `"HardBreak"`, `"Rule"`) or a pair of a kind and its value. The values of
`Start` and `End` are a name (`"Paragraph"`) or a dictionary with one name and its details.

Characters that must not be markup are replaced by noncharacters (Unicode 23.7: "for internal use") before parsing, and
put back in the events. No text contains them, and the engine takes them for letters, so they can stand anywhere.
"""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, TypeAlias, cast

import pyromark
from pyromark import Markdown, Options

from hubbub.domain.text import place_of
from hubbub.markup.addresses import SPACELESS, bare_links
from hubbub.markup.errors import MarkupError, too_much

if TYPE_CHECKING:
    from pyromark.event import BrokenLink, BrokenLinkCallback, Range

Details: TypeAlias = dict[str, object]
Event: TypeAlias = str | dict[str, str | Details]

# Quotes and lists that one line may open within each other. Each further line of a paragraph costs the engine the
# depth of what it stands in, so 5,000 `>` before 2,500 lines take seven milliseconds.
MARKERS: Final = 12

GUARD: Final = "\ufdd0"  # keeps apart what would be markup together; stands for nothing
_APART: Final = f"]{GUARD}:".encode()
_ASIDE: Final = {"_": "\ufdd1", "*": "\ufdd2", "~": "\ufdd3", "\\": "\ufdd4"}  # a sign that is none here
_SET_ASIDE: Final = str.maketrans(_ASIDE)
_SIGN = re.compile("[_*~]")
_RESERVED = re.compile("[\0\ufdd0-\ufdd4]")
_RESERVED_ENTITY = re.compile("&#(?:x0*fdd[0-4]|0*649(?:7[6-9]|80));", re.IGNORECASE)

# Divides like `- - - - -` are left whole: they open nothing.
_RULE: Final = r"[ \t]*+([-*])(?:[ \t]*+\1)*+[ \t]*+$"
_MARKER: Final = r"[ \t]*+(?:>|(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$))"
_DEEP = re.compile(rf"^(?!{_RULE})((?:{_MARKER}){{{MARKERS}}})(?={_MARKER})", re.MULTILINE)

# Backslashes that are meant: those of a path (`C:\_private`, `\\host\share`), and the arm of `¯\_(ツ)_/¯`.
_PATH = re.compile(r"""(?<![^\s(\["'“「>*_])(?:[A-Za-z]:\\|\\\\[A-Za-z0-9])(?:[^\s`<>"]*[^\s`<>"*_~])?""")
_ARM = re.compile(r"(?<=¯)\\(?!\\)")
_LINE_END = re.compile(r"(?:\\\\)|\\(?=\n)")

# Beside a letter of a script without blanks, a mark may touch punctuation: `**「重要」**です`. In scripts with blanks
# it then stands on the wrong side of the punctuation, so CommonMark takes it for text.
_CLOSER = re.compile(rf"(?<=[^\w\s\\*~])(?=(?:\*{{1,3}}|~~)[{SPACELESS}])")
_OPENER = re.compile(rf"(?<=[{SPACELESS}])(\*{{1,3}}|~~)(?=[^\w\s*~])")

_OPTIONS: Final = Options.ENABLE_STRIKETHROUGH
_MARKDOWN = Markdown(options=_OPTIONS)
_REFERENCE = re.compile(r"\[((?:[^\[\]\\]|\\.)*+)\](?!:)", re.DOTALL)
_REFERENCES: Final = frozenset(
    f"{kind}{unknown}" for kind in ("Reference", "Collapsed", "Shortcut") for unknown in ("", "Unknown")
)


def events(text: str, *, most: int, breaks: bool) -> Iterable[Event]:
    """The events of `text`, in document order. Their text has noncharacters in it; `typed` puts the characters back.

    With `breaks`, every line break of `text` is one, and a backslash before it is kept.
    Raises `MarkupError` when `text` is not valid Unicode, or has references and over half of `most` events: it is
    read up to three times.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        place = place_of(text, error.start)
        raise MarkupError(f"The text holds a damaged character ({place}). Please type it again.") from None
    found = "&#" in text and _RESERVED_ENTITY.search(text)
    if found:
        raise MarkupError(f"The text holds a damaged character ({found[0]}). Please remove it.")
    if not text.isascii() or "\0" in text:
        text = _RESERVED.sub("\ufffd", text)
    prepared = _prepared(text, breaks=breaks)
    return _with_definitions(prepared, most) if "]:" in prepared else _parsed(prepared)


def _parsed(text: str, callback: "BrokenLinkCallback | None" = None) -> Iterator[Event]:
    # The engine's own types name every shape; the writer looks at kinds alone, so they are read as plain ones.
    return cast("Iterator[Event]", pyromark.events(text, options=_OPTIONS, broken_link_callback=callback))


# Signs that are none


def _prepared(text: str, *, breaks: bool) -> str:
    """Replaces markup characters that stand for themselves by noncharacters."""
    if "://" in text and _SIGN.search(text):
        text = _set_aside(text, bare_links(text))
    if "\\" in text:
        text = _ARM.sub(_ASIDE["\\"], _set_aside(text, [match.span() for match in _PATH.finditer(text)]))
        if breaks:
            text = _LINE_END.sub(lambda match: match[0] if match[0] == "\\\\" else _ASIDE["\\"], text)
    if not text.isascii() and ("*" in text or "~~" in text):
        text = _OPENER.sub(rf"\1{GUARD}", _CLOSER.sub(GUARD, text))
    return _DEEP.sub(rf"\2{GUARD}", text)


def _set_aside(text: str, spans: list[tuple[int, int]]) -> str:
    """Replaces all markup characters in `spans` by noncharacters."""
    parts, done = [], 0
    for start, end in spans:
        parts += [text[done:start], text[start:end].translate(_SET_ASIDE)]
        done = end
    return "".join((*parts, text[done:]))


def typed(text: str) -> str:
    """The text of an event as it was typed: the noncharacters become characters again."""
    if text.isascii():
        return text
    text = text.replace(GUARD, "")
    for sign, aside in _ASIDE.items():
        text = text.replace(aside, sign)
    return text


# Definitions (`[label]: address`)


def _with_definitions(text: str, most: int) -> Iterable[Event]:
    """The events of `text`, where a link definition that is not used is text.

    As text it can pull the lines below into its paragraph, used definitions among them. These are then visible, and
    still work."""
    definitions = {_folded(label): found for label, found in _MARKDOWN.reference_definitions(text).items()}
    if definitions.keys().isdisjoint(_folded(match[1]) for match in _REFERENCE.finditer(text)):
        return _parsed(_guarded(text, []))
    used, events = _read(_parsed(text), most // 2)
    kept = {label: found for label, found in definitions.items() if label in used}
    if len(kept) == text.count("]:"):
        return events

    def resolve(link: "BrokenLink") -> tuple[str, str] | None:
        found = kept.get(_folded(link["reference"]))
        return (found["dest"], found["title"] or "") if found else None

    callback = resolve if kept else None
    guarded = _guarded(text, [found["span"] for found in kept.values()])
    hidden = {_folded(label) for label in _MARKDOWN.reference_definitions(guarded)}
    used, events = _read(_parsed(guarded, callback), most // 2)
    return events if hidden <= used else _parsed(_guarded(text, []), callback)


def _read(events: Iterable[Event], most: int) -> tuple[set[str], list[Event]]:
    """The labels of all references, and the events. Raises `MarkupError` when there are over `most`."""
    used, read = set(), []
    for event in events:
        read.append(event)
        if len(read) > most:
            raise too_much()
        start = event.get("Start") if isinstance(event, dict) else None
        for details in start.values() if isinstance(start, dict) else ():
            if isinstance(details, dict) and details.get("link_type") in _REFERENCES:
                used.add(_folded(str(details["id"])))
    return used, read


def _guarded(text: str, kept: "list[Range]") -> str:
    """Removes the link definitions from `text`, except those at `kept` (positions in bytes)."""
    data, parts, done = text.encode(), [], 0
    for start, end in sorted((span["start"], span["end"]) for span in kept):
        parts += [data[done:start].replace(b"]:", _APART), data[start:end]]
        done = end
    return b"".join((*parts, data[done:].replace(b"]:", _APART))).decode()


def _folded(label: str) -> str:
    return " ".join(label.split()).casefold()
