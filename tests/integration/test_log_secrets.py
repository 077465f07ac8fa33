"""Tokens, one-time codes and what people typed never reach a log, not even at `debug`."""

import uuid
from pathlib import Path

from tests.support import plain_http
from tests.support.contract import WIRES, Api, Live, whole_log
from tests.support.frames import RawSocket, frame
from tests.support.server import Server
from tests.support.tokens import expired, forged, mint, secret_of


def test_no_secret_in_a_log_at_debug(tmp_path: Path) -> None:
    with Server(tmp_path / "data", env={"HUBBUB_LOG_LEVEL": "debug"}) as server:
        code = next(word.split("=")[1] for word in whole_log(server.data_dir).split() if "hubbub-claim=" in word)
        secrets = use_everything(server, code)
        secrets.append(secret_of(server.data_dir))
    log = whole_log(tmp_path / "data")
    lines = [line for line in log.splitlines() if line.startswith("{")]
    assert any('"path": "/api/v1/sessions"' in line for line in lines), "expected the requests themselves in the log"
    for secret in secrets:
        assert secret not in "\n".join(lines), f"{secret[:12]}… was logged"
        for part in secret.split("."):
            assert len(part) < 20 or part not in "\n".join(lines), f"a part of {secret[:12]}… was logged"


def use_everything(server: Server, code: str) -> list[str]:
    """Uses tokens in every way, right and wrong; all that must stay secret."""
    moderator = mint(server.data_dir, "moderator")
    secrets = [moderator, expired(server.data_dir), code, "xyzzy-in-a-body", "plugh@mail.example"]
    secrets += [token for token in forged(moderator).values() if len(token) > 30]
    for wire in WIRES:
        with Api(server.url) as api, Live(server.url, wire) as live:
            guest = api.call("POST", "/api/v1/sessions", {"site": "demo", "email": "plugh@mail.example"}).ok(201)
            secrets.append(guest["token"])
            thread = api.snapshot("demo", f"/{uuid.uuid4()}")["thread"]["id"]
            for token in secrets[:-1]:
                live.call("hello", token=token)
                api.post(thread, "xyzzy-in-a-body", token=token)
                api.get("/api/v1/threads", thread=thread, token=token)
                for address in (f"/api/v1/threads?token={token}&thread={thread}", f"/?access_token={token}"):
                    plain_http.get(f"{server.url}{address}")
            api.call("POST", "/api/v1/sessions/claim", {"code": code})
            live.raw(wire.encode({"cmd": "hello", "ref": 1, "token": moderator, "x": moderator}))
            with RawSocket(server.url, wire) as raw:
                raw.send(frame(0x3, moderator.encode()))
                raw.ending()
    return secrets
