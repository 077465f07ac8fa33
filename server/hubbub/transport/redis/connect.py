"""One way to speak to Redis, however it is run. Redis 7.0 or later.

    redis://[user:password@]host:6379/0             one server
    redis+sentinel://[…@]host:26379,host/service    the master that the sentinels name, asked anew for each connection
    redis+cluster://[…@]host:6379,host:6379         any nodes of a cluster, which tell of the others

`rediss` in place of `redis` is TLS everywhere, sentinels included; `?ssl_ca_certs=/path/ca.pem` names who signed the
servers' certificates, where the system does not know them. User and password are the data nodes'; reserved characters
in them are percent-encoded. Sentinels are asked without.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Self, cast
from urllib.parse import urlsplit

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.connection import AbstractConnection, parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import NoScriptError, RedisClusterException, RedisError

from hubbub.settings import BadSetting
from hubbub.transport.redis.scripts import Script
from hubbub.transport.redis.timings import Timings

CONNECTIONS = 100  # per server; a worker of all partitions on a cluster needs about 50

_ONCE = Retry(NoBackoff(), 0)  # what timed out may have been carried out: we decide what to do then

Argument = str | bytes | int


class RedisClient:
    """One Redis server, the master of a service, or a cluster; all are used alike, by scripts on keys of one slot.

    Nothing is ever sent twice, except after a cluster's redirect. Everything raises RedisError or OSError.
    """

    def __init__(self, client: Redis | RedisCluster, timings: Timings, *closing: Callable[[], Awaitable[None]]) -> None:
        self.client = client
        self.timings = timings
        self.sharded = isinstance(client, RedisCluster)
        self._closing = (client.aclose, *closing)

    async def run(self, script: Script, keys: Sequence[str], arguments: Sequence[Argument] = ()) -> Any:
        """Runs a script and returns its answer. All keys have the same hash tag."""
        try:
            return await self.client.execute_command("EVALSHA", script.sha, len(keys), *keys, *arguments)
        except NoScriptError:  # a new or emptied server
            return await self.client.execute_command("EVAL", script.text, len(keys), *keys, *arguments)

    async def read_group(
        self, group: str, name: str, streams: Sequence[str], count: int, block: int
    ) -> list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]:
        """New entries of `streams`, at most `count` of each, after at most `block` milliseconds."""
        words: list[Argument] = ["GROUP", group, name, "COUNT", count, "BLOCK", block, "STREAMS", *streams]
        words += [">"] * len(streams)
        target: dict[str, Any] = {}
        if isinstance(self.client, RedisCluster):  # or it would ask the cluster where the keys are in these words
            target["target_nodes"] = await self._node(streams[0])
        return await self.client.execute_command("XREADGROUP", *words, **target) or []

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Sends (channel, data) in order, in one round trip where there is no cluster: under SPUBLISH in a script
        Redis 7.0 closes connections. The channels have the same hash tag."""
        if not self.sharded:
            async with asyncio.timeout(self.timings.publish):
                await self.run(Script.PUBLISH, [], [word for message in messages for word in message])
            return
        for channel, data in messages:
            async with asyncio.timeout(self.timings.publish):
                await self.client.execute_command("SPUBLISH", channel, data)

    async def listener(self, channel: str) -> AbstractConnection:
        """A new connection to where `channel` is, to subscribe on; the caller disconnects it."""
        if isinstance(self.client, RedisCluster):
            with _as_redis_error():
                await self.client.exists(channel)  # for its side effect: a redirection teaches it where the slot is
            node = await self._node(channel)
            connection = node.connection_class(**node.connection_kwargs | {"retry": _ONCE})
        else:
            connection = self.client.connection_pool.make_connection()  # type: ignore[no-untyped-call]  # its stubs lack it
        try:
            await connection.connect()  # type: ignore[no-untyped-call]  # its stubs lack it
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return cast(AbstractConnection, connection)

    async def _node(self, key: str) -> ClusterNode:
        assert isinstance(self.client, RedisCluster)
        await self.client.initialize()
        with _as_redis_error():
            node = self.client.get_node_from_key(key)
        assert node is not None  # it raises where the slot has no node
        return node

    async def aclose(self) -> None:
        """Closes all connections but the listeners'."""
        for close in self._closing:
            await close()


