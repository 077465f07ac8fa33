"""One process owns a data directory and a port; whoever comes second is told so in one line."""

from pathlib import Path

from tests.support.server import Server

KEY = "/2026/11/22/owned"


def test_a_second_server_on_the_same_data(shared_server: Server) -> None:
    second = shared_server.run("serve", "--port", "0")
    assert second.returncode == 1
    assert second.stderr.splitlines() == [f"hubbub: {shared_server.data_dir} is in use by process {shared_server.pid}."]
    assert shared_server.get("/readyz") == {"status": "ok"}


def test_a_second_server_on_the_same_port(shared_server: Server, tmp_path: Path) -> None:
    second = Server(tmp_path / "other").run("serve", "--port", str(shared_server.port))
    assert second.returncode == 1
    (line,) = second.stderr.splitlines()
    assert line.startswith(f"hubbub: can't listen on 127.0.0.1:{shared_server.port}")
    assert "--port" in line
    assert shared_server.get("/readyz") == {"status": "ok"}


def test_commands_work_with_a_server_and_after_its_violent_end(server: Server) -> None:
    server.open_thread(KEY)
    server.close_thread(KEY, reason="Enough")
    assert server.get("/api/v1/threads", site="demo", key=KEY)["thread"]["reason"] == "Enough"
    server.kill()
    server.reopen_thread(KEY)
    server.start()
    assert server.get("/api/v1/threads", site="demo", key=KEY)["thread"]["state"] == "open"
