"""The whole lake in a network that records: no name is asked for, and no packet leaves."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from lakestack import paths
from tests import support
from tests.integration.confinement import recording_network

pytestmark = pytest.mark.spark
REFUSED = "refused: {} in the emulator reaches only"
ANSWERED = {"own name": "127.0.0.1", "localstack": "127.0.0.1"}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """What `recording_network` printed."""
    if reason := recording_network.why_not():
        pytest.skip(reason)
    run = subprocess.run(
        [
            *recording_network.unshare(),
            *(sys.executable, "-m", "tests.integration.confinement.recording_network"),
            str(tmp_path_factory.mktemp("recording")),
        ],
        cwd=support.PROJECT,
        env={
            "PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin",
            "LAKE_CACHE": str(paths.cache()),
        },
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    yield json.loads(run.stdout)


def test_the_recorder_sees_what_leaves(recorded: dict[str, Any]) -> None:
    control = recorded["control"]
    assert set(control["names"]) == {recording_network.CONTROL}
    assert set(control["packets"]) == {
        f"udp {recording_network.RESOLVER}:53",
        f"tcp {recording_network.ANSWER}:80",
        "tcp 203.0.113.7:8080",
    }


def test_the_lake_is_made_and_verified(recorded: dict[str, Any]) -> None:
    assert recorded["codes"] == {"run": 0, "status": 0, "doctor": 0, "verify": 0}, recorded[
        "stderr"
    ]
    assert recorded["stop"] == 0


def test_no_name_is_asked_for_and_no_packet_leaves(recorded: dict[str, Any]) -> None:
    assert recorded["lake"] == {"names": {}, "packets": {}}


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("lambda", "a function"),
        ("shell", "a Glue job"),
        ("training", "a training job"),
        ("driver", "a Glue job"),
        ("worker", "a Glue job"),
    ],
)
def test_code_inside_is_refused_by_name(recorded: dict[str, Any], kind: str, subject: str) -> None:
    attempts = recorded["attempts"]
    found = {**attempts, **attempts["spark"]}[kind]
    assert {name: found[name] for name in ANSWERED} == ANSWERED
    assert "program" in found
    refused = set(found) - {*ANSWERED, "full name", "program"}
    assert len(refused) == 11
    for name in refused:
        assert REFUSED.format(subject) in found[name], name
    assert "returned non-zero exit status" in found["program"]


def test_java_finds_no_way_out_either(recorded: dict[str, Any]) -> None:
    found = recorded["attempts"]["spark"]["java"]
    assert "Unable to resolve host java.example in hosts file" in found["name"]
    assert found["reverse"] == "203.0.113.8"
    assert "Connection refused" in found["address"]
    assert "Connection refused" in found["page"]
    assert found["own"] == "127.0.0.1"
