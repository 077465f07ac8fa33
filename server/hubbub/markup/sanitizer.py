"""nh3 as the last word: whatever was written before it, no other tag, attribute or scheme comes out."""

import re
from typing import Final

from nh3 import Cleaner

TAGS: Final = frozenset(
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
ARTICLE_TAGS: Final = TAGS | {"h2", "h3", "hr"}
ATTRIBUTES: Final = {"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}}
SCHEMES: Final = frozenset({"http", "https", "mailto"})

_COMMENT = re.compile(r"#\d{1,9}")


def _comment_only(target: str) -> str | None:
    return target if _COMMENT.fullmatch(target) else None


# Images tell their host who reads; no referrer keeps the page from it, and lazy loading all that nobody scrolls to.
_IMAGE: Final = {"img": {"loading": "lazy", "referrerpolicy": "no-referrer"}}

clean_comment = Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    url_schemes=SCHEMES,
    url_relative=_comment_only,
    link_rel="nofollow ugc noopener noreferrer",
    set_tag_attribute_values=_IMAGE,
).clean

clean_article = Cleaner(
    tags=ARTICLE_TAGS,
    attributes=ATTRIBUTES,
    url_schemes=SCHEMES,
    url_relative="pass_through",
    link_rel="noopener noreferrer",
    set_tag_attribute_values=_IMAGE,
).clean
