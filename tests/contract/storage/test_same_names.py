"""The tests of names that are kept while a comment waits, which run over SQLite elsewhere, over PostgreSQL."""

import pytest

from tests.unit.worker import test_names_held
from tests.unit.worker.test_names_held import db  # noqa: F401  # a fixture

pytestmark = pytest.mark.usefixtures("over_postgresql")

globals().update({name: test for name, test in vars(test_names_held).items() if name.startswith("test_")})
