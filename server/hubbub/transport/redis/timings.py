"""How long the parts of the Redis transport wait. `connect` takes them, and every part reads them from its client."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds."""

    connect: float = 2.0
    answer: float = 3.0  # for the answer to one Redis command; a blocking read asks for less
    publish: float = 0.5  # for the answer to messages: less, as workers wait for it, and what is lost is made good
    ping: float = 1.0  # between pings of a pub/sub connection
    silence: float = 3.0  # without any message, pongs included, after which a pub/sub connection counts as dead
    confirm: float = 0.25  # that a join waits for its subscription; comparing heads makes good what is missed
    counted: float = 5.0  # that a node's numbers of readers count: a node tells every two seconds
    answered_within: float = 5.0  # a command; a client that is told `unavailable` then tries again with the same id
    oldest: float = 2.0  # that a partition's first command may have waited, by Redis's own clock
    clock_kept: float = 3.0  # that Redis's clock is relied on; its machine, or which machine it is, may change
    lost: float = 1.0  # after which what was read and is not done may be lost
    consumer_kept: float = 60.0  # after which a dead worker's name is removed from the groups

    @property
    def taken_within(self) -> float:
        """For Redis to take a command; one that it gets later is dropped, as its sender was told so."""
        return self.answer - 0.1
