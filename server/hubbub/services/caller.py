"""Who asks for something, and from where."""

from dataclasses import dataclass

from hubbub.domain.actor import Actor


@dataclass(frozen=True, slots=True)
class Caller:
    """`actor` is the bearer of the token, if there is one; `origin` the page that asks (None: a program); `address` the
    network address that rate limits count by."""

    actor: Actor | None
    origin: str | None
    address: str
