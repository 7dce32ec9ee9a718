"""Runs a training job in script mode: S3 to files, the script as a subprocess, files to S3.

Amazon SageMaker Developer Guide, "How Amazon SageMaker Processes Training Output" and "How
Amazon SageMaker Signals Algorithm Success and Failure".
"""

from __future__ import annotations

import functools
import logging
import os
import re
import shutil
import signal
import sys
import uuid
from collections import deque
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack import config

from lakestack import clock
from lakestack.services.base import client
from lakestack.services.logs.stream import BoundedLog, LogStream
from lakestack.services.processes import ManagedProcess, clean_environment
from lakestack.services.sagemaker import (
    archives,
    launch,
    objects,
    opt_ml,
    rules,
    runtime,
    toolkit,
)
from lakestack.services.sagemaker.container_command import host_command, host_environment
from lakestack.services.sagemaker.metrics import Metrics
from lakestack.services.sagemaker.source import (
    SourceError,
    check_program,
    check_requirements,
    fetch_source,
)
from lakestack.services.sagemaker.training_job import TrainingJob
from lakestack.services.sagemaker.volume import Volume

LOG = logging.getLogger(__name__)
LOG_GROUP = "/aws/sagemaker/TrainingJobs"
DEFAULT_MAX_RUNTIME = 24 * 3600
TAIL_LINES = 50


class JobError(Exception):
    """The job ends as Failed; the text is its FailureReason."""


def stop_grace() -> float:
    """Seconds between SIGTERM and SIGKILL: 120 as on AWS, `$SAGEMAKER_STOP_GRACE_SECONDS`."""
    return float(os.environ.get("SAGEMAKER_STOP_GRACE_SECONDS") or 120)


def start(job: TrainingJob) -> None:
    """Run the job in a thread of its own."""
    job.run_in(functools.partial(_run, job))


def jobs_folder() -> Path:
    """Where the private folders of running jobs are."""
    return Path(config.dirs.tmp) / "sagemaker" / "training"


def _run(job: TrainingJob) -> None:
    tree = toolkit.Tree(jobs_folder() / f"{job.name}-{uuid.uuid4().hex[:8]}" / "opt" / "ml")
    stream = f"{job.name}/{toolkit.HOST}-{clock.wall_ms()}"
    try:
        with LogStream(job.account, job.region, LOG_GROUP, stream) as log:
            status, secondary, reason = _Run(job, tree, log).work()
    except Exception as e:
        LOG.exception("training job %s", job.name)
        status, secondary = "Failed", "Failed"
        reason = f"InternalServerError: {type(e).__name__}: {e}"
    shutil.rmtree(tree.root.parent.parent, ignore_errors=True)
    job.end(status, reason, secondary)


