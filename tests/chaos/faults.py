"""How each kind of fault is done, and undone. Every function returns once its fault is healed."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import psycopg

from tests.chaos.deployment import Deployment
from tests.chaos.plan import WEBS, WORKERS, Fault
from tests.support.processes import Process, family, frozen
from tests.support.services import wait_for_port

GROUPS = {"webs": WEBS, "workers": WORKERS}
PATIENCE = 20.0  # s for PostgreSQL's recovery, and for a process of Hubbub that a fault met while it started


async def strike(on: Deployment, fault: Fault) -> None:
    """Waits for the fault's moment, does it, and undoes it."""
    await asyncio.sleep(fault.at)
    async with AsyncExitStack() as held:
        for name in GROUPS.get(fault.target, (fault.target,)):
            if name in on.locks:
                await held.enter_async_context(on.locks[name])
        await STRIKES[fault.kind](on, fault)


# Processes of Hubbub


async def _kill(on: Deployment, fault: Fault) -> None:
    node = on.nodes[fault.target]
    node.kill()
    await asyncio.sleep(fault.lasts)
    await asyncio.to_thread(_start, node)


async def _freeze(on: Deployment, fault: Fault) -> None:
    node = on.nodes[fault.target]
    node.send(signal.SIGSTOP)
    try:
        await asyncio.sleep(fault.lasts)
    finally:
        node.send(signal.SIGCONT)


async def _roll(on: Deployment, fault: Fault) -> None:
    for name in GROUPS[fault.target]:
        await asyncio.to_thread(_renew, on.nodes[name])


def _renew(node: Process) -> None:
    code = node.stop()
    assert code == 0, f"expected {node.words()} to exit with 0 on SIGTERM, got {code}; its log:\n{node.log()}"
    _start(node)


def _start(node: Process) -> None:
    """Starts it again while it ends, as systemd does: another fault may meet it before it is ready."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return node.start()
        except AssertionError:
            if time.monotonic() > deadline:
                raise


async def _jump_clock(on: Deployment, fault: Fault) -> None:
    clock = on.clock(fault.target)
    clock.write_text(fault.offset)
    try:
        await asyncio.sleep(fault.lasts)
    finally:
        clock.write_text("+0")


# Redis


async def _restart_redis(on: Deployment, fault: Fault) -> None:
    redis = on.many.redis
    assert redis.process is not None
    redis.process.kill()
    redis.process.wait()
    await asyncio.sleep(fault.lasts)
    redis.start()
    with on.redis() as client:
        await asyncio.to_thread(wait_for_port, client.get_connection_kwargs()["port"])


async def _freeze_redis(on: Deployment, fault: Fault) -> None:
    on.many.redis.send(signal.SIGSTOP)
    try:
        await asyncio.sleep(fault.lasts)
    finally:
        on.many.redis.send(signal.SIGCONT)


async def _flush_redis(on: Deployment, fault: Fault) -> None:
    with on.redis() as client:
        await asyncio.to_thread(client.flushall)


async def _kill_pubsub(on: Deployment, fault: Fault) -> None:
    with on.redis() as client:
        await asyncio.to_thread(client.execute_command, "CLIENT", "KILL", "TYPE", "pubsub")


async def _fill_redis(on: Deployment, fault: Fault) -> None:
    with on.redis() as client:
        await asyncio.to_thread(client.config_set, "maxmemory", 1)
        try:
            await asyncio.sleep(fault.lasts)
        finally:
            await asyncio.to_thread(client.config_set, "maxmemory", 0)


# PostgreSQL


async def _restart_database(on: Deployment, fault: Fault) -> None:
    database = on.many.postgresql
    assert database.process is not None
    database.send(signal.SIGQUIT)  # what `pg_ctl stop -m immediate` sends
    await asyncio.to_thread(database.process.wait)
    await asyncio.sleep(fault.lasts)
    database.start()
    await asyncio.to_thread(_until_it_answers, on)


def _until_it_answers(on: Deployment) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            on.database().close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


async def _freeze_database(on: Deployment, fault: Fault) -> None:
    assert on.many.postgresql.process is not None
    with frozen(family(on.many.postgresql.process.pid)):
        await asyncio.sleep(fault.lasts)


async def _freeze_session(on: Deployment, fault: Fault) -> None:
    pids = await asyncio.to_thread(_sessions, on)
    with frozen(pids[:1]):
        await asyncio.sleep(fault.lasts)


def _sessions(on: Deployment) -> list[int]:
    """The processes that serve Hubbub, those that are in a transaction first."""
    with on.database() as database:
        rows = database.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = 'hubbub' AND pid <> pg_backend_pid()"
            " ORDER BY xact_start NULLS LAST, state_change DESC"
        )
        return [pid for (pid,) in rows]


async def _end_sessions(on: Deployment, fault: Fault) -> None:
    await asyncio.to_thread(_terminate, on)


def _terminate(on: Deployment) -> None:
    with on.database() as database:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = 'hubbub' AND pid <> pg_backend_pid()"
        )


# The ways between them


async def _reset(on: Deployment, fault: Fault) -> None:
    on.relays[fault.target].cut()


async def _half_open(on: Deployment, fault: Fault) -> None:
    """The relay's kernel acknowledges what is sent into the void, so only who expects an answer can notice."""
    relay = on.relays[fault.target]
    relay.freeze()
    try:
        await asyncio.sleep(fault.lasts)
    finally:
        relay.cut()


async def _stall(on: Deployment, fault: Fault) -> None:
    relay = on.relays[fault.target]
    relay.stall()
    try:
        await asyncio.sleep(fault.lasts)
    finally:
        relay.resume()


STRIKES: dict[str, Callable[[Deployment, Fault], Awaitable[None]]] = {
    "kill": _kill,
    "freeze": _freeze,
    "roll": _roll,
    "jump clock": _jump_clock,
    "restart redis": _restart_redis,
    "freeze redis": _freeze_redis,
    "flush redis": _flush_redis,
    "kill pubsub": _kill_pubsub,
    "fill redis": _fill_redis,
    "restart database": _restart_database,
    "freeze database": _freeze_database,
    "freeze session": _freeze_session,
    "end sessions": _end_sessions,
    "reset": _reset,
    "half-open": _half_open,
    "stall": _stall,
}
