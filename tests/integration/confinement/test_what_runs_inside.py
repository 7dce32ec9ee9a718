"""What code inside the emulator can read of its user's: the environment, folders, descriptors."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from lakestack import paths
from tests.contract.lambda_.helpers import create, invoke
from tests.contract.sagemaker.helpers import Hosting
from tests.integration.faults.lake_runs import Machine
from tests.support import unique, wait_until

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "s3cr3t-aws",
    "AWS_SESSION_TOKEN": "s3cr3t-session",
    "AWS_BEARER_TOKEN_BEDROCK": "s3cr3t-bearer",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "s3cr3t-container",
    "GITHUB_TOKEN": "s3cr3t-github",
    "SSH_AUTH_SOCK": "/run/s3cr3t-agent",
    "GPG_AGENT_INFO": "/run/s3cr3t-gpg",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path=/run/s3cr3t-bus",
    "DATABASE_URL": "postgres://user:s3cr3t@host",
    "HTTPS_PROXY": "http://user:s3cr3t@proxy:1",
    "NPM_TOKEN": "s3cr3t-npm",
    "KUBECONFIG": "/run/s3cr3t-kube",
}
LOOK = """
import glob, os
def seen():
    found = {"environment": dict(os.environ), "home": os.environ["HOME"]}
    found["home mode"] = os.stat(found["home"]).st_mode & 0o777
    found["expanded"] = os.path.expanduser("~")
    parents, pid = [], os.getpid()
    while pid > 1 and len(parents) < 3:
        pid = int(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[1])
        try:
            parents.append(open(f"/proc/{pid}/environ", errors="replace").read())
        except OSError:
            break
    found["parents"] = parents
    found["descriptors"] = sorted(
        os.readlink(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")
        if os.path.exists(f"/proc/self/fd/{n}"))
    return found
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """An emulator started from a shell full of secrets."""
    folder = tmp_path_factory.mktemp("inside")
    with Machine(folder / "lake", extra=SECRETS) as made:
        yield made


@pytest.fixture(scope="module")
def seen(machine: Machine) -> dict[str, Any]:
    """What a function, a Glue job and an endpoint see."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("looks through /proc")
    bucket, name = unique("inside"), unique("inside")
    s3, glue = machine.client("s3"), machine.client("glue")
    s3.create_bucket(Bucket=bucket)
    script = LOOK + (
        "import boto3, json\n"
        f"boto3.client('s3').put_object(Bucket='{bucket}', Key='o', Body=json.dumps(seen()))\n"
    )
    s3.put_object(Bucket=bucket, Key="job.py", Body=script.encode())
    command = {"Name": "pythonshell", "ScriptLocation": f"s3://{bucket}/job.py"}
    glue.create_job(Name=name, Role="arn:aws:iam::000000000000:role/r", Command=command)
    glue.start_job_run(JobName=name)
    create(machine.client, name, LOOK + "def handler(event, context): return seen()")
    found = {"function": invoke(machine.client, name).payload}
    hosting = Hosting(machine.client, bucket)
    endpoint = hosting.serving(
        code=LOOK + "def model_fn(d): return None\ndef predict_fn(data, model): return seen()\n"
    )
    answer = machine.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body=b"{}"
    )
    found["endpoint"] = json.loads(answer["Body"].read())
    wait_until(lambda: "Contents" in s3.list_objects_v2(Bucket=bucket, Prefix="o"), 60)
    found["job"] = json.loads(s3.get_object(Bucket=bucket, Key="o")["Body"].read())
    return found


@pytest.mark.parametrize("kind", ["function", "job", "endpoint"])
def test_no_secret_reaches_code_inside(seen: dict[str, Any], kind: str) -> None:
    found = seen[kind]
    assert "s3cr3t" not in json.dumps(found["environment"])
    assert len(found["parents"]) >= 2
    assert [p for p in found["parents"] if "s3cr3t" in p] == []
    environment = found["environment"]
    assert (
        environment["AWS_CONFIG_FILE"] == environment["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"
    )


@pytest.mark.parametrize("kind", ["function", "job", "endpoint"])
def test_its_home_is_its_own(machine: Machine, seen: dict[str, Any], kind: str) -> None:
    found = seen[kind]
    state = machine.folder / "state" / f"emulator-{machine.port}"
    assert Path(found["home"]).is_relative_to(state)
    assert found["home"] == found["expanded"]
    assert found["home mode"] == 0o700


@pytest.mark.parametrize("kind", ["function", "job", "endpoint"])
def test_it_inherits_no_descriptor(machine: Machine, seen: dict[str, Any], kind: str) -> None:
    kinds = {name.partition(":")[0] for name in seen[kind]["descriptors"]}
    assert kinds <= {"pipe", "socket", "anon_inode", "/dev/null", "/dev/urandom"}


def test_no_process_of_the_emulator_carries_a_secret(
    machine: Machine, seen: dict[str, Any]
) -> None:
    processes = machine.processes()
    assert len(processes) > 3
    for process in processes:
        assert "s3cr3t" not in json.dumps(process.environ()), process
        assert process.terminal() is None
        assert psutil.Process(process.pid).uids().real == os.getuid()


def is_open(path: Path) -> bool:
    """Whether others than its owner may use a file; one that is gone by now is not open."""
    try:
        return stat.S_IMODE(path.lstat().st_mode) & 0o077 != 0
    except FileNotFoundError:
        return False


def test_state_is_for_its_owner_alone(machine: Machine, seen: dict[str, Any]) -> None:
    state = machine.folder / "state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    own = state / f"emulator-{machine.port}"
    open_to_others = [
        path
        for path in (own, *own.rglob("*"))
        # A file in a closed folder may have the mode that it was copied with.
        if (path.is_dir() or path.parent == own) and not path.is_symlink()
        if is_open(path)
    ]
    assert open_to_others == []


def test_a_state_folder_of_an_earlier_version_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "emulator-1"
    assert stat.S_IMODE(paths.private(folder).stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
    folder.chmod(0o755)
    assert stat.S_IMODE(paths.private(folder).stat().st_mode) == 0o700
    link = tmp_path / "link"
    link.symlink_to(folder, target_is_directory=True)
    with pytest.raises(PermissionError, match="not a folder of yours"):
        paths.private(link)
