"""The documents' YAML for CI services and containers parses, and names what there is."""

from __future__ import annotations

import re
import shlex
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
import yaml

from lakestack.cluster.cli import app
from lakestack.java.interpreter import OLDEST
from lakestack.testing.plugin import MODES, OPTIONS
from tests.documents import Block, blocks
from tests.support import PROJECT

PAGE = PROJECT / "docs" / "testing.md"
OPENJDK = {"bookworm": range(17, 18)}
"""Releases of Debian, and the OpenJDKs that they have."""
OF_THE_SYSTEM = {"apt-get": {"update", "install"}}


CLUSTER = PROJECT / "docs" / "cluster.md"


def version() -> str:
    text = (PROJECT / "emulation" / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "(.*)"$', text, re.MULTILINE)
    assert found
    return found[1]


def examples() -> list[Block]:
    return [block for block in blocks(PAGE) if block.language == "yaml"]


def parsed(block: Block) -> Any:
    return yaml.safe_load(textwrap.dedent("\n".join(block.lines)))


def everywhere(document: Any) -> Iterator[tuple[str, Any]]:
    """Every name of a document with its value, at any depth."""
    if isinstance(document, dict):
        for name, value in document.items():
            yield name, value
            yield from everywhere(value)
    elif isinstance(document, list):
        for value in document:
            yield from everywhere(value)


def lines(document: Any) -> list[str]:
    """The shell commands of a GitHub job (``run``) or a GitLab job (``script``)."""
    found: list[str] = []
    for name, value in everywhere(document):
        if name in ("run", "script"):
            found += [value] if isinstance(value, str) else value
    return [part.strip() for line in found for part in re.split(r"&&|\n", line) if part.strip()]


def test_there_is_one_for_each_service() -> None:
    github, container, gitlab, service = map(parsed, examples())
    assert github["jobs"]["test"]["steps"]
    assert container["services"]["lake"]["image"]
    assert gitlab["test"]["script"]
    assert [s["alias"] for s in service["test"]["services"]] == ["lake"]


@pytest.mark.parametrize("block", examples(), ids=lambda block: f"line-{block.line}")
def test_its_commands_are_there(block: Block) -> None:
    found = lines(parsed(block))
    assert found
    for line in found:
        word, *arguments = shlex.split(line)
        if word in OF_THE_SYSTEM:
            assert arguments[0] in OF_THE_SYSTEM[word], line
            continue
        assert Path(sys.executable).with_name(word).is_file(), line
        if word == "pytest":
            given = dict(zip(arguments[::2], arguments[1::2], strict=True))
            assert {name.removeprefix("--lake-") for name in given} <= set(OPTIONS), line
            assert given.get("--lake-mode", "host") in MODES, line
        if word == "pip":
            assert arguments == ["install", "-r", "requirements.txt"], line


@pytest.mark.parametrize("block", examples(), ids=lambda block: f"line-{block.line}")
def test_its_variables_versions_and_images_are_right(block: Block) -> None:
    document = parsed(block)
    for name, value in everywhere(document):
        if name in ("env", "variables"):
            assert set(value) <= {"LAKE_CACHE", "LAKE_HOSTNAMES"}
        if name == "uses":
            assert re.fullmatch(r"actions/(checkout|setup-python|setup-java|cache)@v\d+", value)
        if name == "python-version":
            assert value in ("3.11", "3.12"), "a text: 3.10 as a number is 3.1"
        if name == "java-version":
            assert int(value) >= OLDEST
        if name in ("image", "name") and "lakestack" in value:
            assert value.endswith(f"/lakestack:{version()}")
        elif name == "image":
            python, _, release = value.removeprefix("python:").partition("-")
            assert python in ("3.11", "3.12")
            wanted = re.findall(r"openjdk-(\d+)-jre-headless", "\n".join(block.lines))
            elsewhere = "--lake-mode running" in "\n".join(block.lines)  # which brings its own Java
            assert [int(java) in OPENJDK[release] for java in wanted] == [True] * (not elsewhere)


def test_the_clusters_containers_run_commands_that_there_are() -> None:
    (block,) = [block for block in blocks(CLUSTER) if block.language == "yaml"]
    services = parsed(block)
    assert set(services) == {"master", "worker"}
    commands = typer.main.get_group(app).commands
    for service in services.values():
        assert service["image"] == f"lakestack:{version()}"
        assert service["network_mode"] == "service:emulator"
        program, group, name, *arguments = service["command"]
        assert (program, group) == ("lakestack", "cluster")
        commands[name].make_context(name, arguments)  # which parses them
