"""The command line against many processes: from any machine that has their settings."""

import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from redis import Redis
from websockets.exceptions import ConnectionClosedError

from tests.support import plain_http
from tests.support.contract import Api, Live, eventually
from tests.support.many import PAGE, Many, many
from tests.support.ports import free_port
from tests.support.processes import PATIENCE, ROOT, run, started
from tests.support.tokens import mint


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    """Two web nodes and two workers."""
    with many(tmp_path_factory.mktemp("many")) as found:
        yield found


def fails(deployment: Many, *words: str, **env: str) -> str:
    """What a command says that ends with 1."""
    done = run(words, {**deployment.env, **env})
    assert done.returncode == 1, done
    return done.stdout + done.stderr


def test_closing_locks_every_page_at_once_and_reopening_unlocks(deployment: Many) -> None:
    key = "/closing"
    thread = deployment.webs[0].open_thread(key)
    token = mint(deployment.secret, "moderator")
    nodes = [web.url for web in deployment.webs]
    redis = Redis.from_url(deployment.redis.url)
    with Live(nodes[0]) as here, Live(nodes[1]) as there, redis, redis.pubsub() as published:  # type: ignore[no-untyped-call]  # its stubs lack it
        for reader in (here, there):
            reader.do("join", thread=thread)
        published.psubscribe(f"*:events:{thread}")
        assert published.get_message(timeout=PATIENCE) is not None  # the subscription's own
        deployment.run("close", "--site", "demo", "--key", key, "--reason", "Enough.")
        assert published.get_message(timeout=PATIENCE) is not None, "nodes are told, rather than look for themselves"
        with Api(nodes[1], token=token) as api:
            refused = api.post(thread, token=token).refused(409, "thread_closed")
            assert refused["message"] == "Enough."
        for reader in (here, there):
            assert reader.events(thread, 1)[0]["kind"] == "thread.closed"
        deployment.run("reopen", "--site", "demo", "--key", key)
        for reader in (here, there):
            assert reader.events(thread, 2)[-1]["kind"] == "thread.reopened"
        with Api(nodes[0], token=token) as api:
            api.post(thread, token=token).ok(201)
    assert "not_found" in fails(deployment, "close", "--site", "demo", "--key", "/nowhere")


def test_after_a_backup_was_restored_every_reader_is_told_to_load_anew(deployment: Many) -> None:
    thread = deployment.webs[0].open_thread("/restored")
    with Live(deployment.webs[0].url) as here, Live(deployment.webs[1].url) as there:
        before = {reader.do("join", thread=thread)["thread"]["epoch"] for reader in (here, there)}
        deployment.run("restored")
        for reader in (here, there):
            assert reader.push("reset")["thread"] == thread
            assert reader.do("join", thread=thread)["thread"]["epoch"] not in before


def test_a_new_site_is_known_to_all_nodes_soon(deployment: Many) -> None:
    deployment.run("site", "add", "late", "--origin", "https://late.example")
    for web in deployment.webs:
        with Api(web.url, origin="https://late.example") as api:
            eventually(partial(knows_late, api), "the node knows the site")


def knows_late(api: Api) -> bool:
    """Whether a node has taken in the site `late`."""
    return api.get("/api/v1/counts", site="late", key="/x").status == 200


def test_a_token_and_a_link_are_good_on_any_node_and_a_link_once(deployment: Many) -> None:
    here, there = (Api(web.url) for web in deployment.webs)
    with here, there:
        thread = deployment.webs[0].open_thread("/token")
        there.post(thread, token=deployment.token()).ok(201)
        link = deployment.run("link", "https://news.example/a", "--site", "demo", "--name", "Stella").strip()
        code = {"code": link.partition("#hubbub-claim=")[2]}
        assert there.call("POST", "/api/v1/sessions/claim", code).ok(201)["author"]["name"] == "Stella"
        for api in (here, there):
            api.call("POST", "/api/v1/sessions/claim", code).refused(401, "unauthorized")


def test_a_revoked_token_opens_nothing_more_on_any_node(deployment: Many) -> None:
    """Commands at once, since the worker asks storage; reading, once the node has looked. It then closes the live
    connection, which may be before the command."""
    thread = deployment.webs[0].open_thread("/revoked")
    token, old = deployment.token(name="Rita"), mint(deployment.secret, "moderator", name="Rita")
    here, there = (Api(web.url) for web in deployment.webs)
    with here, there, Live(deployment.webs[0].url) as live:
        live.do("hello", token=token)
        live.do("close", thread=thread)
        deployment.run("staff", "revoke", "Rita", "--site", "demo")
        with suppress(ConnectionClosedError):
            live.refused("unauthorized", "reopen", thread=thread)
        for one in (token, old):
            there.post(thread, token=one).refused(401, "unauthorized")
        path = f"/api/v1/threads/{thread}/events?epoch=e&after=0"
        for api in (here, there):
            eventually(lambda api=api: api.call("GET", path, token=token).status == 401, "the node knows")  # type: ignore[misc]  # the default binds the loop's variable
        there.call("POST", f"/api/v1/threads/{thread}/reopen", {}, token=deployment.token(name="Rita")).ok()


