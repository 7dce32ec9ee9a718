"""Training jobs of a ContainerEntrypoint, as ModelTrainer of the Python SDK 3 makes them.

API Reference, "AlgorithmSpecification".
"""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lakestack.services.sagemaker import opt_ml
from tests.contract.lambda_.helpers import Aws
from tests.contract.sagemaker.helpers import IMAGE, ROLE, error
from tests.support import unique, wait_until

TRAIN = """
import json, os, pathlib, sys
channels = json.loads(pathlib.Path("/opt/ml/input/config/inputdataconfig.json").read_text())
said = {"channels": sorted(channels), "mine": os.environ["MINE"], "arguments": sys.argv[1:],
        "job": os.environ["TRAINING_JOB_NAME"], "script": "SM_MODEL_DIR" in os.environ}
pathlib.Path("/opt/ml/model/said.json").write_text(json.dumps(said))
"""
SHELL = "#!/bin/bash\nset -e\ncd /opt/ml/input/data/code && python3 train.py from-shell\n"
FAILS = "import sys; print('ValueError: no such thing'); sys.exit(3)"
needs_namespaces = pytest.mark.skipif(
    not opt_ml.available(), reason="no mount namespaces for this user"
)


def begin(aws: Aws, bucket: str, files: dict[str, str], *entrypoint: str, **more: Any) -> str:
    """Begin a job with these files in the channel `code`."""
    name = unique("entrypoint")
    for file, text in files.items():
        aws("s3").put_object(Bucket=bucket, Key=f"{name}/{file}", Body=text.encode())
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": f"s3://{bucket}/{name}/",
        "S3DataDistributionType": "FullyReplicated",
    }
    aws("sagemaker").create_training_job(
        TrainingJobName=name,
        RoleArn=ROLE,
        AlgorithmSpecification={
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": list(entrypoint),
            **more,
        },
        InputDataConfig=[{"ChannelName": "code", "DataSource": {"S3DataSource": source}}],
        Environment={"MINE": "/opt/ml/model"},
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 240},
    )
    return name


def ended(aws: Aws, name: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = aws("sagemaker").describe_training_job(TrainingJobName=name)
        return found if found["TrainingJobStatus"] != "InProgress" else None

    return wait_until(look, timeout=240, what="the job's end")


def said(aws: Aws, bucket: str, name: str) -> dict[str, Any]:
    key = f"out/{name}/output/model.tar.gz"
    body = aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        file = archive.extractfile("said.json")
        assert file is not None
        return dict(json.loads(file.read()))


def test_a_python_script_of_a_channel(aws: Aws, bucket: str) -> None:
    script = "/opt/ml/input/data/code/train.py"
    name = begin(aws, bucket, {"train.py": TRAIN}, "python3", script, ContainerArguments=["--a"])
    job = ended(aws, name)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert job["AlgorithmSpecification"]["ContainerEntrypoint"] == ["python3", script]
    found = said(aws, bucket, name)
    assert found.pop("mine").endswith("/opt/ml/model")
    # The toolkit's variables are made by the image's own entry point, which is not run.
    assert found == {"channels": ["code"], "arguments": ["--a"], "job": name, "script": False}


@needs_namespaces
def test_a_shell_whose_scripts_name_opt_ml(aws: Aws, bucket: str) -> None:
    line = "chmod +x /opt/ml/input/data/code/run.sh && /opt/ml/input/data/code/run.sh"
    files = {"train.py": TRAIN, "run.sh": SHELL}
    name = begin(aws, bucket, files, "/bin/bash", ContainerArguments=["-c", line])
    job = ended(aws, name)
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    assert said(aws, bucket, name)["arguments"] == ["from-shell"]
    assert said(aws, bucket, name)["mine"] == "/opt/ml/model"


def test_a_failure_names_what_was_said_last(aws: Aws, bucket: str) -> None:
    script = "/opt/ml/input/data/code/train.py"
    job = ended(aws, begin(aws, bucket, {"train.py": FAILS}, "python3", script))
    assert job["TrainingJobStatus"] == "Failed"
    assert "ValueError: no such thing" in job["FailureReason"]
    assert job["FailureReason"].endswith("exit code: 3")


@pytest.mark.parametrize(
    ("entrypoint", "more", "expected"),
    [
        (["/usr/bin/train"], {}, "/usr/bin/train of the image itself"),
        ([], {"ContainerArguments": ["--a"]}, "the image's own entry point"),
    ],
)
def test_a_program_of_the_image_is_refused(
    aws: Aws, bucket: str, entrypoint: list[str], more: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ClientError) as caught:
        if entrypoint:
            begin(aws, bucket, {}, *entrypoint, **more)
        else:
            _without(aws, bucket, more)
    assert error(caught)[0] == "ValidationException"
    assert expected in error(caught)[1]


def _without(aws: Aws, bucket: str, more: dict[str, Any]) -> None:
    aws("sagemaker").create_training_job(
        TrainingJobName=unique("entrypoint"),
        RoleArn=ROLE,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File", **more},
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/out"},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        StoppingCondition={"MaxRuntimeInSeconds": 240},
    )
