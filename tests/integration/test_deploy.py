"""What stands in deploy/ is held against the program it starts, and each format against its own tool or schema."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]  # it has types, but does not say so
import pytest
import typer
import yaml
from prometheus_client import REGISTRY

from hubbub import metrics, server
from hubbub.cli.main import app
from hubbub.web.health import ROUTES
from tests.support.processes import ROOT

DEPLOY = ROOT / "deploy"
KUBERNETES = DEPLOY / "kubernetes"
UNITS = DEPLOY / "systemd"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
FILES = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file()]
VERSIONS = ("1.27", kubernetes_validate.latest_version())  # the oldest with all that the manifests use, and the newest
SET = {  # what compose.env.example leaves to fill in
    "POSTGRES_PASSWORD": "x",
    "HUBBUB_SECRET_KEY": "0123456789abcdef",
    "HUBBUB_PUBLIC_URL": "https://comments.example",
    "TLS_DIR": "/tls",
}
DRAIN = 2 * server.DRAIN + server.GRACE  # s: more than a stop takes

Json = dict[str, Any]


@cache
def objects() -> list[Json]:
    """What Kubernetes is given."""
    files = [path for path in sorted(KUBERNETES.glob("*.yaml")) if path.name != "kustomization.yaml"]
    return [found for path in files for found in yaml.safe_load_all(path.read_text())]


def of_kind(kind: str) -> dict[str, Json]:
    """Those of a kind, by name."""
    return {found["metadata"]["name"]: found for found in objects() if found["kind"] == kind}


def pods() -> dict[str, Json]:
    """The pods of all workloads, by the workload's name."""
    return {name: found["spec"]["template"] for kind in ("Job", "Deployment") for name, found in of_kind(kind).items()}


def container(name: str) -> Json:
    """A workload's only container."""
    (found,) = pods()[name]["spec"]["containers"]
    assert isinstance(found, dict)
    return found


# Settings and commands


def commands() -> Iterator[tuple[str, list[str]]]:
    """Every `hubbub …` with its arguments, and where it stands."""
    for name, service in COMPOSE["services"].items():
        if service["image"] == "hubbub":
            yield f"compose.yaml: {name}", service["command"]
    for name in pods():
        yield f"kubernetes: {name}", container(name)["args"]
    yield "Dockerfile", json.loads(re.findall(r"^CMD (.*)", DOCKERFILE, re.MULTILINE)[-1])
    for path in sorted(UNITS.glob("*.service")):
        (line,) = re.findall(r"^ExecStart=/opt/hubbub/bin/hubbub (.*)", path.read_text(), re.MULTILINE)
        yield path.name, shlex.split(line.replace("%i", "8001"))
    for line in (ROOT / "Procfile").read_text().splitlines():
        yield "Procfile", shlex.split(line.partition("hubbub ")[2].replace("$PORT", "8000"))
    names = "|".join(command.name for command in typer.main.get_command(app).commands.values())  # type: ignore[attr-defined]  # a group
    for words in re.findall(rf"\bhubbub ((?:{names})\b[^`\n]*)", (DEPLOY / "README.md").read_text()):
        yield "README.md", shlex.split(words)


