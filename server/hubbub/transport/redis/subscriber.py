"""A pub/sub connection that notices when it went silent, comes back by itself, and says so."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from time import monotonic
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

PING_EVERY = 1.0  # s
SILENCE = 3.0  # s without any message, pongs included, after which the connection counts as dead
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 1.0  # s between attempts to come back

log = structlog.get_logger()

OnMessage = Callable[[str, bytes], None]
OnReturn = Callable[[], Coroutine[Any, Any, None]]


class Subscriber:
    """Hands each message to `on_message(channel, data)`. Whenever all channels were (re)subscribed, `on_return` runs:
    what was published before is lost."""

    def __init__(self, client: Redis, on_message: OnMessage, on_return: OnReturn) -> None:
        self._client = client
        self._on_message = on_message
        self._on_return = on_return
        self._wanted: dict[str, asyncio.Future[None]] = {}
        self._pubsub = client.pubsub()
        self.healthy = False

    async def subscribe(self, channel: str, patience: float) -> None:
        """Returns once Redis confirmed, or after `patience` seconds: a loss is made good elsewhere."""
        confirmed = self._wanted.get(channel)
        if confirmed is None:
            confirmed = self._wanted[channel] = asyncio.get_running_loop().create_future()
            if self.healthy:
                await self._try(self._pubsub.subscribe(channel))
        await asyncio.wait([confirmed], timeout=patience)

    async def unsubscribe(self, channel: str) -> None:
        """Wants the channel no longer."""
        self._wanted.pop(channel, None)
        if self.healthy:
            await self._try(self._pubsub.unsubscribe(channel))

    async def _try(self, sending: Awaitable[object]) -> None:
        try:
            await sending
        except (RedisError, OSError) as error:
            log.warning("redis_subscription_failed", error=str(error))

    async def run(self) -> None:
        """Listens for ever."""
        wait = _FIRST_WAIT
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("redis_subscriber_lost", error=str(error) or type(error).__name__)
            was_healthy, self.healthy = self.healthy, False
            wait = _FIRST_WAIT if was_healthy else min(wait * 2, _LONGEST_WAIT)
            await self._pubsub.aclose()  # type: ignore[no-untyped-call]  # its stubs lack it
            await asyncio.sleep(wait)

    async def _listen(self) -> None:
        self._pubsub = self._client.pubsub()
        await self._pubsub.ping()
        if self._wanted:
            await self._pubsub.subscribe(*self._wanted)
        self.healthy = True
        returning = asyncio.create_task(self._on_return())
        heard = pinged = monotonic()
        try:
            while True:
                message = await self._pubsub.get_message(timeout=PING_EVERY / 2)
                now = monotonic()
                if message is not None:
                    heard = now
                    self._take(message)
                if now - heard > SILENCE:
                    raise TimeoutError("Redis went silent")
                if now - pinged > PING_EVERY:
                    pinged = now
                    await self._pubsub.ping()
        finally:
            returning.cancel()

    def _take(self, message: dict[str, object]) -> None:
        channel = message["channel"]
        if message["type"] == "message":
            assert isinstance(channel, bytes)
            assert isinstance(message["data"], bytes)
            self._on_message(channel.decode(), message["data"])
        elif message["type"] == "subscribe":
            assert isinstance(channel, bytes)
            confirmed = self._wanted.get(channel.decode())
            if confirmed is not None and not confirmed.done():
                confirmed.set_result(None)
