"""SageMaker training jobs in script mode, through boto3."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.sagemaker.helpers import IMAGE, ROLE, Aws, tarball
from tests.support import unique, wait_until

FINAL = ("Completed", "Failed", "Stopped")

HAPPY = """
import argparse, json, os, pathlib
parser = argparse.ArgumentParser()
parser.add_argument("--factors", type=int)
parser.add_argument("--solver")
options = parser.parse_args()
channel = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
names = sorted(str(p.relative_to(channel)) for p in channel.rglob("*") if p.is_file())
facts = {"names": names, "factors": options.factors, "solver": options.solver,
         "hp": os.environ["SM_HP_FACTORS"], "mine": os.environ["MINE"],
         "job": os.environ["TRAINING_JOB_NAME"], "channels": os.environ["SM_CHANNELS"],
         "config": json.loads(pathlib.Path(os.environ["SM_INPUT_CONFIG_DIR"],
                                           "hyperparameters.json").read_text())}
pathlib.Path(os.environ["SM_MODEL_DIR"], "facts.json").write_text(json.dumps(facts))
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "report.txt").write_text("fine")
print("metric loss=0.5;")
print("metric loss=0.25;", flush=True)
"""
WAITS = """
import pathlib, os, signal, time
pathlib.Path(os.environ["SM_MODEL_DIR"], "partial").write_text("kept")
print("waiting", flush=True)
time.sleep(120)
"""


def request(bucket: str, **changes: Any) -> dict[str, Any]:
    values: dict[str, Any] = {
        "TrainingJobName": unique("job"),
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "loss", "Regex": "metric loss=([0-9.]+);"}],
        },
        "RoleArn": ROLE,
        "HyperParameters": {
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": json.dumps(f"s3://{bucket}/code/sourcedir.tar.gz"),
            "factors": "8",
            "solver": '"cg"',
        },
        "InputDataConfig": [channel("train", f"s3://{bucket}/data/")],
        "OutputDataConfig": {"S3OutputPath": f"s3://{bucket}/models"},
        "ResourceConfig": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 10,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 120},
        "Environment": {"MINE": "yes"},
    }
    values.update(changes)
    return values


def channel(name: str, uri: str, kind: str = "S3Prefix") -> dict[str, Any]:
    return {
        "ChannelName": name,
        "DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": uri}},
    }


@pytest.fixture
def lake(aws: Aws, bucket: str) -> str:
    """A bucket with two input files."""
    for key in ("data/rating/a.csv", "data/movies/b.csv"):
        aws("s3").put_object(Bucket=bucket, Key=key, Body=b"x,y\n")
    return bucket


def start(aws: Aws, bucket: str, script: str, **changes: Any) -> str:
    files = {"train.py": script, **changes.pop("files", {})}
    aws("s3").put_object(Bucket=bucket, Key="code/sourcedir.tar.gz", Body=tarball(files))
    values = request(bucket, **changes)
    aws("sagemaker").create_training_job(**values)
    return str(values["TrainingJobName"])


def ended(aws: Aws, job: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = aws("sagemaker").describe_training_job(TrainingJobName=job)
        return found if found["TrainingJobStatus"] in FINAL else None

    return wait_until(look, timeout=60, what=f"end of {job}")


def archive(aws: Aws, uri: str) -> dict[str, bytes]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    body = aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar if m.isfile()}  # type: ignore[union-attr]


def log_lines(aws: Aws, job: str) -> list[str]:
    group = "/aws/sagemaker/TrainingJobs"
    streams = aws("logs").describe_log_streams(logGroupName=group, logStreamNamePrefix=f"{job}/")
    stream = streams["logStreams"][0]["logStreamName"]
    assert stream.startswith(f"{job}/algo-1-")
    events = aws("logs").get_log_events(logGroupName=group, logStreamName=stream)["events"]
    return [event["message"] for event in events]


def test_script_gets_its_contract_and_leaves_a_model(aws: Aws, lake: str) -> None:
    job = start(aws, lake, HAPPY)
    found = ended(aws, job)
    assert found["TrainingJobStatus"] == "Completed", found.get("FailureReason")
    uri = f"s3://{lake}/models/{job}/output/model.tar.gz"
    assert found["ModelArtifacts"]["S3ModelArtifacts"] == uri
    facts = json.loads(archive(aws, uri)["facts.json"])
    assert facts["names"] == ["movies/b.csv", "rating/a.csv"]
    assert (facts["factors"], facts["solver"], facts["hp"]) == (8, "cg", "8")
    assert (facts["mine"], facts["job"], facts["channels"]) == ("yes", job, '["train"]')
    assert facts["config"]["sagemaker_program"] == '"train.py"'
    output = archive(aws, uri.replace("model.tar.gz", "output.tar.gz"))
    assert output == {"report.txt": b"fine"}
    metric = found["FinalMetricDataList"][0]
    assert (metric["MetricName"], metric["Value"]) == ("loss", 0.25)
    statuses = [t["Status"] for t in found["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all(t["StartTime"] <= t["EndTime"] for t in found["SecondaryStatusTransitions"])
    assert found["TrainingTimeInSeconds"] >= 1
    assert found["BillableTimeInSeconds"] >= 1
    assert "metric loss=0.25;" in log_lines(aws, job)


def test_waiter_lists_and_tags(aws: Aws, lake: str) -> None:
    tags = [{"Key": "lake", "Value": "movielens"}]
    job = start(aws, lake, "print('done')", Tags=tags)
    aws("sagemaker").get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName=job, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    listed = aws("sagemaker").list_training_jobs(NameContains=job, StatusEquals="Completed")
    assert [s["TrainingJobName"] for s in listed["TrainingJobSummaries"]] == [job]
    arn = listed["TrainingJobSummaries"][0]["TrainingJobArn"]
    aws("sagemaker").add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    aws("sagemaker").delete_tags(ResourceArn=arn, TagKeys=["lake"])
    assert aws("sagemaker").list_tags(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_same_model_gives_the_same_bytes(aws: Aws, lake: str) -> None:
    script = "import os; open(os.environ['SM_MODEL_DIR'] + '/m', 'w').write('42')"
    bodies = []
    for _ in range(2):
        found = ended(aws, start(aws, lake, script))
        key = found["ModelArtifacts"]["S3ModelArtifacts"].partition(lake + "/")[2]
        bodies.append(aws("s3").get_object(Bucket=lake, Key=key)["Body"].read())
    assert bodies[0] == bodies[1]


def test_failure_file_is_the_failure_reason(aws: Aws, lake: str) -> None:
    script = """
