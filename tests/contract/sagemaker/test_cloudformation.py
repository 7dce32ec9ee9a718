"""AWS::SageMaker::Model, EndpointConfig and Endpoint in CloudFormation stacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker.helpers import IMAGE, INFERENCE, ROLE, tarball
from tests.support import unique, wait_until

Aws = Callable[[str], Any]


def template(bucket: str, archive: str, **names: str) -> str:
    """One model, configuration and endpoint; `names` are explicit resource names."""
    resources = {
        "Model": {
            "Type": "AWS::SageMaker::Model",
            "Properties": {
                **({"ModelName": names["model"]} if "model" in names else {}),
                "ExecutionRoleArn": ROLE,
                "PrimaryContainer": {
                    "Image": IMAGE,
                    "ModelDataUrl": f"s3://{bucket}/{archive}.tar.gz",
                    "Environment": {
                        "SAGEMAKER_PROGRAM": "inference.py",
                        "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{bucket}/sourcedir.tar.gz",
                    },
                },
            },
        },
        "Config": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {
                "ProductionVariants": [
                    {
                        "VariantName": "AllTraffic",
                        "ModelName": {"Fn::GetAtt": ["Model", "ModelName"]},
                        "InstanceType": "ml.m5.large",
                        "InitialInstanceCount": 1,
                        "InitialVariantWeight": 1,
                    }
                ]
            },
        },
        "Endpoint": {
            "Type": "AWS::SageMaker::Endpoint",
            "Properties": {
                **({"EndpointName": names["endpoint"]} if "endpoint" in names else {}),
                "EndpointConfigName": {"Fn::GetAtt": ["Config", "EndpointConfigName"]},
                "Tags": [{"Key": "lake", "Value": "movielens"}],
            },
        },
    }
    outputs = {
        "ModelRef": {"Value": {"Ref": "Model"}},
        "ConfigRef": {"Value": {"Ref": "Config"}},
        "EndpointRef": {"Value": {"Ref": "Endpoint"}},
        "EndpointName": {"Value": {"Fn::GetAtt": ["Endpoint", "EndpointName"]}},
        "ConfigName": {"Value": {"Fn::GetAtt": ["Config", "EndpointConfigName"]}},
    }
    return json.dumps({"Resources": resources, "Outputs": outputs})


class Stack:
    """A stack that is deleted at the end of its test."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self.aws, self.bucket, self.name = aws, bucket, unique("stack")
        self.cloudformation = aws("cloudformation")
        put = aws("s3").put_object
        put(Bucket=bucket, Key="sourcedir.tar.gz", Body=tarball({"inference.py": INFERENCE}))
        for model in ("one", "two"):
            put(Bucket=bucket, Key=f"{model}.tar.gz", Body=tarball({"factor.txt": model}))
        put(Bucket=bucket, Key="broken.tar.gz", Body=tarball({"other.txt": ""}))

    def ended(self) -> tuple[str, dict[str, str]]:
        def look() -> Any:
            stack = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
            return None if stack["StackStatus"].endswith("_IN_PROGRESS") else stack

        stack = wait_until(look, timeout=60, what=f"{self.name} ends")
        outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
        return stack["StackStatus"], outputs

    def create(self, body: str) -> tuple[str, dict[str, str]]:
        self.cloudformation.create_stack(StackName=self.name, TemplateBody=body)
        return self.ended()

    def update(self, body: str) -> tuple[str, dict[str, str]]:
        self.cloudformation.update_stack(StackName=self.name, TemplateBody=body)
        return self.ended()

    def delete(self) -> None:
        stack_id = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]["StackId"]
        self.cloudformation.delete_stack(StackName=self.name)

        def gone() -> bool:
            stack = self.cloudformation.describe_stacks(StackName=stack_id)["Stacks"][0]
            assert stack["StackStatus"] != "DELETE_FAILED", self.reasons(stack_id)
            return bool(stack["StackStatus"] == "DELETE_COMPLETE")

        wait_until(gone, timeout=60, what=f"{self.name} is gone")

    def reasons(self, name: str = "") -> str:
        events = self.cloudformation.describe_stack_events(StackName=name or self.name)
        return "\n".join(e.get("ResourceStatusReason", "") for e in events["StackEvents"])

    def ask(self, endpoint: str) -> Any:
        response = self.aws("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, Body=b"{}", ContentType="application/json"
        )
        return json.loads(response["Body"].read())["model"]


@pytest.fixture
def stack(aws: Aws, bucket: str) -> Iterator[Stack]:
    made = Stack(aws, bucket)
    yield made
    try:
        made.delete()
    except ClientError as e:
        assert "does not exist" in str(e)


