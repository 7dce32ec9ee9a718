"""Code that will not end is ended: by its deletion, by a stop, and without a trace of a daemon.

Each holds the interpreter's lock, ignores every signal it can, and leaves a daemon with a session
and an environment of its own, which on Linux is found all the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from tests.contract.lambda_.helpers import create
from tests.contract.sagemaker.helpers import ROLE, Hosting, train
from tests.support import wait_until

Aws = Callable[[str], Any]
STUBBORN = """
import os, re, signal, sys
for number in (1, 2, 3, 15):
    signal.signal(number, signal.SIG_IGN)
if sys.platform == "linux" and not os.fork():
    os.setsid()
    if os.fork():
        os._exit(0)
    os.execve("/bin/sleep", ["sleep-MARK", "3600"], {})
"""
HOLD = "print('MARK', flush=True)\nre.match('(a+)+$', 'a' * 64 + 'b')\n"
JOB = STUBBORN + HOLD


def named(mark: str) -> list[psutil.Process]:
    """Live processes whose command line or working folder's files name this mark."""
    found = []
    for process in psutil.process_iter(["cmdline", "cwd", "status"]):
        info = process.info
        text = " ".join([*(info["cmdline"] or []), info["cwd"] or ""])
        if mark in text and info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def await_start(mark: str) -> list[psutil.Process]:
    """Wait for the daemon, and for the process that made it."""
    if sys.platform != "linux":
        pytest.skip("orphans are adopted on Linux only")
    return wait_until(lambda: named(f"sleep-{mark}"), timeout=90, what="the daemon")


def test_a_deleted_function_ends(aws: Aws, name: str) -> None:
    source = (STUBBORN.replace("MARK", name)) + (
        "def handler(event, context):\n    re.match('(a+)+$', 'a' * 64 + 'b')\n"
    )
    create(aws, name, source, Timeout=900)
    aws("lambda").invoke(FunctionName=name, InvocationType="Event")
    daemon = await_start(name)[0]
    supervisor = psutil.Process(daemon.ppid())
    function = wait_until(
        lambda: [c for c in supervisor.children() if c.cpu_times().user > 1], 60, what="it to work"
    )[0]

    aws("lambda").delete_function(FunctionName=name)

    for process in (function, daemon, supervisor):
        wait_until(lambda p=process: not p.is_running(), 60, what=f"{process} to end")  # type: ignore[misc]


def test_a_stopped_glue_job_ends(aws: Aws, name: str, bucket: str) -> None:
    aws("s3").put_object(Bucket=bucket, Key="job.py", Body=JOB.replace("MARK", name).encode())
    glue = aws("glue")
    command = {"Name": "pythonshell", "ScriptLocation": f"s3://{bucket}/job.py"}
    glue.create_job(Name=name, Role=ROLE, Command=command)
    run = glue.start_job_run(JobName=name)["JobRunId"]
    daemon = await_start(name)[0]
    supervisor = psutil.Process(daemon.ppid())
    family = [supervisor, *supervisor.children(recursive=True)]

    glue.batch_stop_job_run(JobName=name, JobRunIds=[run])

    for process in family:
        wait_until(lambda p=process: not p.is_running(), 60, what=f"{process} to end")  # type: ignore[misc]
    wait_until(
        lambda: glue.get_job_run(JobName=name, RunId=run)["JobRun"]["JobRunState"] == "STOPPED"
    )


def test_the_daemon_of_a_failed_training_job_ends(aws: Aws, name: str, bucket: str) -> None:
    train(aws, name, bucket, {"train.py": JOB.replace("MARK", name)}, 600)
    sagemaker = aws("sagemaker")
    daemon = await_start(name)[0]
    supervisor = psutil.Process(daemon.ppid())
    family = [supervisor, *supervisor.children(recursive=True)]
    assert len(family) >= 3

    for process in supervisor.children():  # as the kernel would: no stop asks for anything
        if process.pid != daemon.pid:
            process.kill()

    for process in family:
        wait_until(lambda p=process: not p.is_running(), 60, what=f"{process} to end")  # type: ignore[misc]
    status = wait_until(
        lambda: (
            found
            if (found := sagemaker.describe_training_job(TrainingJobName=name))["TrainingJobStatus"]
            != "InProgress"
            else None
        ),
        60,
    )
    assert status["TrainingJobStatus"] == "Failed"


def test_a_deleted_endpoint_ends(aws: Aws, name: str, bucket: str) -> None:
    code = STUBBORN.replace("MARK", name) + (
        "def model_fn(folder): return None\ndef predict_fn(data, model): return data\n"
    )
    hosting = Hosting(aws, bucket)
    endpoint = hosting.serving(code=code)
    daemon = await_start(name)[0]
    supervisor = psutil.Process(daemon.ppid())
    family = [supervisor, *supervisor.children(recursive=True)]

    aws("sagemaker").delete_endpoint(EndpointName=endpoint)

    for process in family:
        wait_until(lambda p=process: not p.is_running(), 60, what=f"{process} to end")  # type: ignore[misc]


def test_limits_reach_an_endpoint(aws: Aws, bucket: str) -> None:
    code = (
        "import os, resource\n"
        "def model_fn(folder): return None\n"
        "def predict_fn(data, model):\n"
        "    return [resource.getrlimit(resource.RLIMIT_CORE)[1], os.umask(0o077)]\n"
    )
    hosting = Hosting(aws, bucket)
    endpoint = hosting.serving(code=code)
    answer = aws("sagemaker-runtime").invoke_endpoint(
        EndpointName=endpoint, ContentType="application/json", Body=b"{}"
    )
    assert answer["Body"].read() == b"[0, 63]"
    aws("sagemaker").delete_endpoint(EndpointName=endpoint)
