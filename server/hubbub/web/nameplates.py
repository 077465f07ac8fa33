"""What a newspaper is called at the top of its pages."""

from typing import NamedTuple


class Nameplate(NamedTuple):
    """A paper's name, the line below it, and what stands at the foot of each page."""

    name: str
    motto: str
    foot: str


DEMO = Nameplate(
    name="The Saltmere Courier",
    motto="News of a small town on a wide river",
    foot="Saltmere, its paper and everybody in it are invented. The comments are live: write one.",
)
PLAIN = Nameplate(name="Hubbub", motto="", foot="")


def nameplate_of(site: str) -> Nameplate:
    """The demo's has one of its own; other sites have their front page elsewhere."""
    return DEMO if site == "demo" else PLAIN
