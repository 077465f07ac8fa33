"""A program of the client's tests, which answers each line of JSON by one."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.server import ROOT


@contextmanager
def client_program(name: str) -> Iterator[Callable[[Any], Any]]:
    """Starts client/test/NAME; what it is asked, and its answers, are JSON."""
    command = ["scripts/with-node", "node", f"client/test/{name}"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        assert node.stdin is not None
        assert node.stdout is not None
        to, answers = node.stdin, node.stdout

        def ask(question: Any) -> Any:
            to.write(json.dumps(question) + "\n")
            to.flush()
            return json.loads(answers.readline())

        yield ask
        to.close()
        node.wait()
