"""Both targets are asked for the same things: whole runs of each, compared request by request.

A request is a service, an operation and the shape of its parameters: names and types by botocore's
model, no values. The aws target is an account in this process, the local one an emulator.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pytest

from tests.integration.aws_target.calls import Call, shape
from tests.integration.aws_target.recorded import Recorded
from tests.integration.pipeline.own_emulator.conftest import SyntheticRun

pytestmark = [pytest.mark.emulator, pytest.mark.spark, pytest.mark.large]

COMMANDS: Final = ("run", "verify", "destroy")
"""Those of `SyntheticRun`."""

ONLY_AWS: Final[dict[str, str]] = {
    "sts GetCallerIdentity {}": (
        "whose account it is; the local target has its account in the client itself"
    ),
    "service-quotas GetServiceQuota {QuotaCode: string, ServiceCode: string}": (
        "before a run: an account may have a quota of 0, an emulator has none"
    ),
    "ecr BatchGetImage {imageIds: [{imageTag: string}], registryId: string, "
    "repositoryName: string}": (
        "before a run: whether the region's registry has the images; no emulator pulls one"
    ),
    "ec2 DescribeVpcs {}": "before a run: how many VPCs are left of the quota",
    "sqs GetQueueUrl {QueueName: string}": "before a run: whether the queue's name is free",
    "dms DescribeEndpoints {Filters: [{Name: string, Values: [string]}]}": (
        "before a run: whether the endpoints' names are free"
    ),
    "dms DescribeReplicationInstances {Filters: [{Name: string, Values: [string]}]}": (
        "before a run: whether the instance's name is free"
    ),
    "dms DescribeReplicationSubnetGroups {Filters: [{Name: string, Values: [string]}]}": (
        "before a run: whether the subnet group's name is free"
    ),
    "dms DescribeReplicationTasks {Filters: [{Name: string, Values: [string]}]}": (
        "before a run: whether the task's name is free"
    ),
}
"""What only the aws target is asked for, and why."""

ONLY_LOCAL: Final[dict[str, str]] = {
    "logs DeleteLogStream {logGroupName: string, logStreamName: string}": (
        "of shared groups, the lake's streams are deleted; the test's account writes no logs"
    ),
    "logs DeleteLogGroup {logGroupName: string}": (
        "groups that services made for the lake are deleted; the test's account writes no logs"
    ),
}
"""What only the local target is asked for, and why: nothing that AWS would not be asked for."""

BY_TIME: Final[dict[str, str]] = {
    "s3 PutObject {Body: blob, Bucket: string, IfMatch: string, Key: string}": (
        "the run's lock is renewed, if the run takes as long as that"
    ),
    (
        "logs GetLogEvents "
        "{limit: integer, logGroupName: string, logStreamName: string, startFromHead: boolean}"
    ): "a wait looks for a new line, if it takes as long as that; the test's account has none",
    "cloudformation DescribeStackEvents {StackName: string}": (
        "a wait looks how far a stack is, if it takes as long as that"
    ),
}
"""What depends on how long a run takes, on either target."""


def requests(calls: Iterable[Call]) -> set[str]:
    return {f"{call.service} {call.operation} {shape(call)}" for call in calls} - BY_TIME.keys()


def on_aws(recorded: Recorded) -> list[Call]:
    return [call for name in COMMANDS for call in recorded.by_command[name]]


def test_the_difference_is_what_is_explained(
    recorded: Recorded, synthetic_run: SyntheticRun
) -> None:
    aws, local = requests(on_aws(recorded)), requests(synthetic_run.calls)
    assert aws - local == set(ONLY_AWS)
    assert local - aws == set(ONLY_LOCAL)
    assert len(aws & local) > 50


def test_the_values_that_are_names_are_the_same(
    recorded: Recorded, synthetic_run: SyntheticRun
) -> None:
    """Parameters of templates and hyperparameters are names for us and values for the API."""
    aws, local = on_aws(recorded), synthetic_run.calls
    assert stack_parameters(aws) == stack_parameters(local)
    assert hyperparameters(aws) == hyperparameters(local)


def test_botocore_checks_every_parameter_on_both(
    recorded: Recorded, synthetic_run: SyntheticRun
) -> None:
    for calls in (recorded.calls, synthetic_run.calls):
        assert len(calls) > 100
        assert [call for call in calls if not call.validated] == []


def test_a_shape_has_names_and_types_and_no_values() -> None:
    tables = {"some_t": {"Keys": [{"id": {"S": "x"}}, {"id": {"N": "1"}}]}}
    assert shape(_call("dynamodb", "BatchGetItem", {"RequestItems": tables})) == (
        "{RequestItems: {*: {Keys: [{*: {N: string}} | {*: {S: string}}]}}}"
    )
    assert shape(_call("sts", "GetCallerIdentity", {})) == "{}"


def stack_parameters(calls: Iterable[Call]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for call in calls:
        if call.operation in ("CreateStack", "UpdateStack"):
            names = found.setdefault(call.params["StackName"], set())
            names |= {p["ParameterKey"] for p in call.params["Parameters"]}
    return found


def hyperparameters(calls: Iterable[Call]) -> set[str]:
    made = [call for call in calls if call.operation == "CreateTrainingJob"]
    return {name for call in made for name in call.params["HyperParameters"]}


def _call(service: str, operation: str, params: dict[str, object]) -> Call:
    return Call(service, operation, params, own=True, validated=True, protocol="json")
