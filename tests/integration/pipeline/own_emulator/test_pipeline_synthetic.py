"""What `make local` does where there are no data and no network: the lake on synthetic data.

Less of it than people get, for the sake of time.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.data import synthetic

pytestmark = [pytest.mark.spark, pytest.mark.timeout(300)]
SHAPE = {"users": 60, "movies": 120, "ratings": 2_000, "streamed": 400, "tags": 100}


def call(endpoint: str, *arguments: str) -> tuple[int, dict[str, Any], str]:
    result = CliRunner().invoke(app, [*arguments, "--endpoint", endpoint, "--json"])
    return result.exit_code, json.loads(result.stdout), result.stderr


def test_without_data_and_network_the_lake_is_filled_with_synthetic_data(
    emulator: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LAKE_OFFLINE", "1")
    monkeypatch.delenv("MOVIELENS", raising=False)
    monkeypatch.setattr(synthetic, "Shape", partial(synthetic.Shape, **SHAPE))

    code, run, stderr = call(emulator, "run")

    assert code == 0, stderr
    assert "LAKE_OFFLINE is set: nothing is downloaded" in stderr
    assert "NOTE: these are SYNTHETIC ratings, generated here" in stderr
    assert run["data"] == "synthetic data"
    assert len(run["recommendations"]["titles"]) == 10
    code, verified, stderr = call(emulator, "verify")
    assert code == 0, stderr
    for document in (run["verification"], verified):
        assert document["ok"]
        hops = {hop["name"]: hop for hop in document["reconciliation"]}
        assert {hop["difference"] for hop in hops.values()} == {0}
        assert hops["S3 ratings → ratings_t"]["written"] == SHAPE["ratings"]
        assert hops["partial-load → firehose/"]["written"] == SHAPE["streamed"]
    assert call(emulator, "destroy")[0] == 0
