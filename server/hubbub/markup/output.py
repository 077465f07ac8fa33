"""Writes HTML: every opened element is closed in the right place, and all text is escaped."""

from enum import IntEnum
from typing import Final, NamedTuple

from hubbub.domain.text import has_ink

INLINE_DEPTH: Final = 16  # bold in italic in bold …: deeper ones would change nothing that can be seen


def escape(text: str) -> str:
    """Escapes `text` for HTML, with numeric entities: nh3 reads these three times as fast as named ones."""
    return text.replace("&", "&#38;").replace("<", "&#60;")


def quote(value: str) -> str:
    """Escapes and quotes `value` for an attribute."""
    return '"' + escape(value).replace('"', "&#34;") + '"'


class Kind(IntEnum):
    """The kinds of open elements. A raw one was typed as a tag; it ends at the latest with its parent element."""

    BLOCK = 0
    INLINE = 1
    RAW = 2


class _Element(NamedTuple):
    """An open element."""

    tag: str  # its name, when it was typed
    kind: Kind
    closing: str  # what ends it, empty when it was not written


_SIZES: Final = frozenset({"big", "small"})


class Output:
    """The HTML so far, its open elements, and whether it shows anything (`ink`)."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._open: list[_Element] = []  # the innermost last
        self._texts: list[str] = []
        self._inlines = 0
        self.ink = False

    def html(self) -> str:
        """The HTML written so far."""
        return "".join(self._parts)

    def visible(self) -> str:
        """The text added so far, without markup."""
        return "".join(self._texts)

    def write(self, markup: str) -> None:
        """Adds finished HTML."""
        self._parts.append(markup)

    def text(self, text: str) -> None:
        """Adds text, escaped."""
        self._texts.append(text)
        if not self.ink:
            self.ink = has_ink(text)
        self._parts.append(escape(text))

    def open_block(self, opening: str, closing: str) -> None:
        """Begins a block. Typed tags that are open before it in a list item end."""
        if self._open and self._open[-1].kind is Kind.RAW:
            self._close_raw_tags()
        self._parts.append(opening)
        self._open.append(_Element("", Kind.BLOCK, closing))

    def open_inline(self, opening: str, closing: str) -> None:
        """Begins an inline element. One deeper than `INLINE_DEPTH` is remembered but not written."""
        self._inlines += 1
        if self._inlines > INLINE_DEPTH:
            opening = closing = ""
        self._parts.append(opening)
        self._open.append(_Element("", Kind.INLINE, closing))

    def open_raw(self, tag: str) -> bool:
        """Begins an inline element that was typed. Returns False and does nothing if it is too deep.

        One inside an element of the same name is remembered but not written: sizes would multiply.
        """
        if self._inlines >= INLINE_DEPTH:
            return False
        self._inlines += 1
        like = _SIZES if tag in _SIZES else {tag}
        nested = any(element.tag in like for element in self._open)
        self._parts.append("" if nested else f"<{tag}>")
        self._open.append(_Element(tag, Kind.RAW, "" if nested else f"</{tag}>"))
        return True

    def open_link(self, address: str) -> None:
        """Begins a link, at any depth: links never nest."""
        self._inlines += 1
        self._parts.append(f"<a href={quote(address)}>")
        self._open.append(_Element("", Kind.INLINE, "</a>"))

    def image(self, address: str, alt: str) -> None:
        """Adds an image. It counts as shown, whatever its `alt`."""
        self._texts.append(alt)
        self._parts.append(f"<img src={quote(address)} alt={quote(alt)}>")
        self.ink = True

    def close(self) -> None:
        """Ends the innermost element that was not typed, with all typed ones in it."""
        while self._pop() is Kind.RAW:
            pass

    def close_raw(self, tag: str) -> bool:
        """Ends the innermost typed `tag` if only typed ones were opened in it. Returns False if there is none."""
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place].kind is not Kind.RAW:
                return False
            if self._open[place].tag == tag:
                while len(self._open) > place:
                    self._pop()
                return True
        return False

    def _close_raw_tags(self) -> None:
        while self._open and self._open[-1].kind is Kind.RAW:
            self._pop()

    def _pop(self) -> Kind:
        element = self._open.pop()
        self._parts.append(element.closing)
        self._inlines -= element.kind is not Kind.BLOCK
        return element.kind
