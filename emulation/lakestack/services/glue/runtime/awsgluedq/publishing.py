"""Where results go beside the job: CloudWatch, S3 and the service's own list of results.

AWS Glue Developer Guide, "Setting up alerts, deployments, and scheduling": metrics
``glue.data.quality.rules.passed`` and ``glue.data.quality.rules.failed`` in the namespace
"Glue Data Quality".
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from awsglue.clients import client
from awsglue.errors import UnsupportedApiError

from .dqdl import Composite, Rule
from .rules.measure import Outcome

NAMESPACE = "Glue Data Quality"
DEFAULT_CONTEXT = "default_context"
RESULTS_VARIABLE = "LAKE_DATA_QUALITY_RESULTS"
"""Names the file of which the service takes results when the run ends."""

_KNOWN = frozenset(
    {
        "dataQualityEvaluationContext",
        "enableDataQualityCloudWatchMetrics",
        "enableDataQualityResultsPublishing",
        "resultsS3Prefix",
    }
)
Results = Sequence[tuple[Rule | Composite, Outcome]]


def check(options: Mapping[str, Any]) -> None:
    """Refuse options that are not here.

    Raises:
        UnsupportedApiError: an option of ``publishing_options`` that is not known
    """
    for name in options:
        if name not in _KNOWN:
            raise UnsupportedApiError(f"EvaluateDataQuality: publishing option {name!r}")


def publish(options: Mapping[str, Any], results: Results) -> None:
    """Write results where the options say.

    Args:
        options: ``publishing_options``
        results: the rules with their results
    """
    context = context_of(options)
    if _is_set(options.get("enableDataQualityCloudWatchMetrics")):
        _to_cloudwatch(context, results)
    if prefix := options.get("resultsS3Prefix"):
        _to_s3(str(prefix), context, results)
    if _is_set(options.get("enableDataQualityResultsPublishing", True)):
        _to_service(context, results)


def context_of(options: Mapping[str, Any]) -> str:
    """The evaluation context that ``publishing_options`` name."""
    return str(options.get("dataQualityEvaluationContext") or DEFAULT_CONTEXT)


def _is_set(value: Any) -> bool:
    return str(value).lower() == "true"


def _to_cloudwatch(context: str, results: Results) -> None:
    passed = sum(outcome.passed for _, outcome in results)
    dimensions = [{"Name": "EvaluationContext", "Value": context}]
    counts = {"passed": passed, "failed": len(results) - passed}
    client("cloudwatch").put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {
                "MetricName": f"glue.data.quality.rules.{name}",
                "Dimensions": dimensions,
                "Value": float(count),
                "Unit": "Count",
            }
            for name, count in counts.items()
        ],
    )


def _to_s3(prefix: str, context: str, results: Results) -> None:
    bucket, _, folder = prefix.removeprefix("s3://").partition("/")
    lines = [
        json.dumps(
            {
                "Rule": rule.text,
                "Outcome": "Passed" if outcome.passed else "Failed",
                "FailureReason": outcome.reason,
                "EvaluatedMetrics": dict(outcome.metrics),
            }
        )
        for rule, outcome in results
    ]
    parts = (folder.strip("/"), context, f"{uuid.uuid4().hex}.jsonl")
    key = "/".join(part for part in parts if part)
    client("s3").put_object(Bucket=bucket, Key=key, Body="\n".join(lines).encode())


def _to_service(context: str, results: Results) -> None:
    file = os.environ.get(RESULTS_VARIABLE)
    if not file:
        return
    rules = [
        {
            "rule": rule.text,
            "passed": outcome.passed,
            "reason": outcome.reason,
            "metrics": dict(outcome.metrics),
            "evaluated": outcome.evaluated,
        }
        for rule, outcome in results
    ]
    with Path(file).open("a") as target:
        target.write(json.dumps({"context": context, "rules": rules}) + "\n")
