"""Topics: what a log, a channel and a publication are about."""

from typing import NamedTuple

THREAD = "thread"
DESK = "desk"


class Topic(NamedTuple):
    """`thread:ID` is a thread's log, for everybody; `desk:SITE` is the log of what a site's staff has to look at, for
    them alone."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


def thread_topic(thread_id: str) -> Topic:
    """The topic of a thread."""
    return Topic(THREAD, thread_id)


def desk_topic(site: str) -> Topic:
    """The topic of a site's moderation desk."""
    return Topic(DESK, site)
