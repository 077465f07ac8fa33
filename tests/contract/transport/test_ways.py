"""The ways to Redis other than one plain server: sentinels, TLS with a user and a password."""

import signal

from tests.contract.transport.conftest import clerk, web_node
from tests.contract.transport.test_faults import accepted, hears
from tests.contract.transport.test_ports import TOPIC
from tests.support.redis_service import port_of, redis_over_tls, redis_sentinel
from tests.support.waiting import until


async def test_a_failover_is_followed() -> None:
    with redis_sentinel() as watched:
        async with web_node(watched.url) as node, clerk(watched.url) as worker:
            await node.subscribe(TOPIC)
            await accepted(node.command_bus, 1)
            watched.master.end(signal.SIGKILL)
            # A sentinel that was held up for 2 s does nothing for 30 s.
            await until(lambda: watched.master_port() == port_of(watched.replica), "another master", 90)
            await accepted(node.command_bus, 2)
            await hears(node, "after")
            assert worker.done[-1] == "id-2"


async def test_tls_with_a_password_works_everywhere() -> None:
    with redis_over_tls() as server:
        async with web_node(server.url) as node, clerk(server.url):
            await node.subscribe(TOPIC)
            await accepted(node.command_bus, 1)
            await hears(node, "through TLS")
