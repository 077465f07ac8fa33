"""web.live.handshake: what a node keeps of a connection until it is lost."""

from collections import Counter
from types import SimpleNamespace
from typing import Any, cast

from hubbub.protocol.codec import JSON
from hubbub.protocol.conversation import Conversation
from hubbub.web.live.handshake import _attach
from hubbub.web.node import Node


def test_a_lost_connection_is_forgotten_everywhere() -> None:
    hub, members = SimpleNamespace(connections=set()), SimpleNamespace(watchers=set())
    node = SimpleNamespace(addresses=Counter[str](), hub=hub, members=members)
    link: Any = SimpleNamespace(writer=lambda _data: None, deflates=False)
    handler = _attach(cast(Node, node), link, Conversation(JSON, None, "192.0.2.1"))
    members.watchers.add(handler.check_rights)  # as with the first token of staff
    assert (node.addresses, hub.connections) == ({"192.0.2.1": 1}, {handler.connection})
    handler.connection.lost()
    assert (node.addresses, hub.connections, members.watchers) == ({}, set(), set())
