"""live.presence: what is counted, what is pushed and to whom, with a clock set by hand."""

import json
from typing import Any

from hubbub.domain.events import thread_topic
from hubbub.live.connection import Variant
from hubbub.live.presence import Presence
from hubbub.protocol.codec import JSON
from tests.unit.live.reader import Reader, unframed

PLAIN = Variant(JSON, unframed)


class Clock:
    """Seconds."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def shown(presence: Presence) -> list[dict[str, Any]]:
    """The pushes to those who are not typing and to those who are."""
    return [json.loads(frame) for frame in presence.frames(PLAIN)]


def test_nothing_is_pushed_that_was_pushed_before() -> None:
    presence = Presence(thread_topic("t"), 5.0, Clock())
    assert [presence.update(count) for count in (1, 1, 2, 2, 1)] == [True, False, True, False, True]


async def test_typing_counts_for_its_seconds_and_nobody_counts_himself() -> None:
    clock, reader = Clock(), Reader().connection
    presence = Presence(thread_topic("t"), 5.0, clock)
    presence.note_typing(reader)
    assert presence.update(3)
    assert [push.get("typing") for push in shown(presence)] == [1, None]
    clock.now += 4.9
    assert not presence.update(3)
    clock.now += 0.1
    assert presence.update(3)
    assert [push.get("typing") for push in shown(presence)] == [None, None]


async def test_the_tabs_of_one_author_are_one_person() -> None:
    presence = Presence(thread_topic("t"), 5.0, Clock())
    first, second, other, nobody = (Reader().connection for _ in range(4))
    counts = []
    for reader, author in ((first, "ann"), (second, "ann"), (other, "bob"), (nobody, None)):
        presence.enter(reader, author)
        counts.append(presence.same_again)
    for reader in (first, nobody, second, second, other):
        presence.forget(reader)
        counts.append(presence.same_again)
    assert counts == [0, 1, 1, 1, 0, 0, 0, 0, 0]


async def test_who_leaves_is_not_typing() -> None:
    reader = Reader().connection
    presence = Presence(thread_topic("t"), 5.0, Clock())
    presence.note_typing(reader)
    presence.forget(reader)
    assert presence.update(1)
    assert shown(presence)[0] == {"push": "presence", "thread": "t", "watching": 1}


async def test_nobody_is_typing_in_a_closed_thread() -> None:
    reader = Reader().connection
    presence = Presence(thread_topic("t"), 5.0, Clock())
    presence.note_typing(reader)
    presence.set_closed(True)
    presence.note_typing(reader)
    assert presence.typing == {}
    presence.set_closed(False)
    presence.note_typing(reader)
    assert list(presence.typing) == [reader]
