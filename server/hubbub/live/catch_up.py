"""Brings one reader who is behind up to the tip, page by page from the log, at the pace at which it reads (G4, G8)."""

import asyncio
from typing import TYPE_CHECKING

import structlog

from hubbub.domain.errors import Refused
from hubbub.live.log import EncodedEvent, pages
from hubbub.metrics import CATCH_UPS, DELIVERED
from hubbub.protocol.close_codes import INTERNAL
from hubbub.protocol.messages import events_push
from hubbub.storage.faults import reason

if TYPE_CHECKING:
    from hubbub.live.channel import Channel
    from hubbub.live.connection import Connection

PAGE_BYTES = 64 * 1024  # a write to a reader who may be slow
AGAIN = 0.5  # s until storage that failed is asked again
SOON = 0.02  # s until memory that was overtaken meanwhile is looked at anew

log = structlog.get_logger()


async def catch_up(channel: "Channel", reader: "Connection", place: int) -> None:
    """Runs until the reader is ready again or leaves. While storage fails the reader keeps its place and waits."""
    try:
        while not channel.caught_up(reader, place):
            await reader.drained()
            if place > channel.tip:  # its snapshot was newer than what has been published here
                await channel.filled()
            if place != channel.tip:
                before = place
                place = await _advance(channel, reader, place)
                if place == before and not reader.paused:
                    await asyncio.sleep(SOON)
    except Refused as refused:  # the thread is gone
        log.warning("catch_up_refused", thread=channel.thread, error=str(refused))
        reader.link.close(INTERNAL.code, INTERNAL.name)


async def _advance(channel: "Channel", reader: "Connection", place: int) -> int:
    """Writes on while the transport takes it and memory has what follows; the reader's new place."""
    source = "memory" if channel.remembers(place) else "storage"
    try:
        thread = await channel.ask(place)
    except Refused:
        raise
    except Exception as error:  # storage is away: no reason to lose those who read
        log.warning("catch_up_waits", thread=channel.thread, error=reason(error))
        await asyncio.sleep(AGAIN)
        return place
    if thread.epoch != channel.epoch or thread.head < place:  # another log, or one that went back
        channel.reset(thread.epoch, thread.head)  # whoever waits here next is cancelled
        return place
    while not reader.paused and (found := channel.known_since(place, thread.head)):
        place = _write(channel, reader, found, place, source)
    return place


def _write(channel: "Channel", reader: "Connection", events: list[EncodedEvent], place: int, source: str) -> int:
    """Writes while the transport takes it; the reader's new place."""
    codec = reader.variant.codec
    for seq, run in pages(events, codec, PAGE_BYTES):
        if reader.paused:
            break
        reader.send(events_push(codec, channel.thread, channel.epoch, run))
        DELIVERED.inc(len(run))
        CATCH_UPS.labels(source).inc()
        place = seq
    return place