import os, sys
open(os.path.join(os.environ["SM_OUTPUT_DIR"], "failure"), "w").write("no ratings at all")
sys.exit(3)
"""
    found = ended(aws, start(aws, lake, script))
    assert found["TrainingJobStatus"] == "Failed"
    assert found["FailureReason"] == "AlgorithmError: no ratings at all, exit code: 3"
    assert "ModelArtifacts" not in found


def test_exception_is_the_failure_reason(aws: Aws, lake: str) -> None:
    job = start(aws, lake, "raise ValueError('rating 7 is off the scale')")
    found = ended(aws, job)
    assert found["SecondaryStatus"] == "Failed"
    reason = found["FailureReason"]
    assert reason.startswith("AlgorithmError: ExecuteUserScriptError: ExitCode 1")
    assert 'ErrorMessage "ValueError: rating 7 is off the scale"' in reason
    assert reason.endswith("exit code: 1")
    assert "ValueError: rating 7 is off the scale" in log_lines(aws, job)


def test_killed_script_names_the_signal(aws: Aws, lake: str) -> None:
    found = ended(aws, start(aws, lake, "import os; os.kill(os.getpid(), 9)"))
    assert "signal 9 (SIGKILL)" in found["FailureReason"]
    assert found["FailureReason"].endswith("exit code: 137")


def _running(aws: Aws, job: str) -> bool:
    try:
        return "waiting" in log_lines(aws, job)
    except (ClientError, IndexError):
        return False


def test_stop_keeps_the_model(aws: Aws, lake: str) -> None:
    job = start(aws, lake, WAITS)
    wait_until(lambda: _running(aws, job))
    aws("sagemaker").stop_training_job(TrainingJobName=job)
    found = ended(aws, job)
    assert (found["TrainingJobStatus"], found["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert archive(aws, found["ModelArtifacts"]["S3ModelArtifacts"]) == {"partial": b"kept"}
    with pytest.raises(ClientError, match="status Stopped"):
        aws("sagemaker").stop_training_job(TrainingJobName=job)


def test_stopped_script_may_finish_its_work(aws: Aws, lake: str) -> None:
    script = """
