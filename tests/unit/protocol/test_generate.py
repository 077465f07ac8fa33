"""The client's copy of the shared tables is the one that is generated now."""

import json
import re
import subprocess
import sys
from pathlib import Path

from hubbub.domain.errors import ErrorCode
from hubbub.protocol.close_codes import CLOSE_CODES
from hubbub.protocol.generate import typescript

ROOT = Path(__file__).parents[3]


def value(name: str) -> object:
    """The JSON that an exported constant is set to."""
    found = re.search(rf"export const {name}\b.*? = (.*?)(?: as const)?;\n", typescript(), flags=re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_client_has_the_tables_of_now() -> None:
    kept = (ROOT / "client/src/generated.ts").read_text(encoding="utf-8")
    assert kept == typescript(), "run: python -m hubbub.protocol.generate client/src/generated.ts"


def test_it_holds_every_close_code() -> None:
    table = value("CLOSE_CODES")
    assert table == {
        str(code.code): {"name": code.name, "meaning": code.meaning, "reconnect": code.reconnect}
        for code in CLOSE_CODES
    }
    assert value("FINAL") == [code.code for code in CLOSE_CODES if not code.reconnect]


def test_it_holds_every_error_code_and_limit() -> None:
    assert value("ERROR_CODES") == [str(code) for code in ErrorCode]
    limits = {"body": 10_000, "name": 50, "website": 200, "email": 254, "reason": 500}
    assert value("LIMITS") == limits


def test_it_writes_the_file_it_is_told(tmp_path: Path) -> None:
    target = tmp_path / "generated.ts"
    subprocess.run([sys.executable, "-m", "hubbub.protocol.generate", target], cwd=ROOT / "server", check=True)
    assert target.read_text(encoding="utf-8") == typescript()