def test_tail_prints_events_as_they_come(deployment: Many, tmp_path: Path) -> None:
    key, out = "/tail", tmp_path / "out"
    thread = deployment.webs[0].open_thread(key)
    token = mint(deployment.secret, "moderator")
    with Api(deployment.webs[1].url, token=token) as api:
        process = started(["tail", "--site", "demo", "--key", key], deployment.env, out, out)
        try:

            def told() -> bool:
                api.post(thread, token=token).ok(201)  # what was posted before it looked is not printed
                return out.exists() and "comment.posted" in out.read_text()

            eventually(told, "tail prints a comment")
            process.send_signal(signal.SIGINT)
            code = process.wait(PATIENCE)
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert code == 0, out.read_text()
    assert re.findall(r'"kind":"(.*?)"', out.read_text())[0] == "comment.posted"


def test_doctor_finds_everything_well(deployment: Many) -> None:
    """In the end: it measures how fast Redis and the workers are, and a busy machine may stop any of them."""
    eventually(partial(all_is_well, deployment), "doctor finds everything well")


def all_is_well(deployment: Many) -> bool:
    """Whether `hubbub doctor` says so."""
    done = run(["doctor"], deployment.env)
    assert "noeviction" in done.stdout, done
    return done.returncode == 0 and "Workers that live: 2." in done.stdout and "bad " not in done.stdout


def test_doctor_says_what_is_wrong(deployment: Many) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        assert "Check HUBBUB_REDIS_URL" in fails(deployment, "doctor", HUBBUB_REDIS_URL=f"redis://127.0.0.1:{port}")
        away = f"postgresql://127.0.0.1:{port}/x"
        assert "Check HUBBUB_DATABASE_URL" in fails(deployment, "doctor", HUBBUB_DATABASE_URL=away)
    assert "HUBBUB_SECRET_KEY" in fails(deployment, "doctor", HUBBUB_SECRET_KEY="")


@pytest.mark.parametrize("command", ["web", "worker"])
@pytest.mark.parametrize("missing", ["HUBBUB_REDIS_URL", "HUBBUB_DATABASE_URL", "HUBBUB_SECRET_KEY"])
def test_what_is_not_set_is_named(deployment: Many, command: str, missing: str) -> None:
    assert missing in fails(deployment, command, **{missing: ""})


@pytest.mark.parametrize("command", ["web", "worker", "token --site demo --role owner", "close --site demo --key /x"])
def test_a_database_that_is_not_prepared(deployment: Many, command: str) -> None:
    empty = deployment.postgresql.url.replace("/hubbub", "/postgres")
    assert "hubbub migrate" in fails(deployment, *command.split(), HUBBUB_DATABASE_URL=empty)


def test_serve_with_many_processes_needs_what_they_need(deployment: Many) -> None:
    assert "HUBBUB_REDIS_URL" in fails(deployment, "serve", "--workers", "2", HUBBUB_REDIS_URL="")
    assert "--workers" in fails(deployment, "serve", "--demo", "--workers", "2")
    assert "--workers" in fails(deployment, "serve")


def test_a_web_node_lifts_its_file_limit(deployment: Many) -> None:
    limits = Path(f"/proc/{deployment.webs[0].pid}/limits").read_text()
    found = re.search(r"Max open files\s+(\d+)\s+(\d+)", limits)
    assert found is not None
    assert found[1] == found[2]


def test_the_procfile_names_commands_that_run(deployment: Many) -> None:
    """Its lines, as a platform runs them: in a shell, with $PORT."""
    lines = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert set(lines) == {"release", "web", "worker"}
    port = str(free_port())
    env = {**deployment.env, "PORT": port}
    shell = {kind: line.replace("hubbub", f"exec {sys.executable} -m hubbub", 1) for kind, line in lines.items()}
    subprocess.run(["sh", "-c", shell["release"]], env=env, cwd=ROOT, check=True, timeout=PATIENCE, capture_output=True)
    running = [
        subprocess.Popen(
            ["sh", "-c", shell[kind]], env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        for kind in ("web", "worker")
    ]
    try:
        for process, word in zip(running, (b"serves", b"writes"), strict=True):
            assert process.stdout is not None
            assert word in process.stdout.readline()
        url = f"http://127.0.0.1:{port}"
        answer = plain_http.get(f"{url}/api/v1/threads?site=demo&key=/proc", headers=PAGE)
        assert answer.status_code == 200
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.communicate(timeout=PATIENCE)
    assert [process.returncode for process in running] == [0, 0]
