"""A real nginx that runs deploy/nginx.conf."""

import os
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.support.ports import free_port
from tests.support.processes import ROOT
from tests.support.services import Service, wait_for_port

CONFIGURATION = ROOT / "deploy" / "nginx.conf"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # nginx keeps a directory of files for each


class Nginx:
    """One that runs: `url` speaks TLS, `plain` does not, and `cert` is what its clients have to trust."""

    def __init__(self, directory: Path, cert: Path) -> None:
        self.plain_port, self.port = free_port(), free_port()
        self.plain = f"http://127.0.0.1:{self.plain_port}"
        self.url = f"https://127.0.0.1:{self.port}"
        self.cert = cert
        self.directory = directory
        self.trust = ssl.create_default_context(cafile=cert)

    def log(self) -> str:
        """Its access log."""
        return (self.directory / "access.log").read_text()


def configuration(proxy: Nginx, nodes: list[int], changes: Mapping[str, str]) -> str:
    """deploy/nginx.conf with what belongs to a machine replaced: the ports it listens on, the nodes' addresses, the
    certificate's files, and the directories of logs and temporary files. Then `changes`, a test's own. Each is in the
    file exactly once, or AssertionError."""
    directory, first, second = proxy.directory, *nodes
    temporary = " ".join(f"{name}_temp_path {directory}/{name};" for name in TEMPORARY)
    text = CONFIGURATION.read_text()
    for was, now in {
        "http {": f"http {{ {temporary}",
        "listen 80 ": f"listen 127.0.0.1:{proxy.plain_port} ",
        "listen 443 ": f"listen 127.0.0.1:{proxy.port} ",
        "server web1:8000 ": f"server 127.0.0.1:{first} ",
        "server web2:8000 ": f"server 127.0.0.1:{second} ",
        "/etc/nginx/tls/fullchain.pem": str(proxy.cert),
        "/etc/nginx/tls/privkey.pem": str(proxy.cert.with_suffix(".key")),
        "/var/log/nginx/": f"{directory}/",
        **changes,
    }.items():
        assert text.count(was) == 1, f"expected {was!r} once in {CONFIGURATION}"
        text = text.replace(was, now)
    return text


@contextmanager
def nginx(directory: Path, cert: Path, nodes: list[int], changes: Mapping[str, str] | None = None) -> Iterator[Nginx]:
    """nginx in `directory`, which is made, before the web nodes on two local ports. See `configuration`."""
    directory.mkdir()
    proxy = Nginx(directory, cert)
    file = directory / "nginx.conf"
    file.write_text(configuration(proxy, nodes, changes or {}))
    # As root its workers would be somebody who may not enter the directory.
    user = "user root;" if os.geteuid() == 0 else ""
    main = f"daemon off; pid {directory}/nginx.pid; {user}"
    path = f"{os.environ['PATH']}:/usr/sbin"  # where Debian has it
    command = ["env", f"PATH={path}", "nginx", "-p", str(directory), "-c", str(file), "-e", f"{directory}/error.log"]
    service = Service([*command, "-g", main], directory, proxy.url)
    service.start()
    try:
        wait_for_port(proxy.port)
        yield proxy
    except BaseException as error:
        error.add_note("".join(log.read_text()[-4000:] for log in (directory / "log", directory / "error.log")))
        raise
    finally:
        service.end()


def certificate(directory: Path) -> Path:
    """A certificate for this machine that vouches for itself; its key is beside it."""
    cert = directory / "tls.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    extensions = ["subjectAltName=IP:127.0.0.1", "keyUsage=critical,digitalSignature,keyCertSign"]
    added = [word for extension in extensions for word in ("-addext", extension)]
    files = ["-out", str(cert), "-keyout", str(cert.with_suffix(".key"))]
    subprocess.run([*command.split(), *added, *files], check=True, capture_output=True)
    return cert