class _Cluster(RedisCluster):
    """A cluster client with two fixes. It raises what the other clients raise. And it asks the node that failed last
    only after the others where the slots are: all commands wait for that answer, so one node that hangs would delay all
    of them."""

    _failed: str | None = None

    async def initialize(
        self,
        additional_startup_nodes_info: list[tuple[str, int]] | None = None,
        last_failed_node_name: str | None = None,
    ) -> Self:
        with _as_redis_error():
            await super().initialize(additional_startup_nodes_info, last_failed_node_name or self._failed)
        return self

    async def execute_command(self, *args: Any, **kwargs: Any) -> Any:
        try:
            with _as_redis_error():
                return await super().execute_command(*args, **kwargs)
        except RedisError as error:
            self._failed = getattr(error, "last_failed_node_name", self._failed)
            raise


@contextmanager
def _as_redis_error() -> Iterator[None]:
    """Raises a RedisError if a cluster is away or has no node for a slot, as other clients do. redis-py's own error for
    that is no RedisError."""
    try:
        yield
    except RedisClusterException as error:
        raise RedisAway(str(error)) from error


def connect(url: str, timings: Timings = Timings()) -> RedisClient:
    """A client for HUBBUB_REDIS_URL; it does not connect yet. Raises BadSetting."""
    common: dict[str, Any] = {
        "socket_connect_timeout": timings.connect,
        "socket_timeout": timings.answer,
        "retry": _ONCE,
        "protocol": 2,
        "max_connections": CONNECTIONS,
    }
    scheme, separator, rest = url.partition("://")
    kind, plus, mode = scheme.partition("+")
    if not separator or kind not in ("redis", "rediss") or (plus and mode not in ("sentinel", "cluster")):
        raise _bad("begins with redis://, redis+sentinel:// or redis+cluster://, or the same with rediss for TLS")
    try:
        if not mode:
            return RedisClient(Redis.from_url(url, **common), timings)
        hosts, options = _split(f"{kind}://{rest}", 26379 if mode == "sentinel" else 6379)
    except ValueError as error:
        raise _bad(f"can't be read ({error}); an example: redis://user:password@host:6379/0") from None
    if mode == "sentinel":
        sentinel, master = _sentinel(hosts, common, options, urlsplit(url).path.strip("/"))
        return RedisClient(master, timings, sentinel.aclose)
    if options.pop("db", 0) != 0:
        raise _bad("names a database; a cluster has only one: redis+cluster://host:6379,host:6379")
    nodes = [ClusterNode(host, port) for host, port in hosts]
    return RedisClient(_Cluster(startup_nodes=nodes, **common, **options), timings)


def _sentinel(
    hosts: Sequence[tuple[str, int]], common: dict[str, Any], options: dict[str, Any], path: str
) -> tuple[Sentinel, Redis]:
    """The sentinels, and a client of the master that they name."""
    service, _, database = path.partition("/")
    if not service:
        raise _bad("needs the service's name at its end: redis+sentinel://host:26379,host:26379/service")
    options["db"] = int(database) if database.isdecimal() else 0
    plain = {name: value for name, value in options.items() if name.startswith("ssl")}
    sentinel = Sentinel(hosts, sentinel_kwargs=common | plain, **common, **options)  # type: ignore[no-untyped-call]  # its stubs lack it
    return sentinel, cast(Redis, sentinel.master_for(service))


def _split(url: str, port: int) -> tuple[list[tuple[str, int]], dict[str, Any]]:
    """Splits a URL with several hosts into the hosts and redis-py's options. ValueError."""
    netloc = urlsplit(url).netloc
    credentials, at, hosts = netloc.rpartition("@")
    options: dict[str, Any] = dict(parse_url(url.replace(netloc, f"{credentials}{at}host", 1)))
    if options.pop("connection_class", None) is not None:
        options["ssl"] = True
    del options["host"]
    found = [urlsplit(f"//{host}") for host in hosts.split(",")]
    if not all(host.hostname for host in found):
        raise ValueError("a host is missing")
    return [(str(host.hostname), host.port or port) for host in found], options


def _bad(reason: str) -> BadSetting:
    """Says what is wrong without showing the URL, which may hold a password."""
    return BadSetting(f"HUBBUB_REDIS_URL {reason}")
