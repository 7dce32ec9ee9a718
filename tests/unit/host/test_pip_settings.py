"""An emulator asks the index that pip asks on this machine, and else nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakestack import pip_settings
from lakestack.host.environment import localstack_environment


def test_pip_s_settings_reach_pip_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("PIP_TARGET", "/elsewhere")
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "https://user:s3cr3t@packages.example/simple")
    monkeypatch.setenv("AWS_PROFILE", "mine")

    emulator = localstack_environment(tmp_path, 4566)

    assert emulator["LAKE_OFFLINE"] == "1"  # as every test has it
    assert not emulator.keys() & {"PIP_INDEX_URL", "HTTPS_PROXY", "PIP_TARGET", "AWS_PROFILE"}
    assert "s3cr3t" not in str(emulator)
    for name in ("PIP_INDEX_URL", "HTTPS_PROXY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv(pip_settings.VARIABLE, emulator[pip_settings.VARIABLE])
    found = pip_settings.environment()
    assert found["PIP_INDEX_URL"] == "https://packages.example/simple"
    assert found["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert not found.keys() & {"PIP_TARGET", "AWS_PROFILE"}
