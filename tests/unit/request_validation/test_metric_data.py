"""What CloudWatch refuses of metrics, and CloudWatch Logs of retention."""

from __future__ import annotations

from typing import Any

import pytest
from localstack.aws.api import ServiceException
from localstack.aws.spec import load_service

from lakestack.services.request_validation.constraints import faults_of
from lakestack.services.request_validation.operation_rules import check_operation
from lakestack.services.request_validation.service_errors import codes_for


def put(namespace: str, *, internal: bool = False, **datum: Any) -> None:
    request = {"Namespace": namespace, "MetricData": [{"MetricName": "m", **datum}]}
    check_operation("cloudwatch", "PutMetricData", request, internal=internal)


def test_namespaces_of_aws_are_for_its_services() -> None:
    put("Films/AWS/")
    put("AWS")
    put("AWS/Lambda", internal=True)
    with pytest.raises(ServiceException) as refused:
        put("AWS/Lambda")
    assert refused.value.code == "InvalidParameterValue"
    assert refused.value.message == "The value AWS/ for parameter Namespace is invalid."


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 2.0**361])
def test_values_are_finite_and_in_range(value: float) -> None:
    put("Films", Value=-(2.0**360))
    for given in ({"Value": value}, {"Values": [1.0, value]}):
        with pytest.raises(ServiceException) as refused:
            put("Films", **given)
        assert refused.value.code == "InvalidParameterValue"
        assert "MetricData.member.1.Value" in str(refused.value.message)


def test_resolution_is_a_second_or_a_minute() -> None:
    put("Films", StorageResolution=1)
    put("Films", StorageResolution=60)
    with pytest.raises(ServiceException, match=r"MetricData\.member\.1\.StorageResolution"):
        put("Films", StorageResolution=30)


@pytest.mark.parametrize(
    ("given", "member"),
    [
        ({"Namespace": "n" * 256}, "namespace"),
        ({"Namespace": ":films"}, "namespace"),
        ({"MetricData": [{"MetricName": "m" * 256}]}, "metricData.1.member.metricName"),
        ({"MetricData": [{"MetricName": "m", "Unit": "Films"}]}, "metricData.1.member.unit"),
        (
            {"MetricData": [{"MetricName": "m", "Dimensions": [{"Name": "n", "Value": "v"}] * 31}]},
            "metricData.1.member.dimensions",
        ),
    ],
)
def test_units_and_lengths_are_those_of_the_model(given: dict[str, Any], member: str) -> None:
    rules = codes_for("cloudwatch", "query").rules
    shape = load_service("cloudwatch").operation_model("PutMetricData").input_shape
    right = {"Namespace": "films", "MetricData": [{"MetricName": "m", "Unit": "None"}]}
    assert not faults_of(shape, right, rules)
    (fault,) = faults_of(shape, {**right, **given}, rules)
    assert f"at '{member}'" in fault


@pytest.mark.parametrize("days", [0, 2, -1, 31, 3654])
def test_retention_is_one_of_a_list(days: int) -> None:
    for right in (1, 30, 400, 3653):
        check_operation("logs", "PutRetentionPolicy", {"retentionInDays": right})
    with pytest.raises(ServiceException) as refused:
        check_operation("logs", "PutRetentionPolicy", {"retentionInDays": days})
    assert refused.value.code == "InvalidParameterException"
    said = f"Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy"
    assert said in str(refused.value.message)
