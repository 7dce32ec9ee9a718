"""Results of data quality as a run writes them, runs in snapshots, and jars of connectors."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from lakestack.services.glue import connector_jars, job_api, job_connections
from lakestack.services.glue.data_quality.results import FILE_NAME, Origin, collect
from lakestack.services.glue.data_quality.table_run import LOST, TableRun
from lakestack.services.glue.job_files import LaunchError
from lakestack.services.glue.state import GlueState

RULES = [
    {"rule": "RowCount > 1", "passed": True, "reason": None, "metrics": {"Dataset.*.RowCount": 2}},
    {"rule": 'IsComplete "id"', "passed": False, "reason": "no", "metrics": {}},
]
SOURCE = {"GlueTable": {"DatabaseName": "db", "TableName": "t"}}


def test_results_are_read_and_what_is_none_is_passed_over(tmp_path: Path) -> None:
    good = json.dumps({"context": "node", "rules": RULES})
    lines = [good, "{", '{"context": "x", "rules": [1]}', "[]"]
    (tmp_path / FILE_NAME).write_text("\n".join(lines))
    (found,) = collect(tmp_path, Origin.job("1" * 12, "eu-west-1", 1.0, "j", "jr_1"))
    assert (found["Score"], found["EvaluationContext"], found["JobRunId"]) == (0.5, "node", "jr_1")
    assert [rule["Result"] for rule in found["RuleResults"]] == ["PASS", "FAIL"]
    assert found["RuleResults"][1]["EvaluationMessage"] == "no"
    assert found["AggregatedMetrics"]["TotalRulesFailed"] == 1.0
    assert collect(tmp_path / "none", Origin.job("1" * 12, "eu-west-1", 1.0, "j", "jr_1")) == []


def test_a_run_under_way_has_failed_when_it_is_restored() -> None:
    request = {"DataSource": SOURCE, "Role": "r"}
    run = TableRun("1" * 12, "eu-west-1", request, {"rules": "Rules = []"})
    found = TableRun.restored("1" * 12, "eu-west-1", run.snapshot())
    assert found.run_id == run.run_id
    assert (found.as_api()["Status"], found.as_api()["ErrorString"]) == ("FAILED", LOST)
    assert not found.stop()
    assert TableRun.restored("1" * 12, "eu-west-1", found.snapshot()).as_api() == found.as_api()


def test_jars_of_the_connections_of_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def connection(name: str, kind: str, **properties: str) -> dict[str, Any]:
        return {"Name": name, "ConnectionType": kind, "ConnectionProperties": properties}

    listed = [
        connection("jar", "CUSTOM", CONNECTOR_URL="s3://b/c.jar"),
        connection("other", "CUSTOM", CONNECTOR_URL="s3://b/other.jar"),
        connection("image", "MARKETPLACE", CONNECTOR_URL="https://1.dkr.ecr.amazonaws.com/x"),
        connection("jdbc", "JDBC", JDBC_CONNECTION_URL="jdbc:mysql://x/y"),
        {"Name": "bare", "ConnectionType": "NETWORK"},
    ]

    class Glue:
        def get_paginator(self, _name: str) -> Glue:
            return self

        def paginate(self) -> list[dict[str, Any]]:
            return [{"ConnectionList": listed}]

    def of_job(*names: str) -> list[dict[str, Any]]:
        settings = {"Connections": {"Connections": [*names]}}
        return job_connections.of_job("1" * 12, "eu-west-1", settings)

    monkeypatch.setattr(job_connections, "client", lambda *_: Glue())
    assert connector_jars.urls(of_job("jar", "image", "jdbc", "bare")) == ["s3://b/c.jar"]
    with pytest.raises(
        LaunchError, match=r"Connection gone of the job not found.*there: bare, ima"
    ):
        of_job("jar", "gone")
    monkeypatch.setattr(job_connections, "client", lambda *_: pytest.fail("asked for nothing"))
    assert job_connections.of_job("1" * 12, "eu-west-1", {}) == []


def test_results_stay_when_their_job_is_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    state = GlueState("000000000000", "us-east-1")
    run = SimpleNamespace(quality_results=[{"ResultId": "dqresult-1", "JobName": "j"}])
    state.jobs["j"] = cast(Any, SimpleNamespace(runs=[run], shut_down=list))
    monkeypatch.setattr(job_api, "state_of", lambda *_: state)
    monkeypatch.setattr(job_api, "drop_tags", lambda *_: None)
    context = cast(Any, SimpleNamespace(account_id=state.account, region=state.region))
    job_api.JobApi().delete_job(context, {"JobName": "j"})
    assert not state.jobs
    assert state.quality_results() == {"dqresult-1": {"ResultId": "dqresult-1", "JobName": "j"}}
    again = GlueState(state.account, state.region)
    again.restore(state.snapshot())
    assert again.quality_results() == state.quality_results()
