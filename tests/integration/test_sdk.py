"""hubbub-client as programs get it: packed, installed into an empty folder, and run by Node against a real server."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.contract import Api, eventually
from tests.support.processes import PATIENCE, ROOT
from tests.support.server import Server
from tests.support.tokens import mint

DOCS = (ROOT / "docs/sdk.md").read_text(encoding="utf-8")
EXAMPLE = next(block for block in re.findall(r"```js\n(.*?)```", DOCS, re.DOTALL) if block.startswith("// headless"))
WITH_NODE = str(ROOT / "scripts/with-node")


def node(folder: Path, *words: str) -> list[str]:
    """The command that runs `node WORDS`, with a WebSocket where this Node hides its own."""
    old = subprocess.run([WITH_NODE, "node", "--version"], cwd=ROOT, check=True, capture_output=True, text=True)
    flags = ["--experimental-websocket"] if old.stdout.startswith("v20.") else []
    return [WITH_NODE, "node", *flags, *words]


def names_in(api: Api, thread: str) -> list[str]:
    """Who has written in a thread."""
    return [comment["author"]["name"] for comment in api.get("/api/v1/threads", thread=thread).ok()["comments"]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty project into which the packed SDK was installed."""
    made = tmp_path_factory.mktemp("sdk")
    npm = [WITH_NODE, "npm", "--offline", "--cache", str(made / "cache"), "--prefix", str(made)]
    packed = subprocess.run(
        [*npm, "pack", str(ROOT / "client/dist"), "--pack-destination", str(made), "--json"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    (made / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
    listed = json.loads(packed.stdout)
    (about,) = listed.values() if isinstance(listed, dict) else listed
    subprocess.run([*npm, "install", str(made / about["filename"])], cwd=ROOT, check=True, capture_output=True)
    return made


@pytest.fixture
def thread(shared_server: Server) -> Iterator[tuple[Api, str, str]]:
    """A thread to write in: the API, its id, its key."""
    api = Api(shared_server.url)
    key = "/sdk"
    owner = mint(shared_server.data_dir, "owner")
    made = api.call("PUT", "/api/v1/threads", {"title": "For programs"}, token=owner, site="demo", key=key).body
    yield api, made["thread"]["id"], key
    api.close()


def test_the_example_is_short() -> None:
    assert len(EXAMPLE.splitlines()) <= 40


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_the_documented_program_runs(
    folder: Path, shared_server: Server, thread: tuple[Api, str, str], codec: str
) -> None:
    api, id_, key = thread
    program = EXAMPLE
    if codec == "msgpack":
        program = 'import * as codec from "hubbub-client/msgpack";\n' + EXAMPLE.replace("{ profile", "{ codec, profile")
    (folder / "headless.mjs").write_text(program, encoding="utf-8")
    words = node(folder, str(folder / "headless.mjs"), shared_server.url, "demo", key, f"Robot {codec}")
    running = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        eventually(lambda: f"Robot {codec}" in names_in(api, id_), "the program has written")
        ann = api.session(name="Ann").token
        api.post(id_, "**bye**", token=ann).ok(201)
        said, _ = running.communicate(timeout=PATIENCE)
    finally:
        running.kill()
    assert running.returncode == 0, said
    assert f"Hello from Robot {codec}" in said
    assert "Ann: bye" in said
    assert re.search(r"stored as #\d+", said)


def test_the_package_says_what_it_is(folder: Path) -> None:
    package = folder / "node_modules/hubbub-client"
    about = json.loads((package / "package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in about
    for entry in about["exports"].values():
        assert (package / entry["types"]).exists()
        assert (package / entry["default"]).exists()


def test_typescript_finds_the_types_as_node_does(folder: Path) -> None:
    (folder / "typed.ts").write_text(
        'import { connect, type Comment, type Snapshot } from "hubbub-client";\n'
        'import { decode } from "hubbub-client/msgpack";\n'
        'const thread = connect("https://c.example", { profile: { name: "N" } }).thread({ thread: "t" });\n'
        "const first: Comment | undefined = (thread.getSnapshot() satisfies Snapshot).comments[0];\n"
        "export const name: string | null | undefined = first?.author.name;\n"
        "// @ts-expect-error: a vote is a number\n"
        'if (first) void thread.vote(first, "up");\n'
        "export const bytes: unknown = decode(new Uint8Array());\n",
        encoding="utf-8",
    )
    tsc = str(ROOT / "client/node_modules/typescript/bin/tsc")
    flags = ["--noEmit", "--strict", "--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom", "--types", ""]
    done = subprocess.run(
        [WITH_NODE, "node", tsc, *flags, str(folder / "typed.ts")], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
