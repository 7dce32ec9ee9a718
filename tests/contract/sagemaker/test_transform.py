"""Batch transform: objects through the model, one .out for each."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker.helpers import Hosting, error
from tests.support import unique, wait_until

LINES = """
import json, os, time

class Bad(Exception):
    status_code = 400

def model_fn(model_dir):
    return int(open(os.path.join(model_dir, "factor.txt")).read())

def transform_fn(model, body, content_type, accept):
    answers = []
    for line in body.splitlines():
        if line == "wait":
            print("waiting", flush=True)
            time.sleep(3600)
        if line == "bad":
            raise Bad("no such user")
        if line == "broken":
            raise ValueError("the model is broken")
        if content_type == "text/csv":
            answers.append(str(model * int(line.split(",")[0])))
        else:
            answers.append(json.dumps({"twice": [model * x for x in json.loads(line)]}))
    if os.environ.get("SHOW"):
        return os.environ["SAGEMAKER_BATCH"] + os.environ["SHOW"] + str(len(answers)), accept
    return "\\n".join(answers), accept
"""


class Transforms:
    """Transform jobs of one model over one folder of a bucket."""

    def __init__(self, hosting: Hosting) -> None:
        self.hosting, self.bucket = hosting, hosting.bucket
        self.client, self.s3 = hosting.sagemaker, hosting.aws("s3")
        self.model = hosting.model(code=LINES)
        self.folder = unique("in")

    def put(self, **objects: str) -> None:
        for name, text in objects.items():
            key = f"{self.folder}/{name.replace('__', '/')}.csv"
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=text.encode())

    def create(self, **given: Any) -> str:
        name = unique("transform")
        source = {
            "S3DataType": "S3Prefix",
            "S3Uri": f"s3://{self.bucket}/{self.folder}/",
            **given.pop("source", {}),
        }
        self.client.create_transform_job(
            **{
                "TransformJobName": name,
                "ModelName": self.model,
                "TransformInput": {
                    "DataSource": {"S3DataSource": source},
                    "ContentType": "text/csv",
                    "SplitType": "Line",
                    **given.pop("input", {}),
                },
                "TransformOutput": {
                    "S3OutputPath": f"s3://{self.bucket}/{name}",
                    "AssembleWith": "Line",
                    **given.pop("output", {}),
                },
                "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
                **given,
            }
        )
        return name

    def ended(self, name: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.describe_transform_job(TransformJobName=name)
            return found if found["TransformJobStatus"] not in ("InProgress", "Stopping") else None

        return wait_until(look, timeout=90, what=f"{name} ends")

    def stored(self, name: str) -> dict[str, str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=f"{name}/").get("Contents", [])
        return {
            each["Key"].removeprefix(f"{name}/"): self.s3.get_object(
                Bucket=self.bucket, Key=each["Key"]
            )["Body"]
            .read()
            .decode()
            for each in found
        }

    def log(self, name: str) -> list[str]:
        logs = self.hosting.aws("logs")
        try:
            events = logs.filter_log_events(
                logGroupName="/aws/sagemaker/TransformJobs", logStreamNamePrefix=name
            )["events"]
        except logs.exceptions.ResourceNotFoundException:  # of the very first job, not yet there
            return []
        return [event["message"] for event in events]


@pytest.fixture
def transforms(hosting: Hosting) -> Transforms:
    return Transforms(hosting)


def test_each_object_gets_an_out(transforms: Transforms) -> None:
    transforms.put(a="1,x\n2,x\n", deep__b="3\n", empty="")
    name = transforms.create(MaxConcurrentTransforms=3, BatchStrategy="SingleRecord")
    found = transforms.ended(name)
    assert found["TransformJobStatus"] == "Completed", found.get("FailureReason")
    assert found["ModelName"] == transforms.model
    assert found["CreationTime"] <= found["TransformStartTime"] <= found["TransformEndTime"]
    assert transforms.stored(name) == {
        "a.csv.out": "2\n4\n",
        "deep/b.csv.out": "6\n",
        "empty.csv.out": "",
    }
    [listed] = transforms.client.list_transform_jobs(NameContains=name)["TransformJobSummaries"]
    assert listed["TransformJobStatus"] == "Completed"
    assert any("MaxConcurrentTransforms=3" in line for line in transforms.log(name))


def test_filters_and_join(transforms: Transforms) -> None:
    transforms.put(users="u1,5\nu2,6\n")
    name = transforms.create(
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
        output={"Accept": "text/csv"},
    )
    assert transforms.ended(name)["TransformJobStatus"] == "Completed"
    assert transforms.stored(name) == {"users.csv.out": "u1,10\nu2,12\n"}
    transforms.put(users='{"id": 1, "x": [1, 2]}\n{"id": 2, "x": []}\n')
    name = transforms.create(
        DataProcessing={"InputFilter": "$.x", "JoinSource": "Input"},
        input={"ContentType": "application/jsonlines"},
    )
    found = transforms.ended(name)
    assert found["TransformJobStatus"] == "Completed", found
    lines = transforms.stored(name)["users.csv.out"].splitlines()
    assert [json.loads(line) for line in lines] == [
        {"id": 1, "x": [1, 2], "SageMakerOutput": {"twice": [2, 4]}},
        {"id": 2, "x": [], "SageMakerOutput": {"twice": []}},
    ]


def test_batches_environment_and_a_manifest(transforms: Transforms) -> None:
    transforms.put(a="1\n2\n3\n", b="1\n", c="1\n")
    manifest = [{"prefix": f"s3://{transforms.bucket}/{transforms.folder}/"}, "a.csv", "c.csv"]
    transforms.s3.put_object(
        Bucket=transforms.bucket, Key="manifest.json", Body=json.dumps(manifest)
    )
    name = transforms.create(
        source={
            "S3DataType": "ManifestFile",
            "S3Uri": f"s3://{transforms.bucket}/manifest.json",
        },
        Environment={"SHOW": "-"},
        BatchStrategy="MultiRecord",
    )
    assert transforms.ended(name)["TransformJobStatus"] == "Completed"
    assert transforms.stored(name) == {"a.csv.out": "true-3\n", "c.csv.out": "true-1\n"}


@pytest.mark.parametrize(("line", "whose"), [("bad", "ClientError"), ("broken", "AlgorithmError")])
def test_an_object_that_fails_leaves_the_others(
    transforms: Transforms, line: str, whose: str
) -> None:
    transforms.put(a="1\n", b=f"1\n{line}\n", c="3\n")
    name = transforms.create(ModelClientConfig={"InvocationsMaxRetries": 1})
    found = transforms.ended(name)
    assert found["TransformJobStatus"] == "Failed"
    assert found["FailureReason"].startswith(f"{whose}: See job logs for more information")
    assert "b.csv" in found["FailureReason"]
    assert set(transforms.stored(name)) == {"a.csv.out", "c.csv.out"}
    assert any("Bad HTTP status received from algorithm" in said for said in transforms.log(name))


def test_an_answer_that_does_not_match_its_records(transforms: Transforms) -> None:
    transforms.put(a="1\n2\n")
    name = transforms.create(
        DataProcessing={"JoinSource": "Input"}, Environment={"SHOW": "x"}, MaxPayloadInMB=1
    )
    found = transforms.ended(name)
    assert found["TransformJobStatus"] == "Failed"
    assert "answered 2 records with 1 lines" in found["FailureReason"]


def test_a_model_that_does_not_start_and_an_empty_folder(transforms: Transforms) -> None:
    transforms.put(a="1\n")
    broken = transforms.hosting.model(code="raise RuntimeError('no model')")
    found = transforms.ended(transforms.create(ModelName=broken))
    assert found["TransformJobStatus"] == "Failed"
    assert "failed to respond to ping" in found["FailureReason"]
    assert "no model" in found["FailureReason"]
    source = {"S3Uri": f"s3://{transforms.bucket}/nothing-here/"}
    found = transforms.ended(transforms.create(source=source))
    assert "No S3 objects found" in found["FailureReason"]


def test_a_job_is_stopped(transforms: Transforms) -> None:
    transforms.put(a="1\n", b="wait\n")
    name = transforms.create()
    wait_until(lambda: "waiting" in transforms.log(name), timeout=60, what="the model waits")
    transforms.client.stop_transform_job(TransformJobName=name)
    found = transforms.ended(name)
    assert found["TransformJobStatus"] == "Stopped"
    assert "FailureReason" not in found
    assert set(transforms.stored(name)) == {"a.csv.out"}
    with pytest.raises(ClientError) as caught:
        transforms.client.stop_transform_job(TransformJobName=name)
    assert "in status Stopped" in error(caught)[1]


def test_refused(transforms: Transforms) -> None:
    name = transforms.create(source={"S3Uri": f"s3://{transforms.bucket}/nothing/"})
    refused: list[tuple[dict[str, Any], str, str]] = [
        ({"TransformJobName": name}, "ResourceInUse", "must be unique"),
        ({"ModelName": "none"}, "ValidationException", "Could not find model"),
        ({"input": {"SplitType": "RecordIO"}}, "ValidationException", "SplitType RecordIO"),
        ({"input": {"SplitType": "TFRecord"}}, "ValidationException", "SplitType TFRecord"),
        (
            {"source": {"S3DataType": "AugmentedManifestFile"}},
            "ValidationException",
            "AugmentedManifestFile",
        ),
        (
            {"MaxPayloadInMB": 60, "MaxConcurrentTransforms": 2},
            "ValidationException",
            "must not exceed 100 MB",
        ),
        ({"DataProcessing": {"InputFilter": "$..x"}}, "ValidationException", "InputFilter"),
        ({"BatchStrategy": "Some"}, "ValidationException", "batchStrategy"),
        (
            {"TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 9}},
            "ResourceLimitExceeded",
            "transform job usage",
        ),
    ]
    for given, code, said in refused:
        with pytest.raises(ClientError) as caught:
            transforms.create(**given)
        assert error(caught)[0] == code, error(caught)
        assert said in error(caught)[1]
    for call in (transforms.client.describe_transform_job, transforms.client.stop_transform_job):
        with pytest.raises(ClientError) as caught:
            call(TransformJobName="none")
        assert error(caught) == (
            "ValidationException",
            "Could not find requested job with name: none",
        )
