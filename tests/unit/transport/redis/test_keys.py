"""Topics in Redis: a thread's names and messages are those of the versions that knew threads alone, so that old and
new nodes hear each other in a rolling upgrade."""

import msgspec
import pytest

from hubbub.domain.events import Event, Kind, Topic, desk_topic, thread_topic
from hubbub.transport.base import Publication
from hubbub.transport.redis import keys, wire
from tests.unit.samples import AT, THREAD, comment

TOPIC = thread_topic(THREAD)
EVENT = Event(1, Kind.POSTED, AT, comment())


class Older(msgspec.Struct, frozen=True):
    """A publication in the version before topics."""

    thread: str
    epoch: str
    events: tuple[Event, ...]


def test_a_threads_channel_is_called_as_older_nodes_call_it() -> None:
    partition = keys.partition_of_name(THREAD)
    assert keys.events(TOPIC) == f"hubbub:{{p{partition}}}:events:{THREAD}"
    assert keys.watching(TOPIC) == f"hubbub:{{p{partition}}}:watching:{THREAD}"


def test_older_nodes_read_publications_and_are_read() -> None:
    sent, older = Publication(TOPIC, "e", (EVENT,)), Older(THREAD, "e", (EVENT,))
    assert msgspec.msgpack.decode(wire.pack_publication(sent), type=Older) == older
    assert wire.publication(msgspec.msgpack.encode(older)) == sent


@pytest.mark.parametrize("topic", [TOPIC, desk_topic("news"), desk_topic(THREAD), desk_topic("a:b")])
def test_every_topic_has_names_of_its_own_and_comes_back(topic: Topic) -> None:
    assert keys.topic_of(keys.topic_name(topic)) == topic
    assert wire.publication(wire.pack_publication(Publication(topic, "e", ()))).topic == topic
    others = {TOPIC, desk_topic("news"), desk_topic(THREAD), desk_topic("a:b")} - {topic}
    assert keys.events(topic) not in {keys.events(other) for other in others}
