"""Doubles of SageMaker's training, batch transform and answers, by the programs of models/.

They run the uploaded source directory and the archive's ``code/`` in a process each; AWS's own
toolkits do the same in test_sagemaker_toolkits.py.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from moto.sagemaker.models import sagemaker_backends

from tests.integration.aws_target.errors import AwsError

_ANSWER = """
import sys, pathlib
sys.path.insert(0, sys.argv[1] + "/code")
import inference
model = inference.model_fn(sys.argv[1])
for line in sys.stdin:
    kind, accept, body = eval(line)
    try:
        queries = inference.input_fn(body, kind)
        text = inference.output_fn(inference.predict_fn(queries, model), accept)
        print(repr((200, text)), flush=True)
    except ValueError as error:
        print(repr((getattr(error, "status_code", 500), str(error))), flush=True)
"""


class SageMaker:
    """Training jobs and endpoints of one account and region."""

    trained: dict[str, tuple[bytes, bytes, str]] = {}
    """By what went in: model.tar.gz, output.tar.gz and log. The same input gives the same model."""

    def __init__(self, account: str, region: str, folder: Path) -> None:
        self.place = f"arn:aws:sagemaker:{region}:{account}"
        self.prefix = f"{self.place}:training-job/"
        self.folder = folder
        self.jobs: dict[str, dict[str, Any]] = {}
        self.transforms: dict[str, dict[str, Any]] = {}
        self._servers: dict[str, subprocess.Popen[str]] = {}
        self._moto: Any = sagemaker_backends[account][region]

    def close(self) -> None:
        """End the processes."""
        for process in self._servers.values():
            assert process.stdin is not None
            process.stdin.close()
            process.wait(30)
            assert process.stdout is not None
            process.stdout.close()

    def create_training_job(self, params: dict[str, Any]) -> dict[str, Any]:
        name = params["TrainingJobName"]
        if name in self.jobs:
            raise AwsError("ResourceInUse", f"Training job {name} already exists")
        model, output, log = self._train(params)
        bucket, _, prefix = params["OutputDataConfig"]["S3OutputPath"][5:].partition("/")
        key = f"{prefix}/{name}/output/model.tar.gz"
        s3 = boto3.client("s3")
        s3.put_object(Bucket=bucket, Key=key, Body=model)
        s3.put_object(Bucket=bucket, Key=f"{prefix}/{name}/output/output.tar.gz", Body=output)
        metrics = []
        for definition in params["AlgorithmSpecification"].get("MetricDefinitions", []):
            values = re.findall(definition["Regex"], log)
            if values:
                entry = {"MetricName": definition["Name"], "Value": float(values[-1])}
                metrics.append({**entry, "Timestamp": datetime.now(UTC)})
        now = datetime.now(UTC)
        self.jobs[name] = {
            "TrainingJobName": name,
            "TrainingJobArn": self.prefix + name,
            "CreationTime": now,
            "LastModifiedTime": now,
            "ModelArtifacts": {"S3ModelArtifacts": f"s3://{bucket}/{key}"},
            "FinalMetricDataList": metrics,
            "states": ["InProgress", "InProgress", "Completed"],
            "tags": params.get("Tags", []),
        }
        return {"TrainingJobArn": self.prefix + name}

    def describe_training_job(self, params: dict[str, Any]) -> dict[str, Any]:
        job = self.jobs.get(params["TrainingJobName"])
        if job is None:
            raise AwsError("ValidationException", "Requested resource not found.")
        return _shown(job)

    def list_training_jobs(self, params: dict[str, Any]) -> dict[str, Any]:
        found = [
            _shown(job)
            for name, job in reversed(self.jobs.items())
            if params.get("NameContains", "") in name
        ]
        wanted = params.get("StatusEquals")
        return {
            "TrainingJobSummaries": [j for j in found if wanted in (None, j["TrainingJobStatus"])]
        }

    def stop_training_job(self, params: dict[str, Any]) -> dict[str, Any]:
        self.jobs[params["TrainingJobName"]]["states"] = ["Stopping", "Stopped"]
        return {}

    def list_tags(self, params: dict[str, Any]) -> dict[str, Any] | None:
        kind, _, name = params["ResourceArn"].rpartition(":")[2].partition("/")
        jobs = {"training-job": self.jobs, "transform-job": self.transforms}.get(kind)
        return {"Tags": jobs[name]["tags"]} if jobs is not None else None  # moto's

    def invoke_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        url = self._model_of(params["EndpointName"])
        kinds = params.get("ContentType", ""), params.get("Accept", "")
        status, text = self._answer(url, *kinds, params["Body"])
        if status != 200:
            raise AwsError("ModelError", f"Received client error ({status}): {text}", 424)
        return {"Body": io.BytesIO(text.encode()), "ContentType": "application/json"}

    def update_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        """The other configuration at once, which moto lacks."""
        endpoint = self._moto.endpoints.get(params["EndpointName"])
        config = self._moto.endpoint_configs.get(params["EndpointConfigName"])
        if endpoint is None or config is None:
            raise AwsError("ValidationException", "Could not find endpoint or configuration.")
        endpoint.endpoint_config_name = config.endpoint_config_name
        return {"EndpointArn": endpoint.arn}

    def delete_model_package(self, params: dict[str, Any]) -> dict[str, Any]:
        """A version, which moto keeps."""
        if self._moto.model_packages.pop(params["ModelPackageName"], None) is None:
            raise AwsError("ValidationException", "Model package does not exist.")
        return {}

    def delete_model_package_group(self, params: dict[str, Any]) -> dict[str, Any]:
        """A group without versions, which moto keeps."""
        name = params["ModelPackageGroupName"]
        if any(p.model_package_group_name == name for p in self._moto.model_packages.values()):
            raise AwsError("ConflictException", f"Model package group {name} has versions.")
        if self._moto.model_package_groups.pop(name, None) is None:
            raise AwsError("ValidationException", f"Model package group {name} does not exist.")
        return {}

    def create_transform_job(self, params: dict[str, Any]) -> dict[str, Any]:
        """One line of each object a request, one line of answers each: what the lake asks for."""
        name = params["TransformJobName"]
        if name in self.transforms:
            raise AwsError("ResourceInUse", f"Transform job {name} already exists")
        source, target = params["TransformInput"], params["TransformOutput"]
        how = (params["BatchStrategy"], source["SplitType"], target["AssembleWith"])
        assert how == ("SingleRecord", "Line", "Line")
        s3, url = boto3.client("s3"), _archive(params["ModelName"])
        bucket, _, prefix = source["DataSource"]["S3DataSource"]["S3Uri"][5:].partition("/")
        to, _, folder = target["S3OutputPath"][5:].partition("/")
        for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", []):
            made = ""
            for line in _read(f"s3://{bucket}/{entry['Key']}").splitlines():
                status, text = self._answer(url, source["ContentType"], target["Accept"], line)
                assert status == 200, text
                made += f"{text}\n"
            key = f"{folder}/{entry['Key'].removeprefix(prefix)}.out"
            s3.put_object(Bucket=to, Key=key, Body=made.encode())
        arn = f"{self.place}:transform-job/{name}"
        self.transforms[name] = {
            "TransformJobName": name,
            "TransformJobArn": arn,
            "CreationTime": datetime.now(UTC),
            "states": ["InProgress", "InProgress", "Completed"],
            "tags": params.get("Tags", []),
        }
        return {"TransformJobArn": arn}

    def describe_transform_job(self, params: dict[str, Any]) -> dict[str, Any]:
        return _transform_shown(self.transforms[params["TransformJobName"]])

    def list_transform_jobs(self, params: dict[str, Any]) -> dict[str, Any]:
        found = [
            _transform_shown(job)
            for name, job in reversed(self.transforms.items())
            if params.get("NameContains", "") in name
        ]
        wanted = params.get("StatusEquals")
        return {
            "TransformJobSummaries": [j for j in found if wanted in (None, j["TransformJobStatus"])]
        }

    def stop_transform_job(self, params: dict[str, Any]) -> dict[str, Any]:
        self.transforms[params["TransformJobName"]]["states"] = ["Stopping", "Stopped"]
        return {}

    # --- at work ----------------------------------------------------------------------------

    def _train(self, params: dict[str, Any]) -> tuple[bytes, bytes, str]:
        hyper = {k: json.loads(v) for k, v in params["HyperParameters"].items()}
        source, program = _read(hyper["sagemaker_submit_directory"]), hyper["sagemaker_program"]
        channels = {
            channel["ChannelName"]: _objects(channel["DataSource"]["S3DataSource"]["S3Uri"])
            for channel in params["InputDataConfig"]
        }
        inputs = [(name, sorted(files.items())) for name, files in sorted(channels.items())]
        digest = hashlib.sha256(repr((source, program, inputs)).encode()).hexdigest()
        if digest not in self.trained:
            root = self.folder / "training" / digest[:12]
            self.trained[digest] = _run(root, source, program, channels)
        return self.trained[digest]

    def _model_of(self, endpoint: str) -> str:
        client = boto3.client("sagemaker")
        known = [e["EndpointName"] for e in client.list_endpoints()["Endpoints"]]
        if endpoint not in known:
            raise AwsError("ValidationError", f"Endpoint {endpoint} of account not found.")
        config = client.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
        variants = client.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
        return _archive(variants[0]["ModelName"])

    def _answer(self, url: str, kind: str, accept: str, body: Any) -> tuple[int, str]:
        """Status and text of a model's answer."""
        process = self._server(url)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(repr((kind, accept, body)) + "\n")
        process.stdin.flush()
        status, text = eval(process.stdout.readline())  # noqa: S307 - our own child's repr
        return status, text

    def _server(self, url: str) -> subprocess.Popen[str]:
        body = _read(url)
        digest = hashlib.sha256(body).hexdigest()
        if digest not in self._servers:
            folder = self.folder / digest[:12]
            with tarfile.open(fileobj=io.BytesIO(body)) as archive:
                archive.extractall(folder, filter="data")
            self._servers[digest] = subprocess.Popen(
                [sys.executable, "-c", _ANSWER, str(folder)],
                env={"PATH": os.environ["PATH"]},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._servers[digest]


def _shown(job: dict[str, Any]) -> dict[str, Any]:
    states = job["states"]
    state = states.pop(0) if len(states) > 1 else states[0]
    shown = {k: v for k, v in job.items() if k not in ("states", "tags")}
    return {**shown, "TrainingJobStatus": state, "SecondaryStatus": state}


def _transform_shown(job: dict[str, Any]) -> dict[str, Any]:
    states = job["states"]
    state = states.pop(0) if len(states) > 1 else states[0]
    return {k: v for k, v in job.items() if k not in ("states", "tags")} | {
        "TransformJobStatus": state
    }


def _archive(model: str) -> str:
    """URL of a model's archive."""
    found = boto3.client("sagemaker").describe_model(ModelName=model)
    return str(found["PrimaryContainer"]["ModelDataUrl"])


def _read(url: str) -> bytes:
    bucket, _, key = url[5:].partition("/")
    return bytes(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def _objects(url: str) -> dict[str, bytes]:
    """What begins with a URL, by the rest of each key; by its name where the key is the URL."""
    bucket, _, prefix = url[5:].partition("/")
    pages = boto3.client("s3").get_paginator("list_objects_v2")
    keys = [
        entry["Key"]
        for page in pages.paginate(Bucket=bucket, Prefix=prefix)
        for entry in page.get("Contents", [])
    ]
    return {
        key.removeprefix(prefix) or key.rpartition("/")[2]: _read(f"s3://{bucket}/{key}")
        for key in keys
    }


def _run(
    root: Path, source: bytes, program: str, channels: dict[str, dict[str, bytes]]
) -> tuple[bytes, bytes, str]:
    """Run a program of the source directory; returns model.tar.gz, output.tar.gz and its log."""
    code, model, output = root / "code", root / "model", root / "output"
    environment = {
        "PATH": os.environ["PATH"],
        "SM_MODEL_DIR": str(model),
        "SM_OUTPUT_DATA_DIR": str(output),
    }
    for folder in (code, model, output):
        folder.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(source)) as archive:
        archive.extractall(code, filter="data")
    for channel, files in channels.items():
        for name, body in files.items():
            path = root / channel / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        environment[f"SM_CHANNEL_{channel.upper()}"] = str(root / channel)
    done = subprocess.run(
        [sys.executable, program],
        cwd=code,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return _packed(model), _packed(output), done.stdout


def _packed(folder: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(folder, arcname=".")
    return packed.getvalue()
