"""docker-compose.yml and the Dockerfile hold what docs/docker.md promises."""

from __future__ import annotations

import re
from importlib import metadata
from typing import Any

import yaml

from lakestack.container.emulator import LABEL, volume_name
from lakestack.host import probe
from tests.support import PROJECT

COMPOSE = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (PROJECT / "emulation" / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = [
    re.sub(r"\s*\\\n\s*", " ", line)
    for line in re.findall(r"^(?:[A-Z]+ )(?:.*\\\n)*.*", DOCKERFILE, re.MULTILINE)
]
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def filled(text: str, **given: str) -> str:
    """A value as Compose interpolates it."""
    return VARIABLE.sub(lambda m: given.get(m[1]) or m[2] or "", text)


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = COMPOSE["services"]
    return found


def test_every_port_is_published_on_loopback_alone_and_is_the_same_inside() -> None:
    ports = [port for service in services().values() for port in service.get("ports", [])]
    assert ports
    for port in ports:
        address, outside, inside = filled(port).split(":")
        assert address == "127.0.0.1"
        assert outside == inside
    emulator = services()["emulator"]
    (port,) = emulator["ports"]
    assert filled(port, LAKE_PORT="5000") == "127.0.0.1:5000:5000"
    assert filled(emulator["environment"]["LAKE_PORT"], LAKE_PORT="5000") == "5000"
    assert filled(emulator["labels"][LABEL], LAKE_PORT="5000") == "5000"


def test_the_emulator_alone_starts_by_default() -> None:
    assert [name for name, service in services().items() if "profiles" not in service] == [
        "emulator"
    ]


def test_it_has_limits_no_rights_and_a_health_check() -> None:
    for service in services().values():
        assert service["mem_limit"] in ("1g", "2g", "4g")
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in service
    check = services()["emulator"]["healthcheck"]
    assert check["test"][:2] == ["CMD", "python"]
    assert check["interval"] == "2s"
    (of_the_image,) = re.findall(r'CMD (\["python".*probe\.py"\])', DOCKERFILE)
    assert of_the_image == str(check["test"][1:]).replace("'", '"')


def test_the_cluster_shares_the_emulators_network_and_state() -> None:
    for name in ("master", "worker"):
        service = services()[name]
        assert service["profiles"] == ["cluster"]
        assert service["network_mode"] == "service:emulator"
        assert "ports" not in service
        assert "environment" not in service  # executors share no disk but the volume
        assert service["image"] == services()["emulator"]["image"]
        assert service["volumes"] == services()["emulator"]["volumes"]
    assert services()["worker"]["deploy"]["replicas"] == 2


def test_the_clusters_page_shows_what_it_has() -> None:
    page = (PROJECT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    for name, shown in yaml.safe_load(f"services:\n{example}")["services"].items():
        service = services()[name]
        assert shown == {**{key: service[key] for key in shown}, "image": filled(service["image"])}


def test_its_volume_is_named_by_its_port() -> None:
    project = filled(COMPOSE["name"], LAKE_PORT="5000")
    (name,) = COMPOSE["volumes"]
    assert f"{project}_{name}" == volume_name(5000)
    assert services()["emulator"]["volumes"] == [f"{name}:/var/lib/lakestack"]
    assert "VOLUME /var/lib/lakestack" in INSTRUCTIONS


def test_its_image_is_of_this_version() -> None:
    version = metadata.version("lakestack")
    assert filled(services()["emulator"]["image"]) == f"lakestack:{version}"
    assert f"ARG VERSION={version}" in INSTRUCTIONS


def test_every_stage_stands_on_the_base_that_is_given() -> None:
    assert INSTRUCTIONS[0].startswith("ARG BASE_IMAGE=python:3.11-slim-")
    bases = [line.split()[1] for line in INSTRUCTIONS if line.startswith("FROM ")]
    stages = [line.split()[3] for line in INSTRUCTIONS if re.match(r"FROM \S+ AS ", line)]
    assert bases[0] == "${BASE_IMAGE}"
    assert set(bases[1:]) <= set(stages)
    build = services()["emulator"]["build"]
    assert filled(build["args"]["BASE_IMAGE"]) == INSTRUCTIONS[0].partition("=")[2]


def test_it_runs_without_rights_and_fetches_nothing_when_it_runs() -> None:
    last = INSTRUCTIONS[max(n for n, line in enumerate(INSTRUCTIONS) if line.startswith("FROM ")) :]
    users = [line for line in last if line.startswith("USER ")]
    assert users == ["USER lake"]
    for line in last:
        assert not re.search(r"\b(apt-get|pip install|curl|wget|uv)\b", line), line
    assert 'CMD ["lakestack", "start", "--foreground", "--listen", "0.0.0.0"]' in last
    assert 'ENTRYPOINT ["tini", "--"]' in last


def test_no_instruction_is_for_one_architecture_or_one_builder() -> None:
    assert "--mount" not in DOCKERFILE
    assert "--platform" not in DOCKERFILE
    assert not re.search(r"x86_64|aarch64|linux/a", DOCKERFILE)


def test_every_copied_file_is_there_and_let_through() -> None:
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = [line[1:] for line in ignored if line.startswith("!")]
    assert "*" in ignored
    copied = [line.split()[1:-1] for line in INSTRUCTIONS if re.match(r"COPY (?!--from)", line)]
    sources = [source for words in copied for source in words]
    assert len(sources) > 10
    for source in sources:
        assert (PROJECT / source).exists(), source
        below = [source.startswith(each) or each.startswith(source) for each in let_through]
        assert any(below), source


def test_labels_name_what_it_is() -> None:
    (labels,) = [line for line in INSTRUCTIONS if line.startswith("LABEL ")]
    names = re.findall(r"org\.opencontainers\.image\.(\w+)=", labels)
    assert {"title", "description", "licenses", "version", "revision", "created"} <= set(names)


def test_the_probes_path_is_where_the_image_has_it() -> None:
    assert probe.__name__.replace(".", "/") + ".py" == "lakestack/host/probe.py"
    assert "/opt/lakestack/code/lakestack/host/probe.py" in DOCKERFILE
