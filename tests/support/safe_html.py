"""Judges HTML as a browser would take it, by a parser that shares nothing with the one that wrote it."""

from html.parser import HTMLParser
from typing import Final
from urllib.parse import urlsplit

COMMENT_TAGS: Final = frozenset(
    [
        "a",
        "big",
        "blockquote",
        "br",
        "code",
        "del",
        "em",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "small",
        "strong",
        "u",
        "ul",
    ]
)
VOID: Final = frozenset({"br", "img", "hr"})
LINK_REL: Final = "nofollow ugc noopener noreferrer"


class _Judge(HTMLParser):
    def __init__(self, tags: frozenset[str], *, article: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.text = ""
        self.links: list[str] = []
        self.images: list[str] = []
        self._tags = tags
        self._article = article
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in self._tags:
            self.faults.append(f"tag {tag}")
        if tag not in VOID:
            self._open.append(tag)
        given = {name: value or "" for name, value in attrs}
        allowed = {"a": {"href", "rel"}, "ol": {"start"}, "img": {"src", "alt", "loading", "referrerpolicy"}}
        self.faults += [f"attribute {tag}.{name}" for name in given if name not in allowed.get(tag, set())]
        if tag == "a":
            self._judge_link(given)
        elif tag == "img":
            self.images.append(given.get("src", ""))
            if not given.get("src", "").lower().startswith("https://"):
                self.faults.append(f"image {given.get('src')}")

    def _judge_link(self, given: dict[str, str]) -> None:
        if "href" not in given:
            return  # no link, and harmless
        href = given["href"]
        self.links.append(href)
        # Browsers drop tabs, line breaks and leading controls before they read the scheme.
        plain = "".join(char for char in href if char > " ")
        local = (bool(plain) and not plain.startswith(("//", "/\\", "\\"))) if self._article else href[1:].isdecimal()
        scheme = urlsplit(plain).scheme
        if scheme not in ("http", "https", "mailto") and (scheme or not local):
            self.faults.append(f"link {href!r}")
        if given.get("rel") != ("noopener noreferrer" if self._article else LINK_REL):
            self.faults.append(f"rel {given.get('rel')!r}")

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"unbalanced {tag}")

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.faults.append("comment")

    def handle_decl(self, decl: str) -> None:
        self.faults.append("declaration")

    def handle_pi(self, data: str) -> None:
        self.faults.append("processing instruction")

    def unknown_decl(self, data: str) -> None:
        self.faults.append("unknown declaration")

    def close(self) -> None:
        super().close()
        self.faults += [f"left open {tag}" for tag in self._open]


def judge(html: str, *, images: bool = False, article: bool = False) -> _Judge:
    """What `html` holds: `faults` (empty when it is safe and balanced), `text`, `links`, `images`."""
    tags = COMMENT_TAGS | ({"img"} if images or article else set()) | ({"h2", "h3", "hr"} if article else set())
    parser = _Judge(tags, article=article)
    parser.feed(html)
    parser.close()
    return parser
