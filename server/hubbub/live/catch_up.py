"""Brings one reader who is behind up to the tip, page by page from the log, at the pace at which it reads (G4, G8)."""

from typing import TYPE_CHECKING

import structlog

from hubbub.live.log import EncodedEvent, pages
from hubbub.metrics import CATCH_UPS, DELIVERED
from hubbub.protocol.close_codes import INTERNAL
from hubbub.protocol.messages import events_push

if TYPE_CHECKING:
    from hubbub.live.channel import Channel
    from hubbub.live.connection import Connection

PAGE_BYTES = 64 * 1024  # a write to a reader who may be slow
PAGE_EVENTS = 250  # read at once: a few megabytes at the most, if each is of the largest size

log = structlog.get_logger()


async def catch_up(channel: "Channel", reader: "Connection", place: int) -> None:
    """Runs until the reader is ready again, leaves, or storage fails (then it is closed, and resumes elsewhere)."""
    try:
        while not channel.caught_up(reader, place):
            await reader.drained()
            if place > channel.tip:  # its snapshot was newer than what has been published here
                channel.compare(channel.epoch, place)
                await channel.moved()
            elif place < channel.tip:
                place = _write(channel, reader, await _next(channel, place), place)
    except Exception:
        log.exception("catch_up_failed", thread=channel.thread)
        reader.link.close(INTERNAL.code, INTERNAL.name)


async def _next(channel: "Channel", place: int) -> list[EncodedEvent]:
    """The events after `place`: from memory only if it is as new as storage, so that a removal elsewhere counts
    (G9)."""
    _, head = await channel.history.head(channel.thread)
    recent = channel.tail.since(place) if channel.tip >= head else None
    CATCH_UPS.labels("storage" if recent is None else "memory").inc()
    if recent is not None:
        return recent
    page = await channel.history.events(channel.thread, place, PAGE_EVENTS)
    return [EncodedEvent(event) for event in page.events]


def _write(channel: "Channel", reader: "Connection", events: list[EncodedEvent], place: int) -> int:
    """Writes while the transport takes it; the reader's new place."""
    codec = reader.variant.codec
    for seq, run in pages(events, codec, PAGE_BYTES):
        if reader.paused:
            break
        reader.send(events_push(codec, channel.thread, channel.epoch, run))
        DELIVERED.inc(len(run))
        place = seq
    return place
