"""Processing jobs: S3 to folders, a script, folders to S3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker.helpers import IMAGE, ROLE, Aws, error
from tests.support import unique, wait_until

BASE = "/opt/ml/processing"
COUNTS = f"""
import json, os, pathlib, sys
import helper

files = pathlib.Path("{BASE}/input/data").rglob("*.csv")
rows = sum(len(file.read_text().splitlines()) for file in files)
out = pathlib.Path(os.environ["OUT"], "deep")
out.mkdir()
(out / "count.json").write_text(json.dumps({{"rows": rows, "arguments": sys.argv[1:]}}))
config = json.loads(pathlib.Path("/opt/ml/config/processingjobconfig.json").read_text())
print("job", config["ProcessingJobName"], helper.NAME, flush=True)
pathlib.Path("/opt/ml/output/message").write_text("counted " + str(rows))
"""
WAITS = f"""
import pathlib, time
pathlib.Path("{BASE}/output/part").write_text("so far")
print("waiting", flush=True)
time.sleep(3600)
"""


class Processing:
    """Processing jobs over one folder of a bucket."""

    def __init__(self, aws: Aws, bucket: str) -> None:
        self.aws, self.bucket = aws, bucket
        self.client, self.s3 = aws("sagemaker"), aws("s3")
        for key, body in (("data/a.csv", "1\n2\n"), ("data/more/b.csv", "3\n")):
            self.s3.put_object(Bucket=bucket, Key=key, Body=body.encode())

    def input(self, name: str, uri: str, **more: Any) -> dict[str, Any]:
        source = {
            "S3Uri": f"s3://{self.bucket}/{uri}",
            "LocalPath": f"{BASE}/input/{name}",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File",
        }
        return {"InputName": name, "S3Input": {**source, **more}}

    def create(self, script: str, mode: str = "EndOfJob", **given: Any) -> str:
        name = unique("processing")
        for file, text in (("script.py", script), ("helper.py", "NAME = 'helper'\n")):
            self.s3.put_object(Bucket=self.bucket, Key=f"{name}-code/{file}", Body=text.encode())
        output = {
            "S3Uri": f"s3://{self.bucket}/{name}-out",
            "LocalPath": f"{BASE}/output",
            "S3UploadMode": mode,
        }
        self.client.create_processing_job(
            **{
                "ProcessingJobName": name,
                "RoleArn": ROLE,
                "AppSpecification": {
                    "ImageUri": IMAGE,
                    "ContainerEntrypoint": ["python3", f"{BASE}/input/code/script.py"],
                    "ContainerArguments": ["--folder", f"{BASE}/x", "s3://b/opt/ml"],
                },
                "Environment": {"OUT": f"{BASE}/output"},
                "ProcessingInputs": [
                    self.input("code", f"{name}-code/"),
                    self.input("data", "data/"),
                ],
                "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": output}]},
                "ProcessingResources": {
                    "ClusterConfig": {
                        "InstanceCount": 1,
                        "InstanceType": "ml.m5.large",
                        "VolumeSizeInGB": 1,
                    }
                },
                **given,
            }
        )
        return name

    def ended(self, name: str) -> dict[str, Any]:
        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = self.client.describe_processing_job(ProcessingJobName=name)
            running = found["ProcessingJobStatus"] in ("InProgress", "Stopping")
            return None if running else found

        return wait_until(look, timeout=90, what=f"{name} ends")

    def stored(self, name: str) -> dict[str, str]:
        prefix = f"{name}-out/"
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        keys = [each["Key"] for each in found]
        return {
            key.removeprefix(prefix): self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]
            .read()
            .decode()
            for key in keys
        }

    def log(self, name: str) -> list[str]:
        events = self.aws("logs").filter_log_events(
            logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix=name
        )["events"]
        return [event["message"] for event in events]


@pytest.fixture
def processing(aws: Aws, bucket: str) -> Processing:
    return Processing(aws, bucket)


def test_a_script_reads_inputs_and_writes_outputs(processing: Processing) -> None:
    name = processing.create(COUNTS)
    found = processing.ended(name)
    assert found["ProcessingJobStatus"] == "Completed", found.get("FailureReason")
    assert found["ExitMessage"] == "counted 3"
    assert found["CreationTime"] <= found["ProcessingStartTime"] <= found["ProcessingEndTime"]
    assert found["AppSpecification"]["ContainerArguments"][0] == "--folder"
    stored = processing.stored(name)
    assert set(stored) == {"deep/count.json"}
    counted = json.loads(stored["deep/count.json"])
    assert counted["rows"] == 3
    assert counted["arguments"][0] == "--folder"
    assert counted["arguments"][1].endswith("/opt/ml/processing/x")
    assert counted["arguments"][2] == "s3://b/opt/ml"
    assert f"job {name} helper" in processing.log(name)
    [listed] = processing.client.list_processing_jobs(NameContains=name)["ProcessingJobSummaries"]
    assert listed["ProcessingJobStatus"] == "Completed"


def test_a_script_that_fails(processing: Processing) -> None:
    name = processing.create(
        "open('/opt/ml/output/message', 'w').write('no ratings')\n"
        f"open('{BASE}/output/half', 'w').write('x')\n"
        "raise ValueError('nothing to do')\n"
    )
    found = processing.ended(name)
    assert found["ProcessingJobStatus"] == "Failed"
    assert found["FailureReason"].startswith("AlgorithmError: See job logs for more information")
    assert "exit code: 1" in found["FailureReason"]
    assert "ValueError: nothing to do" in found["FailureReason"]
    assert found["ExitMessage"] == "no ratings"
    assert processing.stored(name) == {}


def test_an_exit_message_is_text_of_one_kilobyte(processing: Processing) -> None:
    name = processing.create("open('/opt/ml/output/message', 'w').write('ü' * 1000)\n")
    assert processing.ended(name)["ExitMessage"] == "ü" * 512
    name = processing.create("open('/opt/ml/output/message', 'wb').write(b'\\xff')\n")
    found = processing.ended(name)
    assert found["ProcessingJobStatus"] == "Failed"
    assert "not UTF-8" in found["FailureReason"]


def test_an_input_that_is_not_there(processing: Processing) -> None:
    code = processing.input("code", "none/")
    found = processing.ended(processing.create(COUNTS, ProcessingInputs=[code]))
    assert found["ProcessingJobStatus"] == "Failed"
    assert found["FailureReason"].startswith("ClientError: Data download failed")


def test_continuous_outputs_and_stopping(processing: Processing) -> None:
    name = processing.create(WAITS, mode="Continuous")
    wait_until(lambda: processing.stored(name) == {"part": "so far"}, timeout=60, what="it uploads")
    processing.client.stop_processing_job(ProcessingJobName=name)
    found = processing.ended(name)
    assert found["ProcessingJobStatus"] == "Stopped"
    assert "FailureReason" not in found
    with pytest.raises(ClientError) as caught:
        processing.client.stop_processing_job(ProcessingJobName=name)
    assert "in status Stopped" in error(caught)[1]


def test_a_job_that_takes_too_long_is_stopped(processing: Processing) -> None:
    name = processing.create(WAITS, StoppingCondition={"MaxRuntimeInSeconds": 2})
    assert processing.ended(name)["ProcessingJobStatus"] == "Stopped"
    assert any("MaxRuntimeInSeconds of 2 is over" in line for line in processing.log(name))


def test_refused(processing: Processing) -> None:
    name = processing.create("")
    script = f"{BASE}/input/code/script.py"
    code = processing.input("code", "data/")

    def application(*entrypoint: str, image: str = IMAGE) -> dict[str, Any]:
        return {"ImageUri": image, "ContainerEntrypoint": list(entrypoint)}

    def cluster(count: int) -> dict[str, Any]:
        settings = {"InstanceCount": count, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        return {"ClusterConfig": settings}

    refused: list[tuple[dict[str, Any], str, str]] = [
        ({"ProcessingJobName": name}, "ResourceInUse", "must be unique"),
        ({"AppSpecification": {"ImageUri": IMAGE}}, "ValidationException", "the entry point of"),
        (
            {"AppSpecification": application("bash", "/x.sh")},
            "ValidationException",
            "the script /x.sh of the image itself",
        ),
        (
            {"AppSpecification": application("python3", "/code/own.py")},
            "ValidationException",
            "/code/own.py of the image itself",
        ),
        (
            {"AppSpecification": application("python3", script, image="own")},
            "ValidationException",
            "non-ECR image",
        ),
        ({"ProcessingResources": cluster(2)}, "ResourceLimitExceeded", "processing job usage"),
        ({"ProcessingInputs": [code, code]}, "ValidationException", "must be unique"),
        (
            {"ProcessingInputs": [processing.input("code", "data/", LocalPath="/srv/x")]},
            "ValidationException",
            "must begin with /opt/ml/processing/",
        ),
        (
            {"ProcessingInputs": [processing.input("code", "d/", LocalPath=f"{BASE}/../../x")]},
            "ValidationException",
            "must begin with /opt/ml/processing/",
        ),
        (
            {"ProcessingInputs": [processing.input("code", "data/", S3InputMode="Pipe")]},
            "ValidationException",
            "S3InputMode Pipe",
        ),
    ]
    for given, code_, said in refused:
        with pytest.raises(ClientError) as caught:
            processing.create("", **given)
        assert error(caught)[0] == code_, error(caught)
        assert said in error(caught)[1]
    with pytest.raises(ClientError) as caught:
        processing.client.describe_processing_job(ProcessingJobName="none")
    assert error(caught)[1] == "Could not find requested job with name: none"
