"""CommonMark to a stream of events, by pyromark (pulldown-cmark), with its input cut to a depth that stays linear.

An event is a bare name (`"SoftBreak"`, `"HardBreak"`, `"Rule"`) or a pair of a kind and its value. The values of
`Start` and `End` are a name (`"Paragraph"`) or a dictionary with one name and its details.
"""

import re
from collections.abc import Iterator
from typing import Final, TypeAlias, cast

from pyromark import Markdown, Options

from hubbub.markup.errors import MarkupError

Details: TypeAlias = dict[str, object]
Event: TypeAlias = str | dict[str, str | Details]

# Quotes and lists that one line may open within each other. Each further line of a paragraph costs the engine the
# depth of what it stands in, so 5,000 `>` before 2,500 lines take seven milliseconds.
MARKERS: Final = 12

# Stands between the last honoured marker and the next one, so that the rest of the line is text. No text has it: it
# is a noncharacter (Unicode 23.7: "for internal use").
GUARD: Final = "\ufdd0"

# Divides like `- - - - -` are left whole: they open nothing.
_RULE: Final = r"[ \t]*+([-*])(?:[ \t]*+\1)*+[ \t]*+$"
_MARKER: Final = r"[ \t]*+(?:>|(?:[-+*]|\d{1,9}[.)])(?:[ \t]|$))"
_DEEP = re.compile(rf"^(?!{_RULE})((?:{_MARKER}){{{MARKERS}}})(?={_MARKER})", re.MULTILINE)
_MARKDOWN = Markdown(options=Options.ENABLE_STRIKETHROUGH)


def events(text: str) -> Iterator[Event]:
    """The events of `text`, lazily, in document order. Raises `MarkupError` when it is not valid Unicode."""
    text = text.replace("\0", "\ufffd").replace(GUARD, "\ufffd")
    try:
        # The engine's own types name every shape; the writer looks at kinds alone, so they are read as plain ones.
        return cast("Iterator[Event]", _MARKDOWN.events(_DEEP.sub(rf"\2{GUARD}", text)))
    except UnicodeEncodeError:
        raise MarkupError("The text holds a damaged character. Please type it again.") from None
