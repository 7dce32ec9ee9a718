"""Runs a processing job: inputs to files, the script as a subprocess, outputs to S3.

Amazon SageMaker Developer Guide, "How Amazon SageMaker Processing Runs Your Processing Container
Image", "How Amazon SageMaker Processing Configures Input and Output For Your Processing Container"
and "Save and Access Metadata Information About Your Processing Job".
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections import deque
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack import config

from lakestack import clock
from lakestack.services.base import client
from lakestack.services.logs.stream import BoundedLog, LogStream
from lakestack.services.processes import ManagedProcess, clean_environment
from lakestack.services.sagemaker import objects, toolkit
from lakestack.services.sagemaker.container_command import host_command, host_environment
from lakestack.services.sagemaker.processing.outputs import Outputs
from lakestack.services.sagemaker.processing_job import ProcessingJob
from lakestack.services.sagemaker.training import last_error, stop_grace
from lakestack.services.sagemaker.volume import Volume

LOG_GROUP = "/aws/sagemaker/ProcessingJobs"
DEFAULT_MAX_RUNTIME = 24 * 3600
UPLOAD_SECONDS = 1.0
"""Between two looks at Continuous outputs: our guess."""
MAX_EXIT_MESSAGE = 1024
TAIL_LINES = 50
WITHOUT_EFFECT = ("NetworkConfig", "ExperimentConfig")


def jobs_folder() -> Path:
    """Where the private folders of running jobs are."""
    return Path(config.dirs.tmp) / "sagemaker" / "processing"


def start(job: ProcessingJob) -> None:
    """Run the job in a thread of its own."""
    job.run(lambda: _run(job))


def _run(job: ProcessingJob) -> str | None:
    folder = jobs_folder() / f"{job.name}-{uuid.uuid4().hex[:8]}"
    stream = f"{job.name}/{toolkit.HOST}-{clock.wall_ms()}"
    try:
        with LogStream(job.account, job.region, LOG_GROUP, stream) as log:
            reason = _Run(job, folder.resolve(), log).work()
            if reason:
                log.write(reason)
            return reason
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Run:
    """One run of one job."""

    def __init__(self, job: ProcessingJob, folder: Path, log: LogStream) -> None:
        self.job, self.log, self.request = job, log, job.request
        self.s3 = client(job.account, job.region, "s3")
        self.root, self.home = folder / "opt" / "ml", folder / "home"
        self.gigabytes = self.request["ProcessingResources"]["ClusterConfig"]["VolumeSizeInGB"]
        self.volume = Volume(self.gigabytes)
        given = (self.request.get("ProcessingOutputConfig") or {}).get("Outputs") or []
        self.outputs = Outputs(self.s3, given, self._folder)
        self.printed = BoundedLog(log)
        self.tail: deque[str] = deque(maxlen=TAIL_LINES)

    def work(self) -> str | None:
        """Do everything; returns the FailureReason."""
        try:
            self._prepare()
        except (objects.DownloadError, OSError, ClientError, BotoCoreError) as e:
            return f"ClientError: Data download failed:{e}"
        if self.job.stop_requested.is_set():
            return None
        self.job.begin()
        try:
            reason = self._process()
            unreadable = self._exit_message()
            reason = reason or unreadable
            self.outputs.upload(ended=reason is None)
        except (ClientError, BotoCoreError, OSError) as e:
            return f"ClientError: Data upload failed: {e}"
        return reason

    def _prepare(self) -> None:
        for name in WITHOUT_EFFECT:
            if self.request.get(name):
                self.log.write(f"{name} is recorded and has no effect in the emulator")
        self.root.mkdir(parents=True, mode=0o700)
        for folder in (self.home, self.root / "config", self.root / "output"):
            folder.mkdir(parents=True)
        for folder in self.outputs.folders:
            folder.mkdir(parents=True, exist_ok=True)
        for each in self.request.get("ProcessingInputs") or []:
            source = each["S3Input"]
            folder = self._folder(source)
            folder.mkdir(parents=True, exist_ok=True)
            fetch = objects.fetch_prefix
            if source["S3DataType"] == "ManifestFile":
                fetch = objects.fetch_manifest
            count = fetch(self.s3, source["S3Uri"], folder, self.volume.take)
            self.log.write(f"input {each['InputName']}: {count} objects of {source['S3Uri']}")
        cluster = self.request["ProcessingResources"]["ClusterConfig"]
        for name, content in (
            ("processingjobconfig", {"ProcessingJobArn": self.job.arn, **self.request}),
            ("resourceconfig", toolkit.resource_config(cluster["InstanceType"])),
        ):
            text = json.dumps(content, default=str)
            (self.root / "config" / f"{name}.json").write_text(text)

    def _process(self) -> str | None:
        """Run the script until it ends, or for as long as it may."""
        application = self.request["AppSpecification"]
        entrypoint = application["ContainerEntrypoint"]
        arguments = application.get("ContainerArguments") or []
        command = host_command(self.root, entrypoint, arguments)
        self.log.write(f"Running: {' '.join([*entrypoint, *arguments])}")
        try:
            process = ManagedProcess(
                command,
                env=self._environment(),
                cwd=self.root / "processing",
                on_line=self._line,
                name=f"processing job {self.job.name}",
                file_bytes=self.gigabytes << 30,
            )
        except (OSError, ValueError) as e:
            return f"ClientError: the script could not be started: {e}"
        self.job.attach(process.terminate)
        code = self._wait(process)
        if code == 0 or self.job.stop_requested.is_set():
            return None
        number = 128 - code if code < 0 else code
        said = last_error(self.tail)[:600]
        return f"AlgorithmError: See job logs for more information, exit code: {number} ({said})"

    def _wait(self, process: ManagedProcess) -> int:
        limit = (self.request.get("StoppingCondition") or {}).get(
            "MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME
        )
        deadline = clock.steady() + limit
        while (left := deadline - clock.steady()) > 0:
            try:
                return process.wait(min(left, UPLOAD_SECONDS))
            except TimeoutError:
                self.outputs.upload(ended=False)
        self.log.write(f"MaxRuntimeInSeconds of {limit} is over; the script is told to stop")
        self.job.stop_requested.set()
        process.terminate(stop_grace())
        return process.wait()

    def _exit_message(self) -> str | None:
        """Keep the exit message; returns a FailureReason when it is no text."""
        try:
            with (self.root / "output" / "message").open("rb") as file:
                content = file.read(MAX_EXIT_MESSAGE + 4)
        except OSError:
            return None
        try:
            text = content.decode()
        except UnicodeDecodeError as e:
            if e.start < MAX_EXIT_MESSAGE:
                return f"ClientError: /opt/ml/output/message is not UTF-8: {e}"
            text = content[: e.start].decode()
        self.job.exit_message = text.encode()[:MAX_EXIT_MESSAGE].decode(errors="ignore")
        return None

    def _environment(self) -> dict[str, str]:
        extra = host_environment(self.root, self.request.get("Environment") or {})
        job = self.job
        return clean_environment(job.account, job.region, self.home, extra, what="a processing job")

    def _line(self, line: str) -> None:
        self.tail.append(line)
        self.printed.write(line)

    def _folder(self, place: dict[str, Any]) -> Path:
        return self.root / PurePosixPath(place["LocalPath"]).relative_to("/opt/ml")
