"""A server on a Unix socket."""

from pathlib import Path

import httpx

from tests.support.processes import PATIENCE
from tests.support.server import Server


class UnixServer(Server):
    """One that listens on a Unix socket beside its data directory."""

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.data_dir.with_name("hubbub.sock")

    def words(self) -> list[str]:
        """See Process."""
        return ["serve", "--uds", str(self.socket), "--data-dir", str(self.data_dir), "--demo", "--no-script"]

    def ready(self) -> bool:
        """See Process."""
        return "Hubbub serves" in self.log() and self.ask("GET", "/readyz").status_code == 200

    def ask(self, method: str, path: str, **headers: str) -> httpx.Response:
        """An answer of it."""
        transport = httpx.HTTPTransport(uds=str(self.socket))
        with httpx.Client(base_url="http://localhost", transport=transport, timeout=PATIENCE) as http:
            return http.request(method, path, headers=headers)
