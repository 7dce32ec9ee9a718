"""Doubles of SageMaker's training and answers: our own train.py and inference.py at work.

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

    trained: dict[str, tuple[bytes, str]] = {}
    """By what went in: model.tar.gz and log. The same input gives the same model."""

    def __init__(self, account: str, region: str, folder: Path) -> None:
        self.prefix = f"arn:aws:sagemaker:{region}:{account}:training-job/"
        self.folder = folder
        self.jobs: dict[str, dict[str, Any]] = {}
        self._servers: dict[str, subprocess.Popen[str]] = {}

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
        model, log = self._train(params)
        bucket, _, prefix = params["OutputDataConfig"]["S3OutputPath"][5:].partition("/")
        key = f"{prefix}/{name}/output/model.tar.gz"
        boto3.client("s3").put_object(Bucket=bucket, Key=key, Body=model)
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
        if not params["ResourceArn"].startswith(self.prefix):
            return None  # moto's
        return {"Tags": self.jobs[params["ResourceArn"].removeprefix(self.prefix)]["tags"]}

    def invoke_endpoint(self, params: dict[str, Any]) -> dict[str, Any]:
        url = self._model_of(params["EndpointName"])
        body = params["Body"]
        line = repr((params.get("ContentType", ""), params.get("Accept", ""), body))
        process = self._server(url)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()
        status, text = eval(process.stdout.readline())  # noqa: S307 - our own child's repr
        if status != 200:
            raise AwsError("ModelError", f"Received client error ({status}): {text}", 424)
        return {"Body": io.BytesIO(text.encode()), "ContentType": "application/json"}

    # --- at work ----------------------------------------------------------------------------

    def _train(self, params: dict[str, Any]) -> tuple[bytes, str]:
        hyper = {k: json.loads(v) for k, v in params["HyperParameters"].items()}
        source = _read(hyper["sagemaker_submit_directory"])
        uri = params["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
        bucket, _, prefix = uri[5:].partition("/")
        s3 = boto3.client("s3")
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        files = {e["Key"].removeprefix(prefix): _read(f"s3://{bucket}/{e['Key']}") for e in listed}
        digest = hashlib.sha256(repr((source, sorted(files.items()))).encode()).hexdigest()
        if digest not in self.trained:
            self.trained[digest] = self._run(source, files, hyper["sagemaker_program"])
        return self.trained[digest]

    def _run(self, source: bytes, files: dict[str, bytes], program: str) -> tuple[bytes, str]:
        root = self.folder / "training"
        code, channel = root / "code", root / "input"
        for folder in (code, channel, root / "model", root / "output"):
            folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(source)) as archive:
            archive.extractall(code, filter="data")
        for name, body in files.items():
            (channel / name).parent.mkdir(parents=True, exist_ok=True)
            (channel / name).write_bytes(body)
        done = subprocess.run(
            [sys.executable, program],
            cwd=code,
            env={
                "PATH": os.environ["PATH"],
                "SM_CHANNEL_TRAIN": str(channel),
                "SM_MODEL_DIR": str(root / "model"),
                "SM_OUTPUT_DATA_DIR": str(root / "output"),
            },
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as archive:
            archive.add(root / "model", arcname=".")
        return packed.getvalue(), done.stdout

    def _model_of(self, endpoint: str) -> str:
        client = boto3.client("sagemaker")
        known = [e["EndpointName"] for e in client.list_endpoints()["Endpoints"]]
        if endpoint not in known:
            raise AwsError("ValidationError", f"Endpoint {endpoint} of account not found.")
        config = client.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
        variants = client.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
        model = client.describe_model(ModelName=variants[0]["ModelName"])
        return str(model["PrimaryContainer"]["ModelDataUrl"])

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


def _read(url: str) -> bytes:
    bucket, _, key = url[5:].partition("/")
    return bytes(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
