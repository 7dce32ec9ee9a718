"""Delivery streams of templates: a function before a bucket, partitions, and updates."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.cloudformation.helpers import Stacks
from tests.contract.firehose.helpers import Aws, describe, objects, wait_gone

CODE = """
def handler(event, context):
    return {"records": [{"recordId": r["recordId"], "result": "Ok", "data": r["data"]}
                        for r in event["records"]]}
"""


def template(name: str, bucket: str, hints: str, **more: Any) -> str:
    """A role, a function and a delivery stream, as public templates write them."""
    role = {"Fn::GetAtt": ["Role", "Arn"]}
    query = {"MetadataExtractionQuery": "{customer: .customer}", "JsonParsingEngine": "JQ-1.6"}

    def processor(kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
        listed = [{"ParameterName": n, "ParameterValue": v} for n, v in parameters.items()]
        return {"Type": kind, "Parameters": listed}

    destination = {
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "RoleARN": role,
        "Prefix": "c=!{partitionKeyFromQuery:customer}/",
        "ErrorOutputPrefix": "bad/!{firehose:error-output-type}/",
        "BufferingHints": {"SizeInMBs": "64", "IntervalInSeconds": hints},
        "DynamicPartitioningConfiguration": {"Enabled": "true"},
        "ProcessingConfiguration": {
            "Enabled": "true",
            "Processors": [
                processor("Lambda", {"LambdaArn": {"Fn::GetAtt": ["Function", "Arn"]}}),
                processor("MetadataExtraction", query),
                processor("AppendDelimiterToRecord", {"Delimiter": "\\n"}),
            ],
        },
        **more,
    }
    trust = {"Version": "2012-10-17", "Statement": []}
    return json.dumps(
        {
            "Resources": {
                "Role": {
                    "Type": "AWS::IAM::Role",
                    "Properties": {"AssumeRolePolicyDocument": trust},
                },
                "Function": {
                    "Type": "AWS::Lambda::Function",
                    "Properties": {
                        "Runtime": "python3.11",
                        "Handler": "index.handler",
                        "Role": role,
                        "Code": {"ZipFile": CODE},
                    },
                },
                "Stream": {
                    "Type": "AWS::KinesisFirehose::DeliveryStream",
                    "Properties": {
                        "DeliveryStreamName": name,
                        "DeliveryStreamType": "DirectPut",
                        "ExtendedS3DestinationConfiguration": destination,
                        "Tags": [{"Key": "hints", "Value": hints}],
                    },
                },
            }
        }
    )


def test_a_stack_makes_updates_and_deletes(
    aws: Aws, firehose: Any, stacks: Stacks, name: str, bucket: str
) -> None:
    log = {"Enabled": "true", "LogGroupName": name, "LogStreamName": "S3"}
    first = template(name, bucket, "900", CloudWatchLoggingOptions=log)
    stack = stacks.create(first, Capabilities=["CAPABILITY_IAM"])
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    extended = _extended(firehose, name)
    assert extended["CloudWatchLoggingOptions"]["Enabled"] is True
    assert extended["DynamicPartitioningConfiguration"]["Enabled"] is True
    second = template(name, bucket, "600", FileExtension=".json")
    stack = stacks.update(stack, second, Capabilities=["CAPABILITY_IAM"])
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    extended = _extended(firehose, name)
    assert extended["BufferingHints"] == {"SizeInMBs": 64, "IntervalInSeconds": 600}
    assert extended["CloudWatchLoggingOptions"]["Enabled"] is False
    tags = firehose.list_tags_for_delivery_stream(DeliveryStreamName=name)["Tags"]
    assert {"Key": "hints", "Value": "600"} in tags
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b'{"customer": "a"}'})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    ((key, body),) = objects(aws, bucket).items()
    assert (key[:4], key[-5:], body) == ("c=a/", ".json", b'{"customer": "a"}\n')
    assert stacks.delete(stack)["StackStatus"] == "DELETE_COMPLETE"


def _extended(firehose: Any, name: str) -> dict[str, Any]:
    (there,) = describe(firehose, name)["Destinations"]
    return dict(there["ExtendedS3DestinationDescription"])
