"""The services put together over a real database and a running worker."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from hubbub.services.history import History
from hubbub.services.limits import RateLimits
from hubbub.services.moderation import Moderation
from hubbub.services.posting import Posting
from hubbub.services.sites import Sites
from tests.unit.conftest import Worker


@dataclass
class Services:
    """What a web node has, but for the web; time stands still unless moved."""

    worker: Worker
    now: list[float] = field(default_factory=lambda: [1000.0])

    def __post_init__(self) -> None:
        clock: Callable[[], float] = lambda: self.now[0]  # noqa: E731 (a name for its type)
        self.limits = RateLimits(clock=clock)
        self.history = History(self.worker.database)
        self.sites = Sites(self.worker.database, self.worker.ingest)
        self.posting = Posting(self.worker.database, self.history, self.sites, self.limits)
        self.moderation = Moderation(self.worker.ingest, self.history, self.posting, self.sites, self.limits)


@pytest.fixture
async def services(worker: Worker) -> Services:
    """The services, with the sites of `database` loaded."""
    services = Services(worker)
    await services.sites.load()
    return services
