"""Votes and reactions: which of them a site offers."""

import re
from collections.abc import Mapping
from enum import StrEnum

from hubbub.domain.errors import bad_request
from hubbub.domain.text import clean_line

REACTIONS_MAX = 6  # that a site offers: more do not fit on a phone's line
EMOJI_CHARS = 16  # of code points: the longest emoji, a family or a flag, has ten
REACTIONS = {"like": "👍", "love": "❤️", "laugh": "😂", "wow": "😮", "sad": "😢", "angry": "😡"}

_NAME = re.compile(r"[a-z][a-z0-9_]{0,19}")


class Votes(StrEnum):
    """Which votes a site takes."""

    NONE = "none"
    UP = "up"
    BOTH = "both"


def clean_reactions(offered: Mapping[str, str]) -> dict[str, str]:
    """The reactions that a site offers, name → emoji, in order. Refused `bad_request` says what is wrong with them."""
    if len(offered) > REACTIONS_MAX:
        raise bad_request(f"A site offers at most {REACTIONS_MAX} reactions.")
    for name in offered:
        if not _NAME.fullmatch(name):
            raise bad_request("A reaction's name is 1 to 20 of a-z, 0-9 and _, the first a letter.")
    return {name: clean_line(emoji, "emoji", EMOJI_CHARS) for name, emoji in offered.items()}
