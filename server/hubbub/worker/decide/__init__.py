"""The rules: who may do what, and what it changes. One module a subject; importing it registers its rules."""

from hubbub.worker.decide import held, moderation, passkeys, people, posting, schedule, sites, staff, threads, votes
from hubbub.worker.decide.base import decide

__all__ = [
    "decide",
    "held",
    "moderation",
    "passkeys",
    "people",
    "posting",
    "schedule",
    "sites",
    "staff",
    "threads",
    "votes",
]
