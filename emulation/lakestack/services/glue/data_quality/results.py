"""The results that `EvaluateDataQuality` publishes: kept when its run ends.

The process of a job or of an evaluation run writes each to a file (`awsgluedq.publishing`). AWS
Glue Developer Guide, "Setting up alerts, deployments, and scheduling": the event that tells of a
result.
"""

from __future__ import annotations

import json
import logging
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakestack import clock
from lakestack.services import state_events
from lakestack.services.state_events import types

LOG = logging.getLogger(__name__)
JsonDict = dict[str, Any]

FILE_NAME = "data-quality.jsonl"
FILE_VARIABLE = "LAKE_DATA_QUALITY_RESULTS"
MOST_BYTES = 32 << 20
"""Of a run's file, that are read."""


@dataclass(frozen=True)
class Origin:
    """Whose results they are.

    Attributes:
        account: the account
        region: the region
        started: when the run began, in seconds since 1970
        named: members of DataQualityResult that name a job's run, or a table and its run
        context: of the event
    """

    account: str
    region: str
    started: float
    named: JsonDict
    context: JsonDict

    @classmethod
    def job(cls, account: str, region: str, started: float, job_name: str, run_id: str) -> Origin:
        """The run of a job."""
        named = {"JobName": job_name, "JobRunId": run_id}
        context = {"contextType": "GLUE_JOB", "jobId": run_id, "jobName": job_name}
        return cls(account, region, started, named, context)

    @property
    def of_job(self) -> bool:
        """Whether a script gave the rules, and not a ruleset."""
        return "JobName" in self.named


def collect(folder: Path, origin: Origin) -> list[JsonDict]:
    """Read the results that a run has written, and tell of each.

    Args:
        folder: of the run
        origin: the run

    Returns:
        them, as DataQualityResult of the API
    """
    file = folder / FILE_NAME
    if not file.is_file():
        return []
    with file.open("rb") as source:
        lines = source.read(MOST_BYTES).decode(errors="replace").splitlines()
    found = []
    for line in lines:
        try:
            result = _result(json.loads(line), origin)
        except (ValueError, TypeError, KeyError, AttributeError):
            LOG.warning("a data quality result of %s cannot be read", origin.named)
            continue
        found.append(result)
        _tell(result, origin)
    return found


def _result(written: JsonDict, origin: Origin) -> JsonDict:
    """The DataQualityResult structure of the API."""
    rules = [_rule(at, rule) for at, rule in enumerate(written["rules"], 1)]
    passed = sum(rule["Result"] == "PASS" for rule in rules)
    return {
        "ResultId": f"dqresult-{uuid.uuid4().hex}",
        "Score": passed / len(rules) if rules else 1.0,
        "EvaluationContext" if origin.of_job else "RulesetName": str(written["context"]),
        "StartedOn": origin.started,
        "CompletedOn": clock.wall(),
        **origin.named,
        "RuleResults": rules,
        "AggregatedMetrics": {
            "TotalRulesProcessed": float(len(rules)),
            "TotalRulesPassed": float(passed),
            "TotalRulesFailed": float(len(rules) - passed),
        },
    }


def _rule(at: int, rule: JsonDict) -> JsonDict:
    text, reason = str(rule["rule"]), rule.get("reason")
    metrics = {str(name): float(value) for name, value in rule["metrics"].items()}
    return {
        "Name": f"Rule_{at}",
        "Description": text,
        "EvaluatedRule": str(rule.get("evaluated") or text),
        "Result": "PASS" if rule["passed"] is True else "FAIL",
        "EvaluatedMetrics": metrics,
        **({"EvaluationMessage": str(reason)} if reason else {}),
    }


def _tell(result: JsonDict, origin: Origin) -> None:
    counts = result["AggregatedMetrics"]
    failed = int(counts["TotalRulesFailed"])
    more = {"evaluationContext": result["EvaluationContext"]} if origin.of_job else {}
    state_events.publish(
        types.GLUE_DATA_QUALITY,
        origin.account,
        origin.region,
        {
            "context": {**origin.context, **more},
            "resultId": result["ResultId"],
            "rulesetNames": [] if origin.of_job else [result["RulesetName"]],
            "state": "FAILED" if failed else "SUCCEEDED",
            "score": result["Score"],
            "rulesSucceeded": int(counts["TotalRulesPassed"]),
            "rulesFailed": failed,
            "rulesSkipped": 0,
        },
    )
