"""Metrics and retention that AWS refuses, through boto3."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.lambda_.helpers import Aws
from tests.contract.refusals import refusal


@pytest.mark.parametrize(
    ("namespace", "datum", "code", "said"),
    [
        ("AWS/Lambda", {}, "InvalidParameterValue", "The value AWS/ for parameter Namespace is"),
        ("n" * 256, {}, "ValidationError", "at 'namespace' failed to satisfy constraint: Member"),
        ("films", {"Unit": "Films"}, "ValidationError", "Member must satisfy enum value set: ["),
        (
            *("films", {"Value": 2.0**361}, "InvalidParameterValue"),
            "for parameter MetricData.member.1.Value is invalid.",
        ),
    ],
)
def test_metrics(aws: Aws, namespace: str, datum: dict[str, Any], code: str, said: str) -> None:
    put = aws("cloudwatch").put_metric_data
    right: dict[str, Any] = {"MetricName": "m", "Value": 1.0, "Unit": "None"}
    found, message = refusal(lambda: put(Namespace=namespace, MetricData=[{**right, **datum}]))
    assert (found, said in message) == (code, True)
    put(Namespace="films", MetricData=[right])


def test_retention(aws: Aws, name: str) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName=name)
    try:
        code, message = refusal(
            lambda: logs.put_retention_policy(logGroupName=name, retentionInDays=2)
        )
        assert (code, "at 'retentionInDays'" in message) == ("InvalidParameterException", True)
        logs.put_retention_policy(logGroupName=name, retentionInDays=3653)
    finally:
        logs.delete_log_group(logGroupName=name)
