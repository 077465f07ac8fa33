"""Whose token speaks where, and what an expired one may not."""

import time
from math import inf

import pytest

from hubbub.domain.actor import Actor
from hubbub.domain.errors import ErrorCode, Refused
from hubbub.domain.events import thread_topic
from hubbub.services.caller import KEPT, Bearer, Identities
from tests.unit.samples import ANN, BOB


def writer(identities: Identities, thread: str) -> Actor | str | None:
    """Who writes in a thread, or how that is refused."""
    try:
        return identities.caller(None, "192.0.2.1").actor_in(thread)
    except Refused as refused:
        return refused.code


def test_a_threads_token_goes_before_the_connections() -> None:
    identities = Identities()
    assert (identities.actor_in("a"), writer(identities, "a")) == (None, None)
    identities.default = Bearer(ANN, inf)
    identities.bind("a", Bearer(BOB, inf), ())
    assert [identities.actor_in(thread) for thread in "ab"] == [BOB, ANN]
    assert [writer(identities, thread) for thread in "ab"] == [BOB, ANN]
    identities.bind("a", None, ())
    assert writer(identities, "a") == ANN


def test_an_expired_token_of_a_thread_does_not_fall_back_to_the_connections() -> None:
    identities, ended = Identities(), time.time() - 1
    identities.default = Bearer(ANN, inf)
    identities.bind("a", Bearer(BOB, ended), ())
    assert (identities.actor_in("a"), writer(identities, "a")) == (None, ErrorCode.UNAUTHORIZED)
    assert writer(identities, "b") == ANN


def test_an_expired_token_of_the_connection_leaves_the_threads_theirs() -> None:
    identities, ended = Identities(), time.time() - 1
    identities.default = Bearer(ANN, ended)
    identities.bind("a", Bearer(BOB, inf), ())
    assert [writer(identities, thread) for thread in "ab"] == [BOB, ErrorCode.UNAUTHORIZED]
    assert identities.caller(None, "192.0.2.1").anybody() == BOB
    identities.unbind("a")
    with pytest.raises(Refused, match="has ended"):
        identities.caller(None, "192.0.2.1").anybody()


def test_no_more_is_kept_than_a_connection_follows() -> None:
    identities = Identities()
    follows = {thread_topic(f"{number}") for number in range(KEPT)}
    for number in range(3 * KEPT):
        identities.bind(f"{number}", Bearer(ANN, inf), follows)
    assert all(identities.actor_in(topic.name) == ANN for topic in follows)
    assert len(identities._by_thread) <= 2 * KEPT
