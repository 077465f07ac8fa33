"""Turns the events of a text into HTML, within limits.

A result that is too deep or too large is refused: nh3's parser is quadratic in depth, and every reader gets the result.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from hubbub.domain.text import TextError, check_characters, has_ink
from hubbub.markup.addresses import bare_links
from hubbub.markup.engine import Details, Event, typed
from hubbub.markup.errors import MarkupError, too_much
from hubbub.markup.output import Output
from hubbub.markup.targets import check_image, check_link, check_raw

DEPTH: Final = 16  # quotes and lists within each other: a line opens 12 at most, indentation may add to them

_TYPED: Final = {"b": "strong", "i": "em"} | {
    tag: tag for tag in ("strong", "em", "u", "s", "del", "small", "big", "code")
}
_TYPED_NAMES: Final = "|".join((*_TYPED, "br"))
_TYPED_TAG = re.compile(rf"<(/?)({_TYPED_NAMES})[ \t\n]*+/?>", re.IGNORECASE)
_TYPED_TAGS = re.compile(rf"(</?(?:{_TYPED_NAMES})[ \t\n]*+/?>)", re.IGNORECASE)

_INLINE: Final = {
    "Emphasis": ("<em>", "</em>"),
    "Strong": ("<strong>", "</strong>"),
    "Strikethrough": ("<del>", "</del>"),
}
# What may stand after the ``` of a block of code without being shown. Any other word there was meant to be read.
_LANGUAGE = re.compile(
    "asm|awk|bash|basic|bat|c|c#|c[+]{2}|clojure|cmake|cmd|cobol|console|cpp|cs|csharp|css|csv|d|dart|diff|docker|"
    "dockerfile|elixir|elm|erlang|f#|fortran|fsharp|go|golang|graphql|groovy|haskell|hcl|html|http|ini|ipython|java|"
    "javascript|jinja|jinja2|js|json|json5|jsonc|jsx|julia|kotlin|kt|latex|less|lisp|lua|makefile|markdown|matlab|md|"
    "mermaid|nginx|nim|nix|objc|ocaml|pascal|patch|perl|php|plain|plaintext|powershell|proto|ps1|pseudocode|py|pycon|"
    "python|python3|r|rb|regex|rs|ruby|rust|sass|scala|scheme|scss|sh|shell|sql|svelte|svg|swift|tcl|tex|text|toml|"
    "ts|tsx|txt|typescript|vb|vim|vue|wasm|xml|yaml|yml|zig|zsh",
    re.IGNORECASE,
)
_BLOCK: Final = {
    "Paragraph": ("<p>", "</p>"),
    "Item": ("<li>", "</li>"),
    "BlockQuote": ("<blockquote>", "</blockquote>"),
    "CodeBlock": ("<pre><code>", "</code></pre>"),
    "HtmlBlock": ("<p>", "</p>"),
}


@dataclass(frozen=True, slots=True)
class Style:
    """What differs between comments and articles, and the limits of each."""

    images: bool  # otherwise an image becomes a link
    headings: bool  # otherwise a bold paragraph
    local_links: bool  # relative ones, beside the `#12` of a comment
    line_break: str  # what a single new line becomes
    rule: str
    # In events of about 1 µs; a link counts 5, a typed tag 3, a `://` 2, what was set aside 1, an escaped character ⅛.
    max_work: int
    max_links: int
    max_html: int  # characters


class Writer:
    """Writes one text; `write` gives its HTML. Raises `MarkupError` for what the style does not allow."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._out = Output()
        self._work = 0  # events, plus what nh3 or a regular expression has to do for some of them
        self._links = 0
        self._containers = 0
        self._in_code = False
        self._link = ""  # the open link's address
        self._title = ""  # and its title
        self._html: list[str] | None = None  # the source of the open HTML block
        self._alt: list[str] | None = None  # the text of the open image
        self._images: list[tuple[str, str]] = []  # the addresses and titles of the open images

    def write(self, events: Iterable[Event], *, decoded: bool) -> str:
        """The HTML of all `events`; with `decoded`, their text is checked as if it had been typed.

        Raises `MarkupError` when there is nothing to see.
        """
        for event in events:
            self._spend(1)
            if isinstance(event, str):
                self._mark(event)
                continue
            ((kind, value),) = event.items()
            if kind == "Start":
                self._start(value)
            elif kind == "End":
                self._end(value if isinstance(value, str) else next(iter(value)))
            elif isinstance(value, str):
                self._leaf(kind, value)
        if not self._out.ink:
            raise MarkupError("There is nothing to see in this text. Please write something first.")
        written = self._out.html()
        self._spend(written.count("&") // 8)
        if len(written) > self._style.max_html:
            raise too_much()
        if decoded:
            self._check_decoded()
        return written

    def _check_decoded(self) -> None:
        self._spend(800)
        try:
            check_characters(self._out.visible(), "text")
        except TextError as error:
            raise MarkupError(error.message) from None

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > self._style.max_work:
            raise too_much()

    # Text

    def _mark(self, name: str) -> None:
        if self._alt is not None:
            self._alt.append(" ")
        elif name == "Rule":
            self._out.open_block(self._style.rule, "")
            self._out.close()
            self._out.ink = True
        else:
            self._out.write("<br>" if name == "HardBreak" else self._style.line_break)

    def _leaf(self, kind: str, read: str) -> None:
        text = typed(read)
        self._spend(text != read)
        if self._html is not None:
            self._html.append(text)
        elif kind == "InlineHtml":
            self._typed_html(text)
        elif self._alt is not None:
            self._alt.append(text)
        elif kind == "Text":
            self._text(text)
        elif kind == "Code":
            self._out.write("<code>")
            self._out.text(text)
            self._out.write("</code>")
        else:
            raise _unknown(kind)

    def _text(self, text: str) -> None:
        done = 0
        if "://" in text and not self._link and not self._in_code:
            self._spend(2 * text.count("://"))
            for start, end in bare_links(text):
                self._count_link()
                self._out.text(text[done:start])
                self._out.open_link(text[start:end])
                self._out.text(text[start:end])
                self._out.close()
                done = end
        self._out.text(text[done:])

    # Elements

    def _start(self, value: str | Details) -> None:
        name, details = (value, None) if isinstance(value, str) else next(iter(value.items()))
        if name in ("Link", "Image") and isinstance(details, dict):
            self._start_target(name, details)
        elif self._alt is not None:
            return
        elif name in _INLINE:
            self._out.open_inline(*_INLINE[name])
        else:
            self._start_block(name, details)

    def _start_block(self, name: str, details: object) -> None:
        if name in ("BlockQuote", "List"):
            self._containers += 1
            if self._containers > DEPTH:
                raise MarkupError(f"Quotes and lists can stand {DEPTH} deep in each other. Please use fewer levels.")
        elif name == "HtmlBlock":
            self._html = []
        self._out.open_block(*(_BLOCK.get(name) or self._tags(name, details)))
        if name == "CodeBlock":
            self._in_code = True
            self._info(details)

    def _info(self, details: object) -> None:
        """Shows the words after the fence of a code block, unless they name a language."""
        info = typed(str(details.get("Fenced", ""))) if isinstance(details, dict) else ""
        if info and not _LANGUAGE.fullmatch(info):
            self._out.text(f"{info}\n")

    def _tags(self, name: str, details: object) -> tuple[str, str]:
        if name == "List":
            if details is None:
                return "<ul>", "</ul>"
            return "<ol>" if details == 1 else f'<ol start="{details}">', "</ol>"
        if name == "Heading" and isinstance(details, dict):
            if not self._style.headings:
                return "<p><strong>", "</strong></p>"
            tag = "h2" if details["level"] in ("H1", "H2") else "h3"
            return f"<{tag}>", f"</{tag}>"
        raise _unknown(name)

    def _end(self, name: str) -> None:
        if self._alt is not None:
            if name == "Image":
                self._end_image()
            return
        if name == "HtmlBlock":
            self._typed_block()
        elif name == "CodeBlock":
            self._in_code = False
        elif name in ("BlockQuote", "List"):
            self._containers -= 1
        elif name == "Link":
            return self._end_link()
        self._out.close()

    # Links and images

    def _start_target(self, name: str, details: dict[str, str]) -> None:
        target, title = typed(details["dest_url"]), typed(details["title"])
        if details["link_type"] == "Email":
            target = f"mailto:{target}"
        if name == "Image" and self._style.images:
            check_image(target)
        else:
            check_link(target, local=self._style.local_links)
        if name == "Image":
            self._images.append((target, title))
            self._alt = [] if self._alt is None else self._alt
        elif self._alt is None:
            self._count_link()
            self._link, self._title = target, title
            self._out.open_link(target)
            self._out.ink = False
        else:
            self._show_title(title)

    def _end_link(self) -> None:
        """Shows the address of a link without visible text."""
        if not self._out.ink:
            self._out.text(self._link)
        self._link = ""
        self._out.close()
        self._show_title(self._title)

    def _show_title(self, title: str) -> None:
        """Shows the title of `[words](address "title")` as text: an attribute cannot be read on a phone."""
        self._spend(len(title) // 8)  # a definition's title comes again with each reference
        if self._alt is not None:
            self._alt.append(f" ({title})" if title else "")
        elif has_ink(title):
            self._out.text(f" ({title})")

    def _end_image(self) -> None:
        """Shows an image that is not allowed as a link with its alternative text; within a link, as that text only."""
        target, title = self._images.pop()
        if self._images:
            return self._show_title(title)
        alt, self._alt = "".join(self._alt or ()), None
        if self._style.images:
            self._count_link()
            self._out.image(target, alt)
        elif self._link:
            self._out.text(alt)
        else:
            self._count_link()
            self._out.open_link(target)
            self._out.text(alt if has_ink(alt) else target)
            self._out.close()
        self._show_title(title)

    def _count_link(self) -> None:
        self._links += 1
        self._spend(5)
        if self._links > self._style.max_links:
            raise MarkupError(f"This text has too many links. Please keep to {self._style.max_links} of them.")

    # HTML that a person typed

    def _typed_html(self, source: str) -> None:
        self._spend(3)
        tag = _TYPED_TAG.fullmatch(source)
        if not tag:
            check_raw(source)
        if self._alt is not None:
            self._alt.append("" if tag else source)
        elif not tag or not self._typed_tag(tag[2].lower(), closing=bool(tag[1])):
            self._out.text(source)

    def _typed_tag(self, name: str, *, closing: bool) -> bool:
        if name == "br":
            self._out.write("<br>")
            return True
        return self._out.close_raw(_TYPED[name]) if closing else self._out.open_raw(_TYPED[name])

    def _typed_block(self) -> None:
        """Writes a block of HTML: allowed tags keep their meaning, all others are shown as typed."""
        source, self._html = "".join(self._html or ()).strip("\n"), None
        check_raw(source)
        for number, part in enumerate(_TYPED_TAGS.split(source)):
            if number % 2:
                self._typed_html(part)
                continue
            for line_number, line in enumerate(part.split("\n")):
                if line_number:
                    self._mark("SoftBreak")
                if line:
                    self._text(line)


def _unknown(name: str) -> MarkupError:
    return MarkupError(f"This text has markup that is not known here ({name}). Please write it without.")
