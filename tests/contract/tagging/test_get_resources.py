"""The Resource Groups Tagging API over resources of several services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

Aws = Callable[..., Any]


def test_resources_keys_and_values(aws: Aws, name: str) -> None:
    tags = {"Key": name, "Value": "x"}
    aws("s3").create_bucket(Bucket=name)
    aws("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": [tags]})
    aws("kinesis").create_stream(StreamName=name, ShardCount=1, Tags={name: "y"})
    aws("sqs").create_queue(QueueName=name, tags={name: "x"})
    aws("sns").create_topic(Name=name, Tags=[tags])
    aws("ssm").put_parameter(Name=name, Value="v", Type="String", Tags=[tags])
    tagging = aws("resourcegroupstaggingapi")

    def found(**given: Any) -> set[str]:
        pages = tagging.get_paginator("get_resources").paginate(**given)
        return {
            each["ResourceARN"].split(":")[2]
            for page in pages
            for each in page["ResourceTagMappingList"]
        }

    every = [{"Key": name}]
    assert found(TagFilters=every) == {"s3", "kinesis", "sqs", "sns", "ssm"}
    assert found(TagFilters=[{"Key": name, "Values": ["y"]}]) == {"kinesis"}
    assert found(TagFilters=every, ResourceTypeFilters=["s3", "sqs:queue"]) == {"s3", "sqs"}
    assert name in [
        key for page in tagging.get_paginator("get_tag_keys").paginate() for key in page["TagKeys"]
    ]
    values = [
        value
        for page in tagging.get_paginator("get_tag_values").paginate(Key=name)
        for value in page["TagValues"]
    ]
    assert sorted(values) == ["x", "y"]


@pytest.mark.parametrize(
    ("service", "call", "given", "said"),
    [
        ("apprunner", "list_services", {}, "apprunner.ListServices"),
        ("cognito-idp", "list_user_pools", {"MaxResults": 1}, "cognito-idp.ListUserPools"),
        (
            "sagemaker-metrics",
            "batch_put_metrics",
            {
                "TrialComponentName": "t",
                "MetricData": [{"MetricName": "m", "Timestamp": 1, "Value": 1.0}],
            },
            "sagemaker-metrics.BatchPutMetrics",
        ),
        (
            "sagemaker-featurestore-runtime",
            "get_record",
            {"FeatureGroupName": "g", "RecordIdentifierValueAsString": "1"},
            "sagemaker-featurestore-runtime.GetRecord",
        ),
    ],
)
def test_what_nobody_has_is_named(
    emulator: str, service: str, call: str, given: dict[str, Any], said: str
) -> None:
    import boto3

    client = boto3.client(
        service,  # type: ignore[call-overload]
        endpoint_url=emulator,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}, inject_host_prefix=False),
    )
    with pytest.raises(ClientError) as caught:
        getattr(client, call)(**given)
    answer = caught.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert answer["Error"]["Message"].startswith(f"{said} is not part of the emulated data lake")
