"""Operations of evaluation runs."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.glue.data_quality.table_run import TableRun, table_of
from lakestack.services.glue.paging import page
from lakestack.services.glue.state import STORE, GlueState, state_of

JsonDict = dict[str, Any]

MOST_RUNS = 1000
"""That are kept of an account and region."""

_LISTED = ("RunId", "Status", "StartedOn", "DataSource")


class EvaluationRunApi:
    """Start, get, list and cancel runs that evaluate rulesets on tables."""

    @handler("StartDataQualityRulesetEvaluationRun", expand=False)
    def start_evaluation_run(self, context: RequestContext, request: JsonDict) -> JsonDict:
        for source in [
            request["DataSource"],
            *(request.get("AdditionalDataSources") or {}).values(),
        ]:
            _check_source(source)
        with STORE.holding(context.account_id, context.region) as state:
            names = request["RulesetNames"]
            if missing := [name for name in names if name not in state.rulesets]:
                raise aws_error("EntityNotFoundException", f"Ruleset {missing[0]} not found")
            texts = {name: state.rulesets[name]["Ruleset"] for name in names}
            run = TableRun(context.account_id, context.region, request, texts)
            state.quality_runs[run.run_id] = run
            for oldest in list(state.quality_runs)[:-MOST_RUNS]:
                del state.quality_runs[oldest]
            run.runner.start()
        return {"RunId": run.run_id}

    @handler("GetDataQualityRulesetEvaluationRun", expand=False)
    def get_evaluation_run(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        return _existing(state, request["RunId"]).as_api()

    @handler("CancelDataQualityRulesetEvaluationRun", expand=False)
    def cancel_evaluation_run(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        if not _existing(state, request["RunId"]).stop():
            raise aws_error("InvalidInputException", f"Run {request['RunId']} has ended")
        return {}

    @handler("ListDataQualityRulesetEvaluationRuns", expand=False)
    def list_evaluation_runs(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state, chosen = state_of(context.account_id, context.region), request.get("Filter") or {}
        with state.lock:
            found = [run.as_api() for run in reversed(state.quality_runs.values())]
        listed = [
            {key: each[key] for key in _LISTED}
            for each in found
            if chosen.get("DataSource") in (None, each["DataSource"])
            and within(each["StartedOn"], chosen.get("StartedAfter"), chosen.get("StartedBefore"))
        ]
        return page(listed, request, "Runs")


def within(moment: float, after: Any, before: Any) -> bool:
    """Whether a time lies between two of the client's, as far as it gives them."""
    return not (after and moment <= after.timestamp()) and not (
        before and moment >= before.timestamp()
    )


def _check_source(source: JsonDict) -> None:
    table = table_of(source)
    if not table:
        raise aws_error("InvalidInputException", "A DataSource needs GlueTable")
    for key in ("ConnectionName", "PreProcessingQuery"):
        if table.get(key):
            raise aws_error("InvalidInputException", f"{key} of a DataSource is not emulated")


def _existing(state: GlueState, run_id: str) -> TableRun:
    found = state.quality_runs.get(run_id)
    if found is None:
        raise aws_error("EntityNotFoundException", f"Run {run_id} not found")
    return found
