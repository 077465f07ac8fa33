"""Checks a recorded history against the guarantees G1 to G7 and G9 (G8 is about memory, which no history tells)."""

from tests.support.history.check import check
from tests.support.history.records import (
    Acknowledged,
    Entry,
    Events,
    History,
    Joined,
    Moderation,
    Observation,
    Outcome,
    Post,
    Reader,
    Refused,
    Reset,
    Shown,
    Snapshot,
    Storage,
    Unknown,
    Violation,
)

__all__ = [
    "Acknowledged",
    "Entry",
    "Events",
    "History",
    "Joined",
    "Moderation",
    "Observation",
    "Outcome",
    "Post",
    "Reader",
    "Refused",
    "Reset",
    "Shown",
    "Snapshot",
    "Storage",
    "Unknown",
    "Violation",
    "check",
]
