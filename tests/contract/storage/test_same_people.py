"""The tests of people and of what is due, which run over SQLite elsewhere, over PostgreSQL."""

import pytest

from tests.unit.storage import test_people, test_schedule
from tests.unit.storage.test_people import db  # noqa: F401  # a fixture

pytestmark = pytest.mark.usefixtures("over_postgresql")

for _module in (test_people, test_schedule):
    globals().update({name: test for name, test in vars(_module).items() if name.startswith("test_")})
