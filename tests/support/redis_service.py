"""Real Redis servers for tests: one, a cluster, a master with a replica and a sentinel, one that speaks TLS."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.ports import free_port
from tests.support.services import Service, wait_for_port

SLOTS = 16384


@contextmanager
def redis_server(*options: str) -> Iterator[Service]:
    """Redis without persistence."""
    port = free_port()
    with _server(port, "--port", str(port), *options) as service:
        yield service


@contextmanager
def _server(port: int, *options: str) -> Iterator[Service]:
    with TemporaryDirectory(prefix="hubbub-redis-") as directory:
        command = ["redis-server", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", *options]
        service = Service(command, Path(directory), f"redis://127.0.0.1:{port}/0")
        service.start()
        try:
            wait_for_port(port)
            yield service
        finally:
            service.end()


def port_of(service: Service) -> int:
    """The port a server listens on."""
    return int(service.url.rpartition(":")[2].partition("/")[0])


def tell(service: Service, *words: str) -> str:
    """What redis-cli answers to a command."""
    command = ["redis-cli", "-p", str(port_of(service)), *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout.strip()


@dataclass
class Cluster:
    """Three masters without replicas."""

    nodes: Sequence[Service]

    @property
    def url(self) -> str:
        """All nodes; each tells of the others."""
        return "redis+cluster://" + ",".join(f"127.0.0.1:{port_of(node)}" for node in self.nodes)

    def flush(self) -> None:
        """FLUSHALL everywhere."""
        for node in self.nodes:
            tell(node, "FLUSHALL")

    def owner(self, slot: int) -> Service:
        """Who has a slot."""
        for line in tell(self.nodes[0], "CLUSTER", "NODES").splitlines():
            words = line.split()
            port = int(words[1].partition("@")[0].rpartition(":")[2])
            for start, _, end in (word.partition("-") for word in words[8:] if not word.startswith("[")):
                if int(start) <= slot <= int(end or start):
                    return next(node for node in self.nodes if port_of(node) == port)
        raise AssertionError(f"slot {slot} has no owner")

    def move(self, slot: int) -> Service:
        """Gives a slot with all its keys to another node, as `redis-cli --cluster reshard` does; its new owner."""
        source = self.owner(slot)
        target = self.nodes[(self.nodes.index(source) + 1) % len(self.nodes)]
        ids = {node.url: tell(node, "CLUSTER", "MYID") for node in self.nodes}
        tell(target, "CLUSTER", "SETSLOT", str(slot), "IMPORTING", ids[source.url])
        tell(source, "CLUSTER", "SETSLOT", str(slot), "MIGRATING", ids[target.url])
        while keys := tell(source, "CLUSTER", "GETKEYSINSLOT", str(slot), "100").split():
            tell(source, "MIGRATE", "127.0.0.1", str(port_of(target)), "", "0", "5000", "KEYS", *keys)
        for node in (target, source, *self.nodes):
            tell(node, "CLUSTER", "SETSLOT", str(slot), "NODE", ids[target.url])
        return target


@contextmanager
def redis_cluster(failed_after: int = 15_000) -> Iterator[Cluster]:
    """A cluster whose nodes share the slots evenly; one silent for `failed_after` ms has failed."""
    with ExitStack() as stack:
        nodes = []
        for _ in range(3):
            port = free_port()
            options = ("--port", str(port), "--cluster-enabled", "yes", "--cluster-port", str(free_port()))
            nodes.append(stack.enter_context(_server(port, *options, "--cluster-node-timeout", str(failed_after))))
        for place, node in enumerate(nodes):
            slots = str(place * SLOTS // 3), str((place + 1) * SLOTS // 3 - 1)
            tell(node, "CLUSTER", "ADDSLOTSRANGE", *slots)
            tell(node, "CLUSTER", "SET-CONFIG-EPOCH", str(place + 1))
        for node in nodes[1:]:
            bus = node.command[node.command.index("--cluster-port") + 1]
            tell(nodes[0], "CLUSTER", "MEET", "127.0.0.1", str(port_of(node)), bus)
        for node in nodes:
            _wait(lambda node=node: "cluster_state:ok" in tell(node, "CLUSTER", "INFO"), "a cluster")  # type: ignore[misc]  # mypy can't infer lambdas with defaults
            _wait(lambda node=node: tell(node, "CLUSTER", "NODES").count("connected") == 3, "three nodes")  # type: ignore[misc]  # the same
        yield Cluster(nodes)


@dataclass
class Watched:
    """A master and its replica, watched by a sentinel that calls them `hubbub`."""

    master: Service
    replica: Service
    sentinel: Service

    @property
    def url(self) -> str:
        """The sentinel."""
        return f"redis+sentinel://127.0.0.1:{port_of(self.sentinel)}/hubbub"

    def master_port(self) -> int:
        """Where the sentinel says the master is."""
        return int(tell(self.sentinel, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "hubbub").split()[1])


@contextmanager
def redis_sentinel() -> Iterator[Watched]:
    """Fails over within about two seconds."""
    with ExitStack() as stack:
        master = stack.enter_context(redis_server())
        replica = stack.enter_context(redis_server("--replicaof", "127.0.0.1", str(port_of(master))))
        _wait(lambda: "master_link_status:up" in tell(replica, "INFO", "replication"), "a replica")
        port, directory = free_port(), Path(stack.enter_context(TemporaryDirectory(prefix="hubbub-sentinel-")))
        lines = [f"port {port}", "bind 127.0.0.1", f"sentinel monitor hubbub 127.0.0.1 {port_of(master)} 1"]
        lines += ["sentinel down-after-milliseconds hubbub 700", "sentinel failover-timeout hubbub 3000"]
        (directory / "sentinel.conf").write_text("\n".join(lines))
        sentinel = Service(["redis-server", "sentinel.conf", "--sentinel"], directory, f"redis://127.0.0.1:{port}/0")
        sentinel.start()
        stack.callback(sentinel.end)
        wait_for_port(port)
        _wait(lambda: "slaves=1" in tell(sentinel, "INFO", "sentinel"), "a sentinel that knows the replica")
        yield Watched(master, replica, sentinel)


@contextmanager
def redis_over_tls() -> Iterator[Service]:
    """Redis that speaks TLS alone; `service.url` names its certificate and the password of the user `hubbub`."""
    port = free_port()
    with TemporaryDirectory(prefix="hubbub-tls-") as name:
        key, certificate = f"{name}/key.pem", f"{name}/certificate.pem"
        request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        request += ["-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost"]
        request += ["-addext", "subjectAltName=IP:127.0.0.1"]
        subprocess.run(request, check=True, capture_output=True)
        tls = ["--port", "0", "--tls-port", str(port), "--tls-cert-file", certificate, "--tls-key-file", key]
        tls += ["--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"]
        users = ["--user", "default", "off", "--user", "hubbub", "on", ">p@ss:/word", "~*", "&*", "+@all"]
        with _server(port, *tls, *users) as service:
            service.url = f"rediss://hubbub:p%40ss%3A%2Fword@127.0.0.1:{port}/0?ssl_ca_certs={certificate}"
            yield service


def _wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"expected {what}")
        time.sleep(0.05)
