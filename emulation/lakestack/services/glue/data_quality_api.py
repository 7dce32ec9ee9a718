"""Operations of AWS Glue Data Quality.

AWS Glue Developer Guide, "Data Quality API". Rulesets are checked when they are stored; a job
evaluates what its script gives.
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack import clock
from lakestack.services.base import aws_error
from lakestack.services.glue.data_quality_run_api import EvaluationRunApi, within
from lakestack.services.glue.paging import by_name, page
from lakestack.services.glue.runtime.awsgluedq.dqdl import RulesetError, parsed
from lakestack.services.glue.state import STORE, GlueState, state_of
from lakestack.services.glue.tagging import drop_tags, set_tags, with_tags

JsonDict = dict[str, Any]

_KIND = "dataQualityRuleset"
_LISTED = ("Name", "Description", "CreatedOn", "LastModifiedOn", "TargetTable", "RuleCount")
_RESULT_LISTED = ("ResultId", "DataSource", "JobName", "JobRunId", "StartedOn")


class DataQualityApi(EvaluationRunApi):
    """Rulesets, results, and runs on tables; recommendations are refused."""

    @handler("CreateDataQualityRuleset", expand=False)
    def create_data_quality_ruleset(self, context: RequestContext, request: JsonDict) -> JsonDict:
        name, now = request["Name"], clock.wall()
        kept = {
            key: request[key]
            for key in ("Description", "TargetTable", "DataQualitySecurityConfiguration")
            if key in request
        }
        rules = _checked(request["Ruleset"])
        with STORE.holding(context.account_id, context.region) as state:
            if name in state.rulesets:
                raise aws_error("AlreadyExistsException", f"Ruleset {name} already exists")
            state.rulesets[name] = {
                **kept, **rules, "Name": name, "CreatedOn": now, "LastModifiedOn": now
            }  # fmt: skip
        set_tags(state, _KIND, name, request.get("Tags"))
        return {"Name": name}

    @handler("UpdateDataQualityRuleset", expand=False)
    def update_data_quality_ruleset(self, context: RequestContext, request: JsonDict) -> JsonDict:
        changed = _checked(request["Ruleset"]) if request.get("Ruleset") else {}
        if "Description" in request:
            changed["Description"] = request["Description"]
        with STORE.holding(context.account_id, context.region) as state:
            found = _existing(state, request["Name"])
            found.update(changed, LastModifiedOn=clock.wall())
            return {k: found[k] for k in ("Name", "Description", "Ruleset") if k in found}

    @handler("GetDataQualityRuleset", expand=False)
    def get_data_quality_ruleset(self, context: RequestContext, request: JsonDict) -> JsonDict:
        found = _existing(state_of(context.account_id, context.region), request["Name"])
        return {key: value for key, value in found.items() if key != "RuleCount"}

    @handler("DeleteDataQualityRuleset", expand=False)
    def delete_data_quality_ruleset(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            _existing(state, request["Name"])
            del state.rulesets[request["Name"]]
        drop_tags(state, _KIND, request["Name"])
        return {}

    @handler("ListDataQualityRulesets", expand=False)
    def list_data_quality_rulesets(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        with state.lock:
            names = with_tags(state, _KIND, sorted(state.rulesets), request.get("Tags"))
            found = [state.rulesets[name] for name in names]
        chosen = [each for each in found if _matches(each, request.get("Filter") or {})]
        listed = [{key: each[key] for key in _LISTED if key in each} for each in chosen]
        return page(listed, request, "Rulesets")

    @handler("GetDataQualityResult", expand=False)
    def get_data_quality_result(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        found = state.quality_results().get(request["ResultId"])
        if found is None:
            raise aws_error(
                "EntityNotFoundException", f"Data quality result {request['ResultId']} not found"
            )
        return dict(found)

    @handler("BatchGetDataQualityResult", expand=False)
    def batch_get_data_quality_result(self, context: RequestContext, request: JsonDict) -> JsonDict:
        known = state_of(context.account_id, context.region).quality_results()
        return by_name(known, request["ResultIds"], "Results", dict)

    @handler("ListDataQualityResults", expand=False)
    def list_data_quality_results(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state, chosen = state_of(context.account_id, context.region), request.get("Filter") or {}
        found = sorted(state.quality_results().values(), key=lambda each: each["CompletedOn"])
        listed = [
            {key: each[key] for key in _RESULT_LISTED if key in each}
            for each in reversed(found)
            if all(
                chosen.get(key) in (None, each.get(key))
                for key in ("JobName", "JobRunId", "DataSource")
            )
            and within(each["StartedOn"], chosen.get("StartedAfter"), chosen.get("StartedBefore"))
        ]
        return page(listed, request, "Results")

    @handler("StartDataQualityRuleRecommendationRun", expand=False)
    def refuse_recommendation_run(self, context: RequestContext, request: JsonDict) -> JsonDict:  # noqa: ARG002
        raise aws_error(
            "InvalidInputException", "Recommendations of data quality rules are not emulated"
        )


def _checked(text: str) -> JsonDict:
    """A ruleset with the number of its rules.

    Raises:
        InvalidInputException: it is not DQDL
    """
    try:
        rules = parsed(text)
    except RulesetError as e:
        raise aws_error("InvalidInputException", str(e)) from e
    return {"Ruleset": text, "RuleCount": len(rules.rules)}


def _existing(state: GlueState, name: str) -> JsonDict:
    found: JsonDict | None = state.rulesets.get(name)
    if found is None:
        raise aws_error("EntityNotFoundException", f"Ruleset {name} not found")
    return found


def _matches(ruleset: JsonDict, wanted: JsonDict) -> bool:
    target = wanted.get("TargetTable") or {}
    table = ruleset.get("TargetTable") or {}
    return (
        wanted.get("Name") in (None, ruleset["Name"])
        and wanted.get("Description") in (None, ruleset.get("Description"))
        and all(table.get(key) == value for key, value in target.items())
        and within(ruleset["CreatedOn"], wanted.get("CreatedAfter"), wanted.get("CreatedBefore"))
        and within(
            *(ruleset["LastModifiedOn"], wanted.get("LastModifiedAfter")),
            wanted.get("LastModifiedBefore"),
        )
    )