class _Run:
    """One run of one job."""

    def __init__(self, job: TrainingJob, tree: toolkit.Tree, log: LogStream) -> None:
        self.job, self.tree, self.log = job, tree, log
        self.s3 = client(job.account, job.region, "s3")
        self.program, self.source = rules.program_of(job.request)
        algorithm = job.request["AlgorithmSpecification"]
        self.entrypoint = algorithm.get("ContainerEntrypoint") or []
        self.arguments = algorithm.get("ContainerArguments") or []
        definitions = algorithm.get("MetricDefinitions", [])
        self.metrics = Metrics(definitions, log.write)
        self.volume = Volume(job.request["ResourceConfig"].get("VolumeSizeInGB"))
        self.printed = BoundedLog(log)
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)

    def work(self) -> tuple[str, str, str | None]:
        """Do everything; returns status, secondary status and FailureReason."""
        reason, timed_out = None, False
        try:
            self._prepare()
            if not self.job.stop_requested.is_set():
                timed_out = self._train()
        except JobError as e:
            reason = str(e)
            self.log.write(reason)
        self.job.metrics = self.metrics.final()
        try:
            self._upload(reason is None)
        except (ClientError, BotoCoreError, OSError) as e:
            said = f"ClientError: Artifact upload failed: {e}"
            self.log.write(said)
            reason = reason or said
        if reason is not None:
            return "Failed", "Failed", reason
        if timed_out:
            return "Stopped", "MaxRuntimeExceeded", None
        if self.job.stop_requested.is_set():
            return "Stopped", "Stopped", None
        return "Completed", "Completed", None

    def _prepare(self) -> None:
        request = self.job.request
        self._enter("Downloading")
        for name in rules.without_effect(request):
            self.log.write(f"{name} is recorded and has no effect in the emulator")
        try:
            self.tree.make()
            for channel in self._channels():
                self._download(channel)
            instance_type = request["ResourceConfig"]["InstanceType"]
            hyperparameters = request.get("HyperParameters") or {}
            toolkit.write_config(self.tree, hyperparameters, self._channels(), instance_type)
            if not self.entrypoint:
                self._fetch_source()
        except objects.DownloadError as e:
            raise JobError(f"ClientError: Data download failed:{e}") from e
        except SourceError as e:
            raise JobError(f"AlgorithmError: {e}, exit code: 1") from e
        except (OSError, BotoCoreError, ClientError) as e:
            raise JobError(f"ClientError: Data download failed:{e}") from e

    def _fetch_source(self) -> None:
        if not self.program or not self.source:
            raise SourceError(
                "framework error: HyperParameters must have "
                f"{toolkit.PROGRAM} (for example train.py) and {toolkit.SUBMIT_DIRECTORY} "
                "(s3://bucket/sourcedir.tar.gz)"
            )
        fetch_source(self.s3, self.source, self.tree.code, self.volume)
        check_program(self.tree.code, self.program)
        check_requirements(self.tree.code)

    def _download(self, channel: dict[str, Any]) -> None:
        folder = self.tree.data / channel["ChannelName"]
        folder.mkdir()
        source = channel["DataSource"]["S3DataSource"]
        fetch = objects.fetch_prefix
        if source["S3DataType"] == "ManifestFile":
            fetch = objects.fetch_manifest
        count = fetch(self.s3, source["S3Uri"], folder, self.volume.take)
        self.log.write(f"channel {channel['ChannelName']}: {count} objects of {source['S3Uri']}")

    def _train(self) -> bool:
        """Run the script; returns whether it ran longer than it may."""
        job = self.job
        self._enter("Training")
        limit = job.request["StoppingCondition"].get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME)
        command = self._command()
        try:
            process = ManagedProcess(
                command,
                env=self._environment(),
                cwd=self.tree.code,
                on_line=self._line,
                name=f"training job {job.name}",
                file_bytes=job.request["ResourceConfig"].get("VolumeSizeInGB", 30) << 30,
            )
        except (OSError, ValueError) as e:
            raise JobError(f"ClientError: the script could not be started: {e}") from e
        job.attach(process.terminate)
        timed_out = False
        try:
            code = process.wait(limit)
        except TimeoutError:
            timed_out = True
            self.log.write(f"MaxRuntimeInSeconds of {limit} is over; the script is told to stop")
            process.terminate(stop_grace())
            code = process.wait()
        if not timed_out and not job.stop_requested.is_set() and code != 0:
            raise JobError(self._failure(code))
        return timed_out

    def _command(self) -> list[str]:
        """On this machine; its log shows what AWS's would."""
        if self.entrypoint:
            self.log.write(f"Running: {' '.join([*self.entrypoint, *self.arguments])}")
            return host_command(self.tree.root, self.entrypoint, self.arguments)
        shown = " ".join([sys.executable, self.program, *self._script_arguments()])
        self.log.write(f"Invoking script with the following command: {shown}")
        words = [self.program, *self._script_arguments()]
        return opt_ml.inside(
            self.tree.root, [sys.executable, launch.__file__, str(self.tree.root), *words]
        )

    def _script_arguments(self) -> list[str]:
        decoded = toolkit.decode_hyperparameters(self.job.request.get("HyperParameters") or {})
        return toolkit.arguments(toolkit.user_hyperparameters(decoded))

    def _environment(self) -> dict[str, str]:
        job, request = self.job, self.job.request
        home = self.tree.root.parent.parent / "home"
        home.mkdir(exist_ok=True)
        if self.entrypoint:
            extra = host_environment(self.tree.root, request.get("Environment") or {})
            extra.update(TRAINING_JOB_NAME=job.name, TRAINING_JOB_ARN=job.arn)
        else:
            extra = self._toolkit_environment()
        return clean_environment(job.account, job.region, home, extra, what="a training job")

    def _toolkit_environment(self) -> dict[str, str]:
        job, request = self.job, self.job.request
        extra = toolkit.environment(
            self.tree,
            request.get("HyperParameters") or {},
            self._channels(),
            request["ResourceConfig"]["InstanceType"],
            self.program,
            {"name": job.name, "arn": job.arn, "source": self.source},
        )
        extra.update(request.get("Environment") or {})
        if find_spec("sagemaker_training") is None:  # AWS's own toolkit
            paths = (extra.get("PYTHONPATH"), str(Path(runtime.__file__).parent))
            extra["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        return extra

    def _line(self, line: str) -> None:
        self.tail.append(line)
        self.metrics.feed(line)
        self.printed.write(line)

    def _failure(self, code: int) -> str:
        """FailureReason: the script's own words in output/failure, else its last error."""
        number = 128 - code if code < 0 else code
        own = _read_failure(self.tree.failure)
        if own:
            return f"AlgorithmError: {own[:900]}, exit code: {number}"
        if code < 0:
            name = signal.Signals(-code).name
            said = f"the training process was ended by signal {-code} ({name})"
        else:
            said = f'ErrorMessage "{last_error(self.tail)}"'
        if self.entrypoint:
            return f"AlgorithmError: {said[:900]}, exit code: {number}"
        command = " ".join(["python", self.program, *self._script_arguments()])
        return (
            f"AlgorithmError: ExecuteUserScriptError: ExitCode {number} {said[:700]} "
            f'Command "{command[:150]}", exit code: {number}'
        )

    def _upload(self, with_model: bool) -> None:
        job = self.job
        out = job.request["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        bucket, key = objects.split_uri(f"{out}/{job.name}/output/")
        work = self.tree.root.parent
        if with_model and self.tree.model.is_dir():
            self._enter("Uploading")
            self._put(self.tree.model, work / archives.MODEL_ARCHIVE, bucket, key)
            job.model_artifacts = f"s3://{bucket}/{key}{archives.MODEL_ARCHIVE}"
        if self.tree.output_data.is_dir() and any(self.tree.output_data.iterdir()):
            self._put(self.tree.output_data, work / archives.OUTPUT_ARCHIVE, bucket, key)

    def _put(self, folder: Path, archive: Path, bucket: str, key: str) -> None:
        archives.pack(folder, archive)
        self.s3.upload_file(str(archive), bucket, key + archive.name)

    def _enter(self, secondary: str) -> None:
        """Advance, unless the job is stopping: then AWS shows Stopping to the end."""
        if not self.job.stop_requested.is_set():
            self.job.advance(secondary)

    def _channels(self) -> list[dict[str, Any]]:
        return list(self.job.request.get("InputDataConfig") or [])


def last_error(lines: deque[str] | list[str]) -> str:
    """The last line of the last traceback, else the last line that says anything."""
    said = [line.strip() for line in lines if line.strip()]
    for line in reversed(said):
        if re.match(r"[\w.]*(Error|Exception|Interrupt|Exit|Warning)\b", line):
            return line
    return said[-1] if said else ""


def _read_failure(path: Path) -> str:
    try:
        return path.read_bytes()[:4096].decode(errors="replace").strip()
    except OSError:
        return ""
