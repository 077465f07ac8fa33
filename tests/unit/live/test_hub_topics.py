"""Topics of another kind than a thread, over the same hub: a site's desk, whose log is a test's own."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from hubbub.domain import events as events_module
from hubbub.domain.errors import Refused
from hubbub.domain.events import DESK, THREAD, Audience, Event, Kind, Traits, desk_topic
from hubbub.live import log as log_module
from hubbub.live.hub import Hub
from hubbub.live.log_cache import LogCache
from hubbub.live.log_reader import LogReader
from hubbub.live.thread_log_reader import ThreadLogReader
from hubbub.live.tuning import Sizes, Timings
from hubbub.protocol.requests.conversation import Position
from hubbub.protocol.views import EventView, event_view
from tests.support.desk_log import HELD, NEWS, DeskLog
from tests.unit.live.desk import Desk, open_desk, until
from tests.unit.live.reader import Reader


@asynccontextmanager
async def open_both(path: Path, *, sizes: Sizes = Sizes()) -> AsyncIterator[tuple[Desk, DeskLog]]:
    """A hub of threads and of a desk."""
    async with open_desk(path) as desk:
        reader = DeskLog()
        readers: dict[str, LogReader] = {THREAD: ThreadLogReader(desk.history), DESK: reader}
        desk.hub = Hub(desk.bus, LogCache(readers), Timings(), sizes)
        yield desk, reader


def texts(reader: Reader) -> list[str]:
    """The sources of the comments in the desk's events."""
    pushes = [push for push in reader.pushes("events") if "desk" in push]
    return [event["comment"]["body"] for push in pushes for event in push["events"]]


async def test_a_desk_is_followed_beside_a_thread(tmp_path: Path) -> None:
    async with open_both(tmp_path) as (desk, log):
        log.commit()
        staff, guest = Reader(), Reader()
        await desk.hub.join(staff.connection, NEWS, 1, None, Audience.STAFF)
        for reader in (staff, guest):
            await desk.hub.join(reader.connection, desk.topic, 2, None)
        assert staff.messages[0]["counts"] == {"held": 1, "watching": 1}
        assert [card["body"] for card in staff.messages[0]["cards"]] == ["source 1"]
        await desk.bus.publish([log.commit()])
        await desk.post()
        await desk.bus.publish(desk.unpublished)
        await until(lambda: len(staff.pushes("events")) == 2 and len(guest.pushes("events")) == 1)
        by_topic = {push.get("desk", push.get("thread")): push for push in staff.pushes("events")}
        assert by_topic.keys() == {"news", desk.thread}
        assert [event["kind"] for event in by_topic["news"]["events"]] == [HELD]
        assert "source" not in str(guest.messages)
        desk.hub.leave(staff.connection, NEWS)
        await desk.bus.publish([log.commit()])
        await desk.post()
        await desk.bus.publish(desk.unpublished[-1:])
        await until(lambda: len(guest.pushes("events")) == 2)
        assert (len(staff.pushes("events")), texts(staff)) == (3, ["source 2"])
        assert (desk.hub.watching(NEWS), desk.hub.watching(desk.topic)) == (0, 2)


async def test_a_desks_log_resumes_heals_and_resets_as_a_threads(tmp_path: Path) -> None:
    async with open_both(tmp_path, sizes=Sizes(tail=2, page_bytes=1)) as (desk, log):
        for _ in range(5):
            log.commit()
        staff, returning = Reader(), Reader()
        await desk.hub.join(staff.connection, NEWS, 1, None, Audience.STAFF)
        await desk.hub.join(returning.connection, NEWS, 1, Position("first", 1), Audience.STAFF)
        await until(lambda: returning.seqs() == [2, 3, 4, 5])
        assert returning.messages[0]["events"][0]["comment"]["body"] == "source 2"
        assert texts(returning) == ["source 3", "source 4", "source 5"]
        log.commit()  # its publication is lost
        await desk.hub.compare_heads()
        await until(lambda: staff.seqs() == [6])
        staff.connection.pause()
        await desk.bus.publish([log.commit()])
        await until(lambda: returning.seqs()[-1] == 7)
        assert staff.seqs() == [6]
        staff.connection.resume()
        await until(lambda: staff.seqs() == [6, 7])
        assert texts(staff)[-1] == "source 7"
        log.epoch, log.log = "second", log.log[:2]
        await desk.hub.compare_heads()
        assert staff.pushes("reset") == [{"push": "reset", "desk": "news"}]
        await desk.hub.join(staff.connection, NEWS, 1, Position("first", 7), Audience.STAFF)
        assert staff.messages[-1]["reset"] is True


async def test_an_unknown_desk_is_refused(tmp_path: Path) -> None:
    async with open_both(tmp_path) as (desk, _):
        with pytest.raises(Refused, match="not_found"):
            await desk.hub.join(Reader().connection, desk_topic("nowhere"), 1, None)


async def test_storage_that_fails_for_desks_stops_no_comparison_of_threads(tmp_path: Path) -> None:
    async with open_both(tmp_path) as (desk, log):
        staff, guest = Reader(), Reader()
        await desk.hub.join(staff.connection, NEWS, 1, None, Audience.STAFF)
        await desk.hub.join(guest.connection, desk.topic, 1, None)

        async def fail(names: Sequence[str]) -> Mapping[str, tuple[str, int]]:
            raise ConnectionError("planted")

        log.heads = fail  # type: ignore[method-assign]  # for this one desk
        await desk.post()
        desk.unpublished.clear()
        await desk.hub.compare_heads()
        await until(lambda: guest.seqs() == [1])


async def test_each_audience_is_encoded_once_and_gets_what_is_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[tuple[int, Audience]] = []

    def noted(event: Event, audience: Audience = Audience.EVERYBODY) -> EventView:
        encoded.append((event.seq, audience))
        return event_view(event, audience)

    monkeypatch.setattr(log_module, "event_view", noted)
    monkeypatch.setitem(events_module._TRAITS, HELD, Traits(audience=Audience.STAFF))
    async with open_both(tmp_path) as (desk, log):
        staff, others = [Reader() for _ in range(3)], [Reader() for _ in range(3)]
        for reader in (*staff, *others):
            audience = Audience.STAFF if reader in staff else Audience.EVERYBODY
            await desk.hub.join(reader.connection, NEWS, 1, None, audience)
        await desk.bus.publish([log.commit(HELD), log.commit(Kind.POSTED)])
        for reader in (*staff, *others):
            await until(partial(_has_all, reader))
        assert sorted(encoded) == [(seq, audience) for seq in (1, 2) for audience in Audience]
        for reader in staff:
            assert texts(reader) == ["source 1", "source 2"]
        for reader in others:
            held, posted = (event for push in reader.pushes("events") for event in push["events"])
            assert held.keys() == {"seq", "kind", "at"}, "that something happened, so that the log has no hole"
            assert posted["comment"]["html"] == "<p>2</p>"
            assert "source" not in str(reader.messages[1:])


def _has_all(reader: Reader) -> bool:
    return reader.seqs() == [1, 2]
