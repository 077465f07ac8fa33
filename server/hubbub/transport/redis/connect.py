"""Clients from one URL: redis://, rediss://, redis+sentinel://host:port,host:port/service, redis+cluster://host:port."""

from typing import Any, cast
from urllib.parse import urlsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

CONNECT_TIMEOUT = 2.0  # s
ANSWER_TIMEOUT = 3.0  # s for one command's answer; a blocking read asks for less
NO_RETRY = Retry(NoBackoff(), 0)  # a command that timed out may have been carried out: we decide what to do then

_OPTIONS: dict[str, Any] = {
    "socket_connect_timeout": CONNECT_TIMEOUT,
    "socket_timeout": ANSWER_TIMEOUT,
    "retry": NO_RETRY,
    "protocol": 2,
}


def client(url: str, *, connections: int = 50) -> Redis:
    """A client with a pool of its own, which never sends a command twice."""
    parts = urlsplit(url)
    if parts.scheme.startswith("redis+sentinel"):
        return _sentinel(url)
    return Redis.from_url(url, max_connections=connections, **_OPTIONS)


def _sentinel(url: str) -> Redis:
    """The master that the sentinels name, asked anew for each connection."""
    parts = urlsplit(url)
    hosts = [_host(entry) for entry in parts.netloc.rpartition("@")[2].split(",")]
    service = parts.path.strip("/")
    if not service:
        raise ValueError(
            "a redis+sentinel:// URL ends with the service's name, as in redis+sentinel://host:26379/hubbub"
        )
    options = dict(_OPTIONS)
    if parts.password:
        options["password"] = parts.password
    sentinel = Sentinel(hosts, sentinel_kwargs=dict(_OPTIONS), **options)  # type: ignore[no-untyped-call]  # its stubs lack it
    return cast(Redis, sentinel.master_for(service))


def _host(entry: str) -> tuple[str, int]:
    host, _, port = entry.rpartition(":")
    return (host, int(port)) if host else (port, 26379)
