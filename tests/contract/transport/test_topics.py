"""Topics over each adapter of the bus: a desk is followed as a thread is, and older nodes know threads as before."""

from zlib import crc32

import msgspec
from redis.asyncio import Redis

from hubbub.domain.events import DESK, Audience, Event, Kind, thread_topic
from hubbub.live.hub import Hub
from hubbub.live.log_cache import LogCache
from hubbub.transport.base import Publication
from tests.contract.transport.conftest import UNHURRIED, Ends, connected, web_node
from tests.support.desk_log import NEWS, DeskLog
from tests.support.services import Service
from tests.support.waiting import until
from tests.unit.live.reader import Reader
from tests.unit.samples import AT, THREAD, comment


async def test_a_desk_is_followed_over_the_bus(ends: Ends) -> None:
    await until(lambda: ends.bus.healthy, "a healthy bus")
    log, reader = DeskLog(), Reader()
    hub = Hub(ends.bus, LogCache({DESK: log}))
    await hub.join(reader.connection, NEWS, 1, None, Audience.STAFF)
    await ends.subscribe(thread_topic(NEWS.name))
    for number in range(1, 4):
        await ends.bus.publish([log.commit()])
        await until(lambda: reader.seqs()[-1:] == [number], "the event")  # noqa: B023 (awaited in the same turn)
    assert reader.seqs() == [1, 2, 3]
    assert ends.brought == [], "a thread of the same name hears nothing of it"
    reader.connection.lost()


async def test_the_readers_of_a_desk_are_counted_on_all_nodes(own_redis: Service) -> None:
    async with web_node(own_redis.url, UNHURRIED) as here, web_node(own_redis.url, UNHURRIED) as there:
        await there.bus.count({NEWS: 2, thread_topic(NEWS.name): 5})
        assert await here.bus.count({NEWS: 1}) == {NEWS: 3}


class OlderPublication(msgspec.Struct, frozen=True):
    """As nodes send and read it that know threads alone."""

    thread: str
    epoch: str
    events: tuple[Event, ...]


async def test_older_nodes_and_newer_ones_hear_each_other(own_redis: Service) -> None:
    """The names are written out here, as older nodes make them."""
    channel = f"hubbub:{{p{crc32(THREAD.encode()) % 16}}}:events:{THREAD}"
    events = (Event(1, Kind.POSTED, AT, comment()), Event(2, "comment.future", AT, comment()))
    publication = Publication(thread_topic(THREAD), "epoch", events)
    async with web_node(own_redis.url, UNHURRIED) as node, Redis.from_url(own_redis.url) as older:
        await connected(node)
        await node.subscribe(thread_topic(THREAD))
        await older.publish(channel, msgspec.msgpack.encode(OlderPublication(THREAD, "epoch", events)))
        await until(lambda: node.brought == [publication], "the older node's publication")
        listening = older.pubsub()
        await listening.subscribe(channel)
        heard: list[bytes] = []
        await listening.get_message(timeout=20)  # subscribed
        await node.bus.publish([publication])
        while not heard:
            message = await listening.get_message(ignore_subscribe_messages=True, timeout=20)
            heard += [message["data"]] if message else []
        assert msgspec.msgpack.decode(heard[0], type=OlderPublication) == OlderPublication(THREAD, "epoch", events)
        await listening.aclose()  # type: ignore[no-untyped-call]  # its stubs lack it
