"""Archives that reach outside or are too large, at each service that unpacks them."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.contract.sagemaker.helpers import IMAGE, tarball
from tests.contract.sagemaker.helpers import ROLE as SAGEMAKER_ROLE
from tests.support import wait_until
from tests.unit.archives.hostile_archives import Member, link, write_zip

Aws = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/x"
GOOD = Member("m.py", "def h(e, c): return 1")


def package(tmp_path: Path, *members: Member) -> bytes:
    return write_zip(tmp_path / "package.zip", [GOOD, *members]).read_bytes()


def bomb(megabytes: int) -> bytes:
    """A tar file, gzip, of that many zeros."""
    member = tarfile.TarInfo("zeros")
    member.size = megabytes << 20
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as out:
        out.write(member.tobuf())
        for _ in range(megabytes):
            out.write(bytes(1 << 20))
        out.write(bytes(1024))
    return packed.getvalue()


def create(aws: Aws, name: str, code: bytes) -> None:
    aws("lambda").create_function(
        FunctionName=name, Runtime="python3.11", Role=ROLE, Handler="m.h", Code={"ZipFile": code}
    )


def test_packages_that_reach_outside_are_refused_everywhere(
    aws: Aws, name: str, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    bad = package(tmp_path, link("ln", str(outside)), Member("ln/planted", "x"))
    absolute = package(tmp_path, Member(str(outside / "absolute"), "x"))
    create(aws, name, package(tmp_path))
    functions = aws("lambda")
    for code in (bad, absolute):
        for call in (
            lambda code=code: create(aws, f"{name}-bad", code),
            lambda code=code: functions.update_function_code(FunctionName=name, ZipFile=code),
            lambda code=code: functions.publish_layer_version(
                LayerName=name, Content={"ZipFile": code}
            ),
        ):
            with pytest.raises(ClientError, match=r"Could not unzip uploaded file.*the entry '"):
                call()
    assert not list(outside.iterdir())


def test_a_package_may_have_links_inside(aws: Aws, name: str, tmp_path: Path) -> None:
    code = package(tmp_path, link("n.py", "m.py"))
    functions = aws("lambda")
    functions.create_function(
        FunctionName=name, Runtime="python3.11", Role=ROLE, Handler="n.h", Code={"ZipFile": code}
    )
    functions.get_waiter("function_active_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
    )
    assert functions.invoke(FunctionName=name)["Payload"].read() == b"1"


def test_a_package_larger_than_250_mb_is_refused(aws: Aws, name: str) -> None:
    packed = io.BytesIO()
    with (
        zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("zeros", "w") as out,
    ):
        for _ in range(250):
            out.write(bytes(1 << 20))
    with pytest.raises(ClientError, match="Unzipped size must be smaller than 262144000 bytes"):
        create(aws, name, packed.getvalue())


def test_a_damaged_package_fails_with_the_entry_and_can_be_deleted(
    aws: Aws, name: str, tmp_path: Path
) -> None:
    code = bytearray(package(tmp_path, Member("data", "x" * 500)))
    for magic, offset in ((b"PK\x01\x02", 16), (b"PK\x03\x04", 14)):
        at = code.rindex(magic)
        code[at + offset : at + offset + 4] = struct.pack("<I", 1)  # the checksum of `data`
    functions = aws("lambda")
    create(aws, name, bytes(code))

    def state() -> Any:
        found = functions.get_function(FunctionName=name)["Configuration"]
        return found if found["State"] != "Pending" else None

    found = wait_until(state, timeout=120)
    assert found["State"] == "Failed" and "the entry 'data'" in found["StateReason"]
    functions.delete_function(FunctionName=name)
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_function(FunctionName=name)


@pytest.mark.parametrize(
    ("archive", "reason"),
    [
        (tarball({"train.py": "pass", "../evil": "x"}), "the entry '../evil'"),
        (bomb(1100), "volume of 1 GB"),
    ],
    ids=["outside", "bomb"],
)
def test_a_source_that_cannot_be_unpacked_fails_the_training(
    aws: Aws, bucket: str, name: str, archive: bytes, reason: str
) -> None:
    aws("s3").put_object(Bucket=bucket, Key="s.tar.gz", Body=archive)
    training = aws("sagemaker")
    training.create_training_job(
        TrainingJobName=name,
        RoleArn=SAGEMAKER_ROLE,
        AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        HyperParameters={
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"s3://{bucket}/s.tar.gz",
        },
        OutputDataConfig={"S3OutputPath": f"s3://{bucket}/out"},
        ResourceConfig={
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            "VolumeSizeInGB": 1,
        },
        StoppingCondition={"MaxRuntimeInSeconds": 120},
    )

    def ended() -> Any:
        job = training.describe_training_job(TrainingJobName=name)
        return job if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") else None

    job = wait_until(ended, timeout=280)
    assert job["TrainingJobStatus"] == "Failed"
    assert reason in job["FailureReason"]


def test_python_files_of_a_glue_job_that_reach_outside_fail_the_run(
    aws: Aws, bucket: str, name: str, tmp_path: Path
) -> None:
    s3, glue = aws("s3"), aws("glue")
    s3.put_object(Bucket=bucket, Key="job.py", Body=b"print('ran')")
    s3.put_object(Bucket=bucket, Key="x.zip", Body=package(tmp_path, Member("../evil", "x")))
    glue.create_job(
        Name=name,
        Role=ROLE,
        Command={
            "Name": "pythonshell",
            "PythonVersion": "3.9",
            "ScriptLocation": f"s3://{bucket}/job.py",
        },
        DefaultArguments={"--extra-py-files": f"s3://{bucket}/x.zip"},
    )
    run = glue.start_job_run(JobName=name)["JobRunId"]

    def ended() -> Any:
        found = glue.get_job_run(JobName=name, RunId=run)["JobRun"]
        return found if found["JobRunState"] in ("SUCCEEDED", "FAILED") else None

    found = wait_until(ended, timeout=120)
    assert found["JobRunState"] == "FAILED" and "the entry '../evil'" in found["ErrorMessage"]


def test_a_packed_request_body_has_a_bound(emulator: str) -> None:
    """A signed request of 150 KB that unpacks to 150 MB."""
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb") as out:
        for _ in range(150):
            out.write(b" " * (1 << 20))
        out.write(b"{}")
    assert _post(emulator, bomb.getvalue())[0] == 413
    assert _post(emulator, gzip.compress(b"{}")) == (200, b"StreamNames")
    assert _post(emulator, gzip.compress(b"{}")[:-9])[0] == 400


def _post(emulator: str, body: bytes) -> tuple[int, bytes]:
    request = AWSRequest(
        "POST",
        emulator,
        data=body,
        headers={
            "X-Amz-Target": "Kinesis_20131202.ListStreams",
            "Content-Type": "application/x-amz-json-1.1",
            "Content-Encoding": "gzip",
        },
    )
    SigV4Auth(Credentials("test", "test"), "kinesis", "us-east-1").add_auth(request)
    answer = urllib3.request(
        "POST", emulator, body=body, headers=dict(request.headers.items()), timeout=120
    )
    return answer.status, b"StreamNames" if b"StreamNames" in answer.data else b""