def understood(words: list[str]) -> None:
    """Parses a command line as the program does, without carrying it out. Raises what it raises."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("hubbub", list(words))
    while hasattr(command, "resolve_command"):
        name, command, words = command.resolve_command(context, list(words))
        context = command.make_context(name, list(words), parent=context)


@pytest.mark.parametrize(("where", "words"), list(commands()))
def test_the_program_understands_every_command(where: str, words: list[str]) -> None:
    understood(words)


@pytest.mark.parametrize("words", [["wbe"], ["web", "--ports", "1"], ["web", "--port", "x"], ["site", "add", "news"]])
def test_a_wrong_command_would_be_found(words: list[str]) -> None:
    with pytest.raises(Exception, match=r"(?i)no such|valid integer|missing"):
        understood(words)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_setting_exists(path: Path) -> None:
    known = set(re.findall(r"HUBBUB_[A-Z_]+", (ROOT / "server/hubbub/settings.py").read_text()))
    assert {"HUBBUB_DATABASE_URL", "HUBBUB_REDIS_URL"} <= known
    assert set(re.findall(r"HUBBUB_[A-Z_]*[A-Z]", path.read_text())) <= known


def test_ports_users_and_paths_agree() -> None:
    (port,) = re.findall(r"^EXPOSE (\d+)", DOCKERFILE, re.MULTILINE)
    (user,) = re.findall(r"^USER (\d+):", DOCKERFILE, re.MULTILINE)
    paths = {route.path for route in ROUTES}
    assert f"127.0.0.1:{port}/healthz" in DOCKERFILE
    for name in of_kind("Deployment"):
        found, about = container(name), pods()[name]["metadata"]["annotations"]
        assert found["args"][-1] == port
        assert [opened["containerPort"] for opened in found["ports"]] == [int(port)]
        assert about["prometheus.io/port"] == port
        assert about["prometheus.io/path"] in paths
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            assert found[probe]["httpGet"]["path"] in paths
            assert found[probe]["httpGet"]["port"] == found["ports"][0]["name"]
    for name in ("web1", "web2", "worker1", "worker2"):
        service = COMPOSE["services"][name]
        assert service["command"][-1] == port
        assert any(f"127.0.0.1:{port}{path}'" in service["healthcheck"]["test"][-1] for path in paths)
        assert name.startswith("worker") or f"server {name}:{port} " in (DEPLOY / "nginx.conf").read_text()
    for pod in pods().values():
        assert str(pod["spec"]["securityContext"]["runAsUser"]) == user


# Compose


def compose(directory: Path, environment: Json) -> subprocess.CompletedProcess[str]:
    """What docker-compose makes of compose.yaml where nothing but `environment` is set."""
    shutil.copy(DEPLOY / "compose.yaml", directory)  # away from a developer's deploy/.env
    env = {"PATH": os.environ["PATH"], "HOME": str(directory), **environment}
    return subprocess.run(
        ["docker-compose", "config"], cwd=directory, env=env, capture_output=True, text=True, check=False
    )


def test_compose_understands_the_file(tmp_path: Path) -> None:
    done = compose(tmp_path, SET)
    assert done.returncode == 0, done.stderr
    services = yaml.safe_load(done.stdout)["services"]
    assert sorted(services) == ["migrate", "nginx", "postgres", "redis", "web1", "web2", "worker1", "worker2"]
    for name in ("web1", "web2", "worker1", "worker2"):
        waits = {needed: how["condition"] for needed, how in services[name]["depends_on"].items()}
        ready = {"postgres": "service_healthy", "redis": "service_healthy"}
        assert waits == {**ready, "migrate": "service_completed_successfully"}
        assert services[name]["environment"] == services["migrate"]["environment"]
        assert int(services[name]["stop_grace_period"].rstrip("s")) > DRAIN


@pytest.mark.parametrize("missing", SET)
def test_compose_says_which_setting_is_missing(tmp_path: Path, missing: str) -> None:
    done = compose(tmp_path, {name: value for name, value in SET.items() if name != missing})
    assert done.returncode != 0
    assert f"set {missing} in deploy/.env" in done.stderr
    assert f"\n{missing}=" in (DEPLOY / "compose.env.example").read_text()


def test_every_service_is_bounded_restarted_and_looked_at() -> None:
    for name, service in COMPOSE["services"].items():
        limits = service["deploy"]["resources"]["limits"]
        assert set(limits) == {"cpus", "memory"}, name
        assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
        assert "healthcheck" in service, name
    command = COMPOSE["services"]["redis"]["command"]
    given = dict(zip(command[1::2], command[2::2], strict=True))
    assert (given["--save"], given["--appendonly"], given["--maxmemory-policy"]) == ("", "no", "noeviction")


def test_nodes_believe_nginx_and_nginx_knows_where_they_are() -> None:
    services = COMPOSE["services"]
    fixed = {name: services[name]["networks"]["default"]["ipv4_address"] for name in ("nginx", "web1", "web2")}
    assert services["nginx"]["extra_hosts"] == [f"{name}:{fixed[name]}" for name in ("web1", "web2")]
    assert services["web1"]["environment"]["HUBBUB_TRUSTED_PROXIES"] == fixed["nginx"]


# Kubernetes


@pytest.mark.parametrize("version", VERSIONS)
def test_the_manifests_fit_the_official_schemas(version: str) -> None:
    for found in objects():
        kubernetes_validate.validate(found, version, strict=True)


def test_a_wrong_manifest_would_be_found() -> None:
    found = of_kind("Deployment")["hubbub-web"]
    found["spec"]["template"]["spec"]["containers"][0]["livenesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(found, VERSIONS[0], strict=True)


def test_kustomize_lists_all_that_is_there() -> None:
    kustomization = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())
    there = {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == there
    assert [image["name"] for image in kustomization["images"]] == ["hubbub"]
    (settings,) = kustomization["configMapGenerator"]
    (secret,) = kustomization["secretGenerator"]
    assert settings["envs"] == ["settings.env"]
    assert (KUBERNETES / "settings.env").exists()
    assert secret["envs"] == ["secret.env"]
    assert (KUBERNETES / "secret.env.example").exists()
    for name in pods():
        assert container(name)["image"] == "hubbub"
        sources = [{"configMapRef": {"name": settings["name"]}}, {"secretRef": {"name": secret["name"]}}]
        assert container(name)["envFrom"] == sources


def test_what_is_named_is_there() -> None:
    deployments, services = of_kind("Deployment"), of_kind("Service")
    for name, deployment in deployments.items():
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        assert deployment["spec"]["selector"]["matchLabels"] == labels
        assert of_kind("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"] == labels
        target = of_kind("HorizontalPodAutoscaler")[name]["spec"]["scaleTargetRef"]
        assert target == {"apiVersion": deployment["apiVersion"], "kind": "Deployment", "name": name}
        assert "replicas" not in deployment["spec"], "it would fight with the autoscaler"
    assert services["hubbub-web"]["spec"]["selector"] == pods()["hubbub-web"]["metadata"]["labels"]
    assert "selector" not in services["hubbub-nowhere"]["spec"]
    (rule,) = of_kind("Ingress")["hubbub"]["spec"]["rules"]
    routes = {path["path"]: path["backend"]["service"] for path in rule["http"]["paths"]}
    assert {path: route["name"] for path, route in routes.items()} == {"/metrics": "hubbub-nowhere", "/": "hubbub-web"}
    for route in routes.values():
        assert route["port"]["name"] in [port["name"] for port in services[route["name"]]["spec"]["ports"]]


def test_pods_get_the_time_that_a_goodbye_takes_and_no_more_rights_than_they_need() -> None:
    waits = int(container("hubbub-web")["lifecycle"]["preStop"]["exec"]["command"][1])
    for name, pod in pods().items():
        spec = pod["spec"]
        if name != "hubbub-migrate":
            assert spec["terminationGracePeriodSeconds"] > waits + DRAIN
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert container(name)["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }


# systemd


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units as they are installed, with instances, for a program that is there."""
    for path in UNITS.glob("*.service"):
        text = path.read_text()
        assert text.count("ExecStart=/opt/hubbub/bin/hubbub ") == 1
        installed = tmp_path / path.name.replace("@.", "@1.")
        installed.write_text(text.replace("/opt/hubbub/bin/hubbub ", "/bin/true "))
    for directory in ("hubbub.service.d", "hubbub-.service.d"):
        (tmp_path / directory).mkdir()
        shutil.copy(UNITS / "hardening.conf", tmp_path / directory)
    return tmp_path


