"""CloudFormation: a stack of 20 resources, and the checks of a template of 200."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

from lakestack.services.cloudformation.conformity import conform
from lakestack.services.cloudformation.schemas import schema_of
from lakestack.services.cloudformation.template_check import check
from tests.bench import lake
from tests.bench.measure import median
from tests.bench.report import Figure
from tests.support import emulator, unique

ROUNDS = 5
FUNCTION = "def handler(event, context):\n    return event\n"
ASSUMED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def run() -> Iterator[Figure]:
    """Yield the time to CREATE_COMPLETE, and the processor time of all checks by schema."""
    with emulator() as running:
        cloudformation = lake.client("cloudformation", running.url)
        took = []
        for _ in range(ROUNDS):
            name = unique("bench")
            body = json.dumps({"Resources": resources(4)})
            began = time.perf_counter()
            cloudformation.create_stack(
                StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM"]
            )
            cloudformation.get_waiter("stack_create_complete").wait(
                StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 600}
            )
            took.append(time.perf_counter() - began)
    detail = f"median of {ROUNDS}: queues, topics, tables, roles, functions; all but queues refer"
    yield Figure("stack of 20 resources", median(took), "s", 3, True, detail)
    checked = 1000 * median([_checks({"Resources": resources(40)}) for _ in range(ROUNDS)])
    detail = f"processor time, median of {ROUNDS}, schemas read before"
    yield Figure("checks of 200 resources", checked, "ms", 50, True, detail)


def resources(count: int) -> dict[str, Any]:
    """Five resources, ``count`` times."""
    made: dict[str, Any] = {}
    for n in range(count):
        made[f"Queue{n}"] = {
            "Type": "AWS::SQS::Queue",
            "Properties": {"VisibilityTimeout": 60, "Tags": [{"Key": "n", "Value": str(n)}]},
        }
        made[f"Topic{n}"] = {
            "Type": "AWS::SNS::Topic",
            "Properties": {
                "Subscription": [
                    {"Protocol": "sqs", "Endpoint": {"Fn::GetAtt": [f"Queue{n}", "Arn"]}}
                ]
            },
        }
        made[f"Table{n}"] = {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            },
        }
        made[f"Role{n}"] = {
            "Type": "AWS::IAM::Role",
            "Properties": {"AssumeRolePolicyDocument": ASSUMED},
        }
        made[f"Function{n}"] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": [f"Role{n}", "Arn"]},
                "Environment": {"Variables": {"TABLE": {"Ref": f"Table{n}"}}},
                "Code": {"ZipFile": FUNCTION},
            },
        }
    return made


def _checks(template: dict[str, Any]) -> float:
    """Seconds of processor time: structure, references, and each resource by its schema."""
    began = time.process_time()
    check(template)
    for resource in template["Resources"].values():
        if (schema := schema_of(resource["Type"])) is None:
            raise RuntimeError(f"no schema of {resource['Type']}")
        conform(_resolved(resource["Properties"]), schema)
    return time.process_time() - began


def _resolved(value: Any) -> Any:
    """The value with a text for each reference, as the engine has it when it checks."""
    if isinstance(value, dict):
        if value.keys() & {"Ref", "Fn::GetAtt"}:
            return "resolved"
        return {name: _resolved(part) for name, part in value.items()}
    return [_resolved(part) for part in value] if isinstance(value, list) else value
