"""Models, configurations and endpoints for the contract tests of SageMaker."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import unique, wait_until

Aws = Callable[[str], Any]
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
ROLE = "arn:aws:iam::000000000000:role/sagemaker-execution"
SETTLED = ("InService", "Failed")

INFERENCE = """
import json, os, pathlib, sys, time

class BadInput(Exception):
    status_code = 400

def model_fn(model_dir):
    return pathlib.Path(model_dir, "factor.txt").read_text()

def input_fn(body, content_type):
    try:
        return json.loads(body)
    except ValueError as e:
        raise BadInput(f"not JSON: {e}")

def predict_fn(data, model):
    if data.get("raise"):
        raise ValueError("the model cannot do that")
    if data.get("exit"):
        sys.exit(1)
    if data.get("die"):
        os.kill(os.getpid(), 9)
    return {"model": model, "pid": os.getpid(), "echo": data, "mine": os.environ.get("MINE")}

def output_fn(prediction, accept):
    return json.dumps(prediction), accept
"""


def train(aws: Aws, name: str, bucket: str, source: dict[str, str], seconds: int) -> None:
    """Begin a training job whose program is `train.py` of these files; it may take `seconds`."""
    aws("s3").put_object(Bucket=bucket, Key="source.tar.gz", Body=tarball(source))
    aws("sagemaker").create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        HyperParameters={
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": f'"s3://{bucket}/source.tar.gz"',
        },
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": seconds},
    )


def tarball(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@dataclass
class Hosting:
    """Makes models, configurations and endpoints of one bucket, and deletes the endpoints."""

    aws: Aws
    bucket: str

    def __post_init__(self) -> None:
        self.sagemaker = self.aws("sagemaker")
        self.endpoints: list[str] = []

    def model(self, factor: str = "2", code: str = INFERENCE, **files: str) -> str:
        name = unique("model")
        for key, content in (
            (f"{name}/model.tar.gz", {"factor.txt": factor}),
            (f"{name}/sourcedir.tar.gz", {"inference.py": code, **files}),
        ):
            self.aws("s3").put_object(Bucket=self.bucket, Key=key, Body=tarball(content))
        environment = {
            "SAGEMAKER_PROGRAM": "inference.py",
            "SAGEMAKER_SUBMIT_DIRECTORY": f"s3://{self.bucket}/{name}/sourcedir.tar.gz",
            "MINE": "yes",
        }
        self.sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer=self.container(name, environment),
        )
        return name

    def container(self, name: str, environment: dict[str, str]) -> dict[str, Any]:
        url = f"s3://{self.bucket}/{name}/model.tar.gz"
        return {"Image": IMAGE, "ModelDataUrl": url, "Environment": environment}

    def config(self, *models: str, **weights: float) -> str:
        name = unique("config")
        variants = [
            {
                "VariantName": f"v{i}",
                "ModelName": model,
                "InstanceType": "ml.m5.large",
                "InitialInstanceCount": 1,
                "InitialVariantWeight": weights.get(f"v{i}", 1.0),
            }
            for i, model in enumerate(models)
        ]
        self.sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
        return name

    def create(self, config: str) -> str:
        name = unique("endpoint")
        self.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        self.endpoints.append(name)
        return name

    def settled(self, name: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=name)
            return found if found["EndpointStatus"] in SETTLED else None

        return wait_until(look, timeout=60, what=f"{name} settles")

    def serving(self, **model: Any) -> str:
        name = self.create(self.config(self.model(**model)))
        found = self.settled(name)
        assert found["EndpointStatus"] == "InService", found.get("FailureReason")
        return name

    def invoke(self, name: str, body: Any, **more: Any) -> Any:
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = self.aws("sagemaker-runtime").invoke_endpoint(
            EndpointName=name, Body=payload, ContentType="application/json", **more
        )
        return json.loads(response["Body"].read())

    def log(self, name: str) -> list[str]:
        group = f"/aws/sagemaker/Endpoints/{name}"
        events = self.aws("logs").filter_log_events(logGroupName=group)["events"]
        return [event["message"] for event in events]


def error(caught: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    found = caught.value.response["Error"]
    return found["Code"], found["Message"]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
