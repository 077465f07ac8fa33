"""How several pytest processes share the tests (`pytest -n 3`): the longest share first, so that all end together.

Tests of one file stay in one process, which has their servers; so do all of the contract's that use one deployment.
"""

import re
from typing import Any

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has types, but does not say so

ALONE = "tests/chaos/test_chaos.py"  # it judges what gets through under load: others would take the machine from it

# Seconds that long shares take, roughly. Only the order follows from them: what is missing here comes last.
SECONDS = {
    ALONE: 1000,  # before all others
    "contract-many": 130,
    "tests/integration/test_nginx.py": 120,
    "contract-one": 90,
    "tests/integration/test_command_line.py": 80,
    "tests/browser/test_faults.py": 60,
    "tests/integration/test_many_commands.py": 50,
    "tests/integration/test_rolling_restart.py": 50,
    "tests/browser/test_accessible.py": 50,
    "tests/integration/test_health.py": 40,
    "tests/integration/test_serve_many.py": 30,
    "tests/chaos/test_closing.py": 30,
    "tests/contract/storage/test_same.py": 30,
    "tests/integration/test_late_commands.py": 30,
    "tests/integration/test_two_nodes.py": 25,
    "tests/browser/test_many_nodes.py": 25,
    "tests/contract/storage/test_postgresql.py": 25,
    "tests/contract/transport/test_faults.py": 20,
    "tests/chaos/test_embedded.py": 20,
    "tests/acceptance/test_crash.py": 20,
    "tests/acceptance/test_floods_live.py": 20,
    "tests/acceptance/test_floods_http.py": 20,
    "tests/browser/test_live.py": 20,
    "tests/contract/transport/test_workers.py": 15,
    "tests/acceptance/test_ownership.py": 15,
    "tests/browser/test_xss.py": 15,
    "tests/browser/test_look.py": 20,
    "tests/browser/test_publishers.py": 20,
    "tests/browser/test_embedding.py": 20,
    "tests/browser/test_reading.py": 15,
    "tests/browser/test_moderating.py": 15,
    "tests/browser/test_closing.py": 15,
    "tests/integration/test_rate_limits.py": 15,
    "tests/integration/test_addresses.py": 15,
    "tests/browser/test_below_path.py": 15,
    "tests/integration/test_client_live.py": 10,
    "tests/integration/test_unix_socket.py": 10,
    "tests/acceptance/test_shutdown.py": 10,
    "tests/integration/test_goodbye.py": 10,
    "tests/contract/transport/test_ways.py": 10,
    "tests/contract/storage/test_workers.py": 10,
}

_WAY = re.compile(r"tests/contract/[^\[]*\[(one|many)\b")


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # see above
    """A process that is done with a share gets the longest that is left; while one has ALONE, the others wait."""

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:
        """See LoadScopeScheduling."""
        super().mark_test_complete(node, item_index, duration)
        self.schedule()  # for those who waited

    def _split_scope(self, nodeid: str) -> str:
        way = _WAY.match(nodeid)
        return f"contract-{way[1]}" if way else nodeid.partition("::")[0]

    def _assign_work_unit(self, node: Any) -> None:
        if not self._has_to_wait(node):
            longest = max(self.workqueue, key=lambda share: SECONDS.get(share, 0))
            self.workqueue.move_to_end(longest, last=False)
            super()._assign_work_unit(node)

    def _has_to_wait(self, node: Any) -> bool:
        others = [work.get(ALONE, {}) for other, work in self.assigned_work.items() if other is not node]
        return any(False in share.values() for share in others)