def test_stack_gives_a_serving_endpoint_and_takes_it_away(stack: Stack) -> None:
    endpoint = unique("recommender")
    status, outputs = stack.create(template(stack.bucket, "one", endpoint=endpoint))
    assert status == "CREATE_COMPLETE", stack.reasons()
    assert outputs["EndpointName"] == endpoint
    prefix = "arn:aws:sagemaker:us-east-1:000000000000:"
    assert outputs["EndpointRef"] == f"{prefix}endpoint/{endpoint}"
    assert outputs["ModelRef"].startswith(f"{prefix}model/{stack.name}-model-")
    assert outputs["ConfigRef"].startswith(f"{prefix}endpoint-config/{stack.name}-config-")
    assert stack.ask(endpoint) == "one"
    sagemaker = stack.aws("sagemaker")
    tags = sagemaker.list_tags(ResourceArn=outputs["EndpointRef"])["Tags"]
    assert {"Key": "lake", "Value": "movielens"} in tags
    stack.delete()
    assert not sagemaker.list_endpoints(NameContains=endpoint)["Endpoints"]
    for items, member in (
        (sagemaker.list_models(NameContains=stack.name), "Models"),
        (sagemaker.list_endpoint_configs(NameContains=stack.name), "EndpointConfigs"),
    ):
        assert items[member] == []


def test_changed_model_reaches_the_endpoint(stack: Stack) -> None:
    endpoint = unique("recommender")
    _, before = stack.create(template(stack.bucket, "one", endpoint=endpoint))
    status, after = stack.update(template(stack.bucket, "two", endpoint=endpoint))
    assert status == "UPDATE_COMPLETE", stack.reasons()
    assert after["ConfigName"] != before["ConfigName"]
    assert after["EndpointRef"] == before["EndpointRef"]
    assert stack.ask(endpoint) == "two"
    found = stack.aws("sagemaker").describe_endpoint(EndpointName=endpoint)
    assert found["EndpointConfigName"] == after["ConfigName"]
    assert len(stack.aws("sagemaker").list_models(NameContains=stack.name)["Models"]) == 1


@pytest.mark.parametrize("named", [False, True])
def test_an_update_that_fails_goes_back_to_what_served(stack: Stack, named: bool) -> None:
    """The old model and configuration are deleted after a whole update, not on its way."""
    endpoint = unique("recommender")
    first, second = ({"model": unique("model")} if named else {} for _ in range(2))
    _, before = stack.create(template(stack.bucket, "one", endpoint=endpoint, **first))
    status, after = stack.update(template(stack.bucket, "broken", endpoint=endpoint, **second))
    assert status == "UPDATE_ROLLBACK_COMPLETE", stack.reasons()
    assert after == before
    assert stack.ask(endpoint) == "one"
    sagemaker = stack.aws("sagemaker")
    found = sagemaker.describe_endpoint(EndpointName=endpoint)
    assert found["EndpointConfigName"] == before["ConfigName"]
    configs = sagemaker.list_endpoint_configs(NameContains=stack.name)["EndpointConfigs"]
    assert [config["EndpointConfigName"] for config in configs] == [before["ConfigName"]]
    models = sagemaker.list_models(NameContains=first.get("model", stack.name))["Models"]
    assert [model["ModelArn"].lower() for model in models] == [before["ModelRef"].lower()]
    third = {"model": unique("model")} if named else {}
    status, _ = stack.update(template(stack.bucket, "two", endpoint=endpoint, **third))
    assert status == "UPDATE_COMPLETE", stack.reasons()
    assert stack.ask(endpoint) == "two"


def test_change_of_a_named_model_says_that_it_needs_a_replacement(stack: Stack) -> None:
    model = unique("model")
    assert stack.create(template(stack.bucket, "one", model=model))[0] == "CREATE_COMPLETE"
    stack.update(template(stack.bucket, "two", model=model))
    assert "the change of AWS::SageMaker::Model needs a replacement" in stack.reasons()
    found = stack.aws("sagemaker").describe_model(ModelName=model)
    assert found["PrimaryContainer"]["ModelDataUrl"].endswith("/one.tar.gz")


def test_model_that_cannot_load_fails_the_stack(stack: Stack) -> None:
    status, _ = stack.create(template(stack.bucket, "broken"))
    assert status in ("ROLLBACK_COMPLETE", "CREATE_FAILED")
    assert "did not pass the ping health check" in stack.reasons()
    stack.delete()
    assert not stack.aws("sagemaker").list_endpoints(NameContains=stack.name)["Endpoints"]
