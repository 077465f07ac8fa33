"""The client's copy of types and tables is the one that is generated now."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from hubbub.domain.errors import ErrorCode
from hubbub.domain.events import thread_topic
from hubbub.domain.model import Site
from hubbub.protocol.answers import PUSHES, EventsPush, GoodbyePush, PresencePush, ResetPush, SitePush
from hubbub.protocol.close_codes import CLOSE_CODES
from hubbub.protocol.codec import CODECS, JSON
from hubbub.protocol.generate import typescript
from hubbub.protocol.messages import events_push, goodbye_push, presence_push, reset_push, site_push
from hubbub.protocol.requests import AnyRequest
from hubbub.protocol.views import AuthorView, CommentView, EventView, site_view

ROOT = Path(__file__).parents[3]
THREAD = thread_topic("t")


def value(name: str) -> object:
    """The JSON that an exported constant is set to."""
    found = re.search(rf"export const {name}\b.*? = (.*?)(?: as const)?;\n", typescript(), flags=re.DOTALL)
    assert found
    return json.loads(found[1])


def test_the_client_has_the_protocol_of_now() -> None:
    kept = (ROOT / "client/src/protocol/generated.ts").read_text(encoding="utf-8")
    assert kept == typescript(), "run: python -m hubbub.protocol.generate client/src/protocol/generated.ts"


def test_it_holds_the_close_codes_after_which_no_client_reconnects() -> None:
    assert value("FINAL") == [code.code for code in CLOSE_CODES if not code.reconnect]


def test_it_holds_every_error_code_and_limit() -> None:
    assert value("ERROR_CODES") == [str(code) for code in ErrorCode]
    limits = {"body": 10_000, "name": 50, "website": 200, "email": 254, "reason": 500}
    assert value("LIMITS") == limits


def test_it_writes_the_file_it_is_told(tmp_path: Path) -> None:
    target = tmp_path / "generated.ts"
    subprocess.run([sys.executable, "-m", "hubbub.protocol.generate", target], cwd=ROOT / "server", check=True)
    assert target.read_text(encoding="utf-8") == typescript()


@pytest.mark.parametrize("words", [[], ["--help"], ["a", "b"]])
def test_it_takes_the_name_of_one_file_alone(tmp_path: Path, words: list[str]) -> None:
    command = [sys.executable, "-m", "hubbub.protocol.generate", *words]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "server")}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "usage: python -m hubbub.protocol.generate FILE\n")
    assert list(tmp_path.iterdir()) == []


def interface(name: str) -> dict[str, str]:
    """The fields of a generated interface, with their types."""
    found = re.search(rf"^export interface {name} {{\n(.*?)^}}", typescript(), flags=re.DOTALL | re.MULTILINE)
    assert found
    return dict(re.findall(r"^  (\w+\??): (.*);$", found[1], flags=re.MULTILINE))


def test_a_struct_becomes_an_interface() -> None:
    assert interface("Comment") == {
        "id": "string",
        "number": "number",
        "parent": "string | null",
        "author": "Author",
        "html": "string",
        "at": "string",
        "edited_at": "string | null",
        "removed": "boolean",
        "state?": '"held" | "removed" | "spam" | "visible"',
        "pinned?": "boolean",
        "score?": "Score",
        "reactions?": "Record<string, number>",
        "replies?": "number",
        "mine?": "Mine",
        "body?": "string",
        "removed_by?": '"author" | "moderator"',
        "reason?": "string",
        "due?": "string",
    }
    assert interface("Post")["cmd"] == '"post"'
    assert interface("JoinReply")["events?"] == "Event[]"
    assert interface("RefusalReply")["ok"] == "false"
    assert interface("Thread")["state"] in ('"open" | "closed"', '"closed" | "open"')


def test_every_command_and_push_has_its_type() -> None:
    command = re.search(r"^export type Command = (.*);$", typescript(), flags=re.MULTILINE)
    assert command
    assert command[1].split(" | ") == [struct.__name__ for struct in get_args(AnyRequest)]
    for struct in (*get_args(AnyRequest), *PUSHES):
        assert interface(struct.__name__)


def test_no_field_looks_like_a_private_member_of_the_client() -> None:
    """Its build renames what begins with an underscore (client/minify.mjs)."""
    assert re.findall(r"^  (_\w*)\??:", typescript(), flags=re.MULTILINE) == []


def test_pushes_are_what_their_types_say() -> None:
    author = AuthorView("a", "Ada", None, "guest")
    comment = CommentView("c", 1, None, author, "<p>x</p>", "2026-11-22T10:00:00.000Z", None, False)
    event = EventView(1, "comment.posted", comment.at, comment)
    for codec in CODECS:
        pushes = {
            EventsPush: events_push(codec, THREAD, "e1", [codec.encode(event)]),
            PresencePush: presence_push(codec, THREAD, 2, 1),
            ResetPush: reset_push(codec, THREAD),
            SitePush: site_push(codec, site_view(Site("news", ()))),
            GoodbyePush: goodbye_push(codec, 1.5),
        }
        for struct, frame in pushes.items():
            assert codec.encode(msgspec.convert(codec.decode(frame), struct)) == frame
    assert b"typing" not in presence_push(JSON, THREAD, 2, 0)
