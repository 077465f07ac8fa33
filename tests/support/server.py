"""Real `hubbub serve` processes for tests: started on a free port, signalled, killed and started again on the same."""

import json
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from tests.support import plain_http
from tests.support.ports import free_port
from tests.support.processes import PATIENCE, ROOT, Process, answers, environment, run

__all__ = ["PATIENCE", "ROOT", "Server"]


class Server(Process):
    """One server and its data directory, for `with`. Limits are off unless `env` sets HUBBUB_RATE_LIMITS to on."""

    def __init__(
        self, data_dir: Path, *, demo: bool = True, env: Mapping[str, str] | None = None, python: Path | None = None
    ) -> None:
        super().__init__(data_dir.with_name(f"{data_dir.name}.log"), environment(env, python))
        self.data_dir = data_dir
        self.port = free_port()
        self.url = ""
        self._prepared = not (python or {"HUBBUB_DATABASE_URL", "PYTHONPATH"} & set(env or {}))
        self._demo = ["--demo", "--no-script"] if demo else []
        if python and "--no-script" not in (python / "hubbub/cli/serve.py").read_text():  # an older copy
            self._demo = self._demo[:1]

    def words(self) -> list[str]:
        """See Process: always on the same port."""
        words = ["serve", "--host", "127.0.0.1", "--port", str(self.port), "--data-dir", str(self.data_dir)]
        return [*words, *self._demo]

    def launch(self) -> None:
        """See Process. The first time, most find a database that is prepared: making one takes half a second."""
        self.data_dir.mkdir(parents=True, exist_ok=True)
        if self._prepared and not any(self.data_dir.iterdir()):
            (self.data_dir / "hubbub.db").write_bytes(prepared(bool(self._demo)))
        super().launch()

    def ready(self) -> bool:
        """Whether this very process has said where it answers, and does."""
        try:
            said = json.loads((self.data_dir / "hubbub.lock").read_bytes())
        except (FileNotFoundError, ValueError):
            return False  # not there yet, or half written
        if said.get("pid") != self.pid or not said.get("url"):
            return False
        self.url = said["url"]
        self.port = httpx.URL(self.url).port or 0
        return answers(self.url)

    # What an operator does

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`hubbub WORDS` with this data directory, whatever comes of it."""
        return run([*words, "--data-dir", str(self.data_dir)], self.env)

    def cli(self, *words: str) -> str:
        """`hubbub WORDS` with this data directory; what it prints. AssertionError if it fails."""
        done = self.run(*words)
        assert done.returncode == 0, f"hubbub {' '.join(words)} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def token(self, role: str = "moderator", site: str = "demo", name: str | None = None) -> str:
        """A bearer token of a `moderator` or `owner`."""
        return self.cli("token", "--site", site, "--role", role, *(["--name", name] if name else [])).strip()

    def close_thread(self, key: str, site: str = "demo", reason: str | None = None) -> None:
        """Closes a page's thread."""
        self.cli("close", "--site", site, "--key", key, *(["--reason", reason] if reason else []))

    def reopen_thread(self, key: str, site: str = "demo") -> None:
        """Reopens a page's thread."""
        self.cli("reopen", "--site", site, "--key", key)

    # Its HTTP API, for what tests need besides the client

    def get(self, path: str, *, headers: Mapping[str, str] | None = None, **query: Any) -> Any:
        """The JSON of a GET that succeeds."""
        answer = plain_http.get(f"{self.url}{path}", params=query, headers=headers)
        assert answer.is_success, f"GET {path}: {answer.status_code} {answer.text}"
        return answer.json()

    def open_thread(self, key: str, site: str = "demo") -> str:
        """The id of a page's thread, made now if need be: only a page may do that, so its origin is given."""
        page = {"Origin": "http://localhost:9999"}
        return str(self.get("/api/v1/threads", headers=page, site=site, key=key)["thread"]["id"])


@cache
def prepared(demo: bool) -> bytes:
    """The database that a server makes when it is started for the first time, with the demo or without."""
    with TemporaryDirectory() as directory:
        first = Server(Path(directory) / "data", demo=demo)
        first._prepared = False
        with first:
            pass
        return (first.data_dir / "hubbub.db").read_bytes()