def verify(units: Path) -> str:
    """What systemd has to say against the units."""
    files = sorted(str(path) for path in units.glob("*.service"))
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    own = [line for line in (done.stdout + done.stderr).splitlines() if "hubbub" in line or str(units) in line]
    return "\n".join(own) or ("" if done.returncode == 0 else done.stderr)


def test_systemd_accepts_the_units(units: Path) -> None:
    assert verify(units) == ""


@pytest.mark.parametrize(("was", "planted"), [("Restart=", "Restrat="), ("RestartSec=1", "RestartSec=soon")])
def test_a_wrong_unit_would_be_found(units: Path, was: str, planted: str) -> None:
    unit = units / "hubbub-worker@1.service"
    unit.write_text(unit.read_text().replace(was, planted))
    assert "hubbub-worker@1.service" in verify(units)


def test_the_units_are_hardened(units: Path) -> None:
    """As systemd sees it: neither root, nor rights, nor system calls that a network server has no use for."""
    wanted = {"UserOrDynamicUser", "NoNewPrivileges", "ProtectSystem", "ProtectHome", "PrivateTmp", "UMask"}
    wanted |= {f"SystemCallFilter_{group}" for group in ("privileged", "debug", "module", "mount", "reboot", "swap")}
    for path in sorted(units.glob("*.service")):
        command = ["systemd-analyze", "security", "--offline=true", "--json=short", str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert wanted <= {found["json_field"] for found in json.loads(done.stdout) if found["set"]}, path.name


def test_units_stop_later_than_the_program() -> None:
    for path in UNITS.glob("hubbub*.service"):
        if path.name != "hubbub-migrate.service":
            (seconds,) = re.findall(r"^TimeoutStopSec=(\d+)$", path.read_text(), re.MULTILINE)
            assert int(seconds) > DRAIN


def test_the_command_line_has_all_settings_of_the_units() -> None:
    """What only a unit knew, `hubbub site add` and its like would do without, on a database of their own."""
    (file,) = re.findall(r"EnvironmentFile=(\S+)", (DEPLOY / "README.md").read_text())
    for path in UNITS.glob("*.service"):
        assert re.findall(r"^(?:Pass)?Environment.*", path.read_text(), re.MULTILINE) == [f"EnvironmentFile={file}"]
    assert "Environment" not in (UNITS / "hardening.conf").read_text()
    (directory,) = re.findall(r"^StateDirectory=(.+)", (UNITS / "hubbub.service").read_text(), re.MULTILINE)
    assert f"\nHUBBUB_DATA_DIR=/var/lib/{directory}\n" in (UNITS / "hubbub.env.example").read_text()


# Dashboards and alerts


def exported() -> set[str]:
    """The names of all samples that Hubbub's own metrics have."""
    assert metrics.CONNECTIONS
    families = [family for family in REGISTRY.collect() if family.name.startswith("hubbub_")]
    endings = {"counter": ["_total"], "gauge": [""], "histogram": ["_bucket", "_sum", "_count"]}
    return {family.name + ending for family in families for ending in endings[family.type]}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_every_metric_exists(path: Path) -> None:
    assert set(re.findall(r"hubbub_[a-z_]+", path.read_text())) <= exported()


def test_the_dashboard_is_whole() -> None:
    dashboard = json.loads((DEPLOY / "dashboards" / "hubbub.json").read_text())
    panels = dashboard["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"]
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        for target in panel["targets"]:
            assert target["expr"].count("(") == target["expr"].count(")") > 0


def test_every_alert_says_what_to_do() -> None:
    groups = yaml.safe_load((DEPLOY / "dashboards" / "alerts.yaml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) > 0
    for rule in rules:
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert set(rule["annotations"]) == {"summary", "description"}
        assert rule["labels"]["severity"] in ("page", "ticket")
