"""`lake doctor` on the aws target: the account, and nothing that only the emulator needs."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from pipeline import doctor, target_checks
from pipeline.account import preflight
from pipeline.check import Check
from tests.unit.account.fakes import ACCOUNT, REGION, account_lake
from tests.unit.pipeline.fakes import client_error


class _Plugin:
    name = "emulator"

    @staticmethod
    def load() -> Any:
        return lambda: [Check("Java artefacts", False, "missing", "make setup")]


def _points(group: str) -> list[type[_Plugin]]:
    return [_Plugin] if group == "lake.checks.local" else []


def test_the_emulators_checks_are_of_the_local_target() -> None:
    assert [p.name for p in entry_points(group="lake.checks.local")] == ["emulator"]
    assert not entry_points(group="lake.checks.aws")


def test_the_aws_target_needs_no_java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(target_checks, "entry_points", _points)
    monkeypatch.setattr(preflight, "account_checks", lambda *_: [Check("quotas", True, "enough")])
    monkeypatch.setenv("AWS_REGION", REGION)
    with account_lake(monkeypatch):
        checks = doctor.run_checks("aws", None, tmp_path)
    assert [check.name for check in checks] == [
        "target",
        "endpoint",
        "quotas",
        "data cache",
        "MovieLens",
    ]
    assert doctor.failure(checks) is None
    assert ACCOUNT in checks[0].detail
    local = doctor.run_checks("local", "http://127.0.0.1:1", tmp_path)
    assert "Java artefacts" in [check.name for check in local]


def test_an_account_that_cannot_be_looked_at_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def expired(*_: Any) -> list[Check]:
        raise client_error("ExpiredToken", "DescribeStacks")

    monkeypatch.setattr(target_checks, "entry_points", _points)
    monkeypatch.setattr(preflight, "account_checks", expired)
    monkeypatch.setenv("AWS_REGION", REGION)
    with account_lake(monkeypatch):
        checks = {check.name: check for check in doctor.run_checks("aws", None, tmp_path)}
    assert not checks["account"].ok
    assert checks["account"].fix == "Log in again: aws sso login"
