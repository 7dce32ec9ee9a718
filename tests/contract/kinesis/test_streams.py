"""Kinesis streams as any boto3 client sees them: their life, settings and attachments."""

from __future__ import annotations

from typing import Any

import boto3

from tests.contract.kinesis.helpers import FIRST, HASH_KEYS, Aws, active, code_of, make, put
from tests.support import wait_until


def test_life_of_a_stream(kinesis: Any, name: str) -> None:
    kinesis.create_stream(StreamName=name, ShardCount=2, Tags={"team": "lake"})
    again = code_of(lambda: kinesis.create_stream(StreamName=name, ShardCount=1))
    assert again == "ResourceInUseException"
    wait_until(lambda: active(kinesis, name), 10)
    description = kinesis.describe_stream(StreamName=name)["StreamDescription"]
    assert description["StreamARN"] == f"arn:aws:kinesis:us-east-1:000000000000:stream/{name}"
    assert description["StreamModeDetails"] == {"StreamMode": "PROVISIONED"}
    assert description["RetentionPeriodHours"] == 24
    assert [s["ShardId"] for s in description["Shards"]] == [FIRST, "shardId-000000000001"]
    assert description["Shards"][1]["HashKeyRange"] == {
        "StartingHashKey": str(HASH_KEYS // 2),
        "EndingHashKey": str(HASH_KEYS - 1),
    }
    names = {
        n for page in kinesis.get_paginator("list_streams").paginate() for n in page["StreamNames"]
    }
    assert name in names
    kinesis.delete_stream(StreamARN=description["StreamARN"])

    def gone() -> bool:
        try:
            kinesis.describe_stream_summary(StreamName=name)
        except kinesis.exceptions.ResourceNotFoundException:
            return True
        return False

    wait_until(gone)


def test_on_demand_streams_begin_with_four_shards(kinesis: Any, name: str) -> None:
    kinesis.create_stream(StreamName=name, StreamModeDetails={"StreamMode": "ON_DEMAND"})
    wait_until(lambda: active(kinesis, name), 10)
    summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 4
    assert summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    refused = code_of(
        lambda: kinesis.split_shard(
            StreamName=name, ShardToSplit=FIRST, NewStartingHashKey=str(HASH_KEYS // 8)
        )
    )
    assert refused == "ValidationException"


def test_shards_are_paged(kinesis: Any, name: str) -> None:
    arn = make(kinesis, name, 5)
    page = kinesis.describe_stream(StreamARN=arn, Limit=2)["StreamDescription"]
    assert page["HasMoreShards"]
    page = kinesis.describe_stream(
        StreamARN=arn, Limit=3, ExclusiveStartShardId=page["Shards"][-1]["ShardId"]
    )["StreamDescription"]
    assert [s["ShardId"][-1] for s in page["Shards"]] == ["2", "3", "4"]
    assert not page["HasMoreShards"]
    page = kinesis.list_shards(StreamName=name, MaxResults=2)
    seen = [shard["ShardId"][-1] for shard in page["Shards"]]
    both = code_of(lambda: kinesis.list_shards(StreamName=name, NextToken=page["NextToken"]))
    assert both == "InvalidArgumentException"
    while token := page.get("NextToken"):
        page = kinesis.list_shards(NextToken=token, MaxResults=2)
        seen += [shard["ShardId"][-1] for shard in page["Shards"]]
    assert seen == list("01234")
    after = {"Type": "AFTER_SHARD_ID", "ShardId": "shardId-000000000002"}
    shards = kinesis.list_shards(StreamName=name, ShardFilter=after)["Shards"]
    assert [s["ShardId"][-1] for s in shards] == ["3", "4"]


def test_retention(kinesis: Any, stream: str) -> None:
    kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=48)
    wait_until(lambda: active(kinesis, stream), 10)
    description = kinesis.describe_stream(StreamName=stream)["StreamDescription"]
    assert description["RetentionPeriodHours"] == 48
    wrong = code_of(
        lambda: kinesis.increase_stream_retention_period(StreamName=stream, RetentionPeriodHours=24)
    )
    assert wrong == "InvalidArgumentException"
    kinesis.decrease_stream_retention_period(StreamName=stream, RetentionPeriodHours=24)
    below = code_of(
        lambda: kinesis.decrease_stream_retention_period(StreamName=stream, RetentionPeriodHours=23)
    )
    assert below == "InvalidArgumentException"


def test_tags(kinesis: Any, stream: str) -> None:
    arn = kinesis.describe_stream(StreamName=stream)["StreamDescription"]["StreamARN"]
    kinesis.add_tags_to_stream(StreamName=stream, Tags={"a": "1", "b": "2"})
    kinesis.tag_resource(ResourceARN=arn, Tags={"c": "3"})
    kinesis.remove_tags_from_stream(StreamName=stream, TagKeys=["a"])
    page = kinesis.list_tags_for_stream(StreamName=stream, Limit=1)
    assert (page["Tags"], page["HasMoreTags"]) == ([{"Key": "b", "Value": "2"}], True)
    kinesis.untag_resource(ResourceARN=arn, TagKeys=["b"])
    assert kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "c", "Value": "3"}]


def test_encryption_and_monitoring(kinesis: Any, stream: str) -> None:
    kinesis.start_stream_encryption(
        StreamName=stream, EncryptionType="KMS", KeyId="alias/aws/kinesis"
    )
    wait_until(lambda: active(kinesis, stream), 10)
    description = kinesis.describe_stream(StreamName=stream)["StreamDescription"]
    assert (description["EncryptionType"], description["KeyId"]) == ("KMS", "alias/aws/kinesis")
    kinesis.stop_stream_encryption(
        StreamName=stream, EncryptionType="KMS", KeyId="alias/aws/kinesis"
    )
    answer = kinesis.enable_enhanced_monitoring(
        StreamName=stream, ShardLevelMetrics=["IncomingBytes"]
    )
    assert answer["DesiredShardLevelMetrics"] == ["IncomingBytes"]
    answer = kinesis.disable_enhanced_monitoring(StreamName=stream, ShardLevelMetrics=["ALL"])
    assert answer["DesiredShardLevelMetrics"] == []


def test_accounts_and_regions_are_apart(emulator: str, kinesis: Any, stream: str) -> None:
    other = boto3.client(
        "kinesis",
        endpoint_url=emulator,
        region_name="eu-west-1",
        aws_access_key_id="111111111111",
        aws_secret_access_key="test",
    )
    missing = code_of(lambda: other.describe_stream_summary(StreamName=stream))
    assert missing == "ResourceNotFoundException"


def test_cloudformation_stream(aws: Aws, kinesis: Any, name: str) -> None:
    cloudformation = aws("cloudformation")
    body = (
        "Resources: {S: {Type: 'AWS::Kinesis::Stream', Properties: "
        f"{{Name: '{name}', ShardCount: 1, StreamModeDetails: {{StreamMode: PROVISIONED}}}}}}}}\n"
        "Outputs: {Arn: {Value: !GetAtt S.Arn}}"
    )
    cloudformation.create_stack(StackName=name, TemplateBody=body)

    def state() -> str:
        return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    wait_until(lambda: state() == "CREATE_COMPLETE", 60)
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    put(kinesis, name, b"x")
    assert outputs[0]["OutputValue"].endswith(f":stream/{name}")
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    cloudformation.delete_stack(StackName=name)
    wait_until(
        lambda: (
            cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
            == "DELETE_COMPLETE"
        ),
        60,
    )
    assert code_of(lambda: kinesis.describe_stream(StreamName=name)) == "ResourceNotFoundException"
