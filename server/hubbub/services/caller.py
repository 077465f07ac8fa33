"""Who sent a request, and from where."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from hubbub.domain.actor import Actor
from hubbub.domain.errors import token_missing
from hubbub.services.identity import Bearer, session_ended


@dataclass(frozen=True, slots=True)
class Caller:
    """`actor` is the bearer of the token, if there is one; `origin` the page that asks (None: a program); `address` the
    network address that rate limits count by. On a live connection, `bearers` are those of the tokens of single threads
    (by their ids), and `ended` is whether the connection's own token has expired."""

    actor: Actor | None
    origin: str | None
    address: str
    bearers: Mapping[str, Bearer] = field(default_factory=dict)
    ended: bool = False

    def actor_in(self, thread: str) -> Actor | None:
        """Who writes in a thread, None without a token. Refused `unauthorized` where the token has expired."""
        bearer = self.bearers.get(thread)
        if self.ended if bearer is None else bearer.ended:
            raise session_ended()
        return self.actor if bearer is None else bearer.actor

    def anybody(self) -> Actor:
        """One of those who write here, while it is not known yet in which thread. Refused `unauthorized` if there is
        none."""
        if self.actor is not None:
            return self.actor
        for bearer in self.bearers.values():
            if not bearer.ended:
                return bearer.actor
        raise session_ended() if self.ended else token_missing()
