"""The sanitizer, nh3, is the last step: no tag, attribute or scheme outside its list comes out."""

import re
from collections.abc import Callable
from typing import Final

from nh3 import Cleaner

_TAGS: Final = frozenset(
    ["a", "big", "blockquote", "br", "code", "del", "em", "li", "ol", "p", "pre", "s", "small", "strong", "u", "ul"]
)
_COMMENT_NUMBER = re.compile(r"#\d{1,9}")


def _comment_only(target: str) -> str | None:
    return target if _COMMENT_NUMBER.fullmatch(target) else None


def _cleaner(more_tags: set[str], rel: str, *, local: bool) -> Callable[[str], str]:
    return Cleaner(
        tags=_TAGS | more_tags,
        attributes={"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        url_relative="pass_through" if local else _comment_only,
        link_rel=rel,
        # An image tells its host who reads: no referrer keeps the page from it, lazy loading what nobody scrolls to.
        set_tag_attribute_values={"img": {"loading": "lazy", "referrerpolicy": "no-referrer"}},
    ).clean


_READERS_LINK: Final = "nofollow ugc noopener noreferrer"

clean_comment = _cleaner(set(), _READERS_LINK, local=False)
clean_comment_with_images = _cleaner({"img"}, _READERS_LINK, local=False)
clean_article = _cleaner({"img", "h2", "h3", "hr"}, "noopener noreferrer", local=True)
