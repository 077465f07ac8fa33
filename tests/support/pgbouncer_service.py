"""A real PgBouncer for tests."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from tests.support.ports import free_port
from tests.support.services import Service, wait_for_port

CONFIG = """
[databases]
hubbub = host=127.0.0.1 port={server} dbname=hubbub user={role}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
server_login_retry = 1
"""


@contextmanager
def pgbouncer(postgresql: Service, connections: int) -> Iterator[Service]:
    """PgBouncer in transaction mode before `postgresql`, with so many connections to it."""
    there = urlsplit(postgresql.url)
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to be root
    port = free_port()
    with TemporaryDirectory(prefix="hubbub-pgbouncer-") as name:
        directory = Path(name)
        config = CONFIG.format(server=there.port, role=there.username, port=port, connections=connections)
        (directory / "pgbouncer.ini").write_text(config)
        if user is not None:
            for path in (directory, directory / "pgbouncer.ini"):
                shutil.chown(path, user, user)
        program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
        url = f"postgresql://{there.username}@127.0.0.1:{port}/hubbub"
        service = Service([program, str(directory / "pgbouncer.ini")], directory, url, user)
        service.start()
        try:
            wait_for_port(port)
            yield service
        finally:
            service.end()
