"""What `make local` does where there are no data and no network: the lake on synthetic data."""

from __future__ import annotations

import pytest

from tests.integration.pipeline.own_emulator.conftest import SHAPE, SyntheticRun

pytestmark = [pytest.mark.emulator, pytest.mark.spark, pytest.mark.large]


def test_without_data_and_network_the_lake_is_filled_with_synthetic_data(
    synthetic_run: SyntheticRun,
) -> None:
    run, notes = synthetic_run.answers["run"], synthetic_run.notes["run"]
    assert "LAKE_OFFLINE is set: nothing is downloaded" in notes
    assert "NOTE: these are SYNTHETIC ratings, generated here" in notes
    assert run["data"] == "synthetic data"
    assert len(run["recommendations"]["titles"]) == 10
    for document in (run["verification"], synthetic_run.answers["verify"]):
        assert document["ok"]
        hops = {hop["name"]: hop for hop in document["reconciliation"]}
        assert {hop["difference"] for hop in hops.values()} == {0}
        assert hops["S3 ratings → ratings_t"]["written"] == SHAPE["ratings"]
        assert hops["partial-load → firehose/"]["written"] == SHAPE["streamed"]