import os, pathlib, signal, sys, time
def save(number, frame):
    pathlib.Path(os.environ["SM_MODEL_DIR"], "saved").write_text("in time")
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print("waiting", flush=True)
time.sleep(120)
"""
    job = start(aws, lake, script)
    wait_until(lambda: _running(aws, job))
    aws("sagemaker").stop_training_job(TrainingJobName=job)
    found = ended(aws, job)
    assert found["TrainingJobStatus"] == "Stopped"
    assert archive(aws, found["ModelArtifacts"]["S3ModelArtifacts"]) == {"saved": b"in time"}
    statuses = [t["Status"] for t in found["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Stopping", "Stopped"]


def test_max_runtime_stops_and_keeps_the_model(aws: Aws, lake: str) -> None:
    found = ended(aws, start(aws, lake, WAITS, StoppingCondition={"MaxRuntimeInSeconds": 3}))
    assert found["TrainingJobStatus"] == "Stopped"
    assert found["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert archive(aws, found["ModelArtifacts"]["S3ModelArtifacts"]) == {"partial": b"kept"}


def test_source_that_climbs_out_is_refused(aws: Aws, lake: str) -> None:
    job = start(aws, lake, "print('never')", files={"../../evil.py": "print('evil')"})
    found = ended(aws, job)
    assert found["TrainingJobStatus"] == "Failed"
    assert "evil.py" in found["FailureReason"]
    assert "'../../evil.py'" in found["FailureReason"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"requirements.txt": "no-such-package==1.0\nnumpy<1\n"}, "no-such-package==1.0 is not"),
        ({"requirements.txt": "numpy<1\n"}, "numpy<1 is needed"),
        ({"requirements.txt": "-r other.txt\n"}, "the option '-r'"),
    ],
)
def test_unmet_requirements_fail(aws: Aws, lake: str, files: dict[str, str], said: str) -> None:
    found = ended(aws, start(aws, lake, "print('never')", files=files))
    assert found["TrainingJobStatus"] == "Failed"
    assert said in found["FailureReason"]


def test_missing_source_fails_and_names_it(aws: Aws, lake: str) -> None:
    values = request(lake)
    values["HyperParameters"]["sagemaker_submit_directory"] = f"s3://{lake}/none.tar.gz"
    aws("sagemaker").create_training_job(**values)
    reason = ended(aws, values["TrainingJobName"])["FailureReason"]
    assert "none.tar.gz" in reason
    assert "NoSuchKey" in reason


def test_container_of_a_framework_fails_without_a_script(aws: Aws, lake: str) -> None:
    found = ended(aws, start(aws, lake, "", HyperParameters={"alpha": "1"}))
    assert found["TrainingJobStatus"] == "Failed"
    assert found["FailureReason"].startswith("AlgorithmError: framework error: ")
    assert "sagemaker_program" in found["FailureReason"]


def test_missing_program_names_what_is_there(aws: Aws, lake: str) -> None:
    values = request(lake)
    hyperparameters = {**values["HyperParameters"], "sagemaker_program": "other.py"}
    reason = ended(aws, start(aws, lake, "", HyperParameters=hyperparameters))["FailureReason"]
    assert "'other.py' is not in the source; it has train.py" in reason


def test_manifest_channel(aws: Aws, lake: str) -> None:
    manifest = [{"prefix": f"s3://{lake}/data/"}, "rating/a.csv"]
    aws("s3").put_object(Bucket=lake, Key="list.manifest", Body=json.dumps(manifest).encode())
    channels = [channel("train", f"s3://{lake}/list.manifest", "ManifestFile")]
    found = ended(aws, start(aws, lake, HAPPY, InputDataConfig=channels))
    facts = json.loads(archive(aws, found["ModelArtifacts"]["S3ModelArtifacts"])["facts.json"])
    assert facts["names"] == ["rating/a.csv"]


def test_many_lines_and_undecodable_output_are_logged(aws: Aws, lake: str) -> None:
    script = (
        "import sys; sys.stdout.buffer.write(b'\\xff\\xfe\\n'); print('line\\n' * 9000 + 'end')"
    )
    job = start(aws, lake, script)
    assert ended(aws, job)["TrainingJobStatus"] == "Completed"
    lines = log_lines(aws, job)
    assert lines[-1] == "end"
    assert lines.count("line") == 9000


def _with(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(values: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        for parent in parents:
            values = values[int(parent)] if isinstance(values, list) else values[parent]
        values[last] = value

    return change


def _without_script(values: dict[str, Any]) -> None:
    """An image that may hold an algorithm of its own, which cannot run here."""
    values["HyperParameters"] = {}
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/own-algorithm:1"
    values["AlgorithmSpecification"]["TrainingImage"] = image


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (_with("TrainingJobName", "no_underscores"), "ValidationException", "'trainingJobName'"),
        (_with("TrainingJobName", "x" * 64), "ValidationException", "less than or equal to 63"),
        (
            _with("AlgorithmSpecification.TrainingImage", "python:3.11"),
            "ValidationException",
            "non-ECR image",
        ),
        (
            _with("AlgorithmSpecification.TrainingInputMode", "Pipe"),
            "ValidationException",
            "Pipe",
        ),
        (_with("ResourceConfig.InstanceCount", 2), "ResourceLimitExceeded", "delta of 2"),
        (_with("ResourceConfig.InstanceType", "ml.huge"), "ValidationException", "enum value set"),
        (_without_script, "ValidationException", "sagemaker_program"),
        (
            _with("InputDataConfig.0.DataSource.S3DataSource.S3Uri", "s3://no-such-bucket-x/a"),
            "ValidationException",
            "No S3 objects found under S3 URL",
        ),
        (
            _with("AlgorithmSpecification.MetricDefinitions", [{"Name": "a", "Regex": "("}]),
            "ValidationException",
            "regex of metric a",
        ),
        (
            _with("CheckpointConfig", {"S3Uri": "s3://b/c"}),
            "ValidationException",
            "CheckpointConfig",
        ),
    ],
)
def test_refused_requests(
    aws: Aws, lake: str, change: Callable[[dict[str, Any]], None], code: str, said: str
) -> None:
    values = request(lake)
    change(values)
    with pytest.raises(ClientError) as caught:
        aws("sagemaker").create_training_job(**values)
    assert caught.value.response["Error"]["Code"] == code
    assert said in caught.value.response["Error"]["Message"]


def test_names_are_unique_and_unknown_jobs_are_not_found(aws: Aws, lake: str) -> None:
    job = start(aws, lake, "print('done')")
    with pytest.raises(ClientError) as caught:
        aws("sagemaker").create_training_job(**request(lake, TrainingJobName=job))
    assert caught.value.response["Error"]["Code"] == "ResourceInUse"
    for call in (aws("sagemaker").describe_training_job, aws("sagemaker").stop_training_job):
        with pytest.raises(ClientError) as caught:
            call(TrainingJobName=unique("none"))
        assert caught.value.response["Error"]["Message"] == "Requested resource not found."
    ended(aws, job)
