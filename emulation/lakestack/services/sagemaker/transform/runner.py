"""Runs a transform job: containers of its model, each object through them, the answers to S3.

Amazon SageMaker API Reference, "CreateTransformJob", "TransformOutput" and "ModelClientConfig".
An object's ``.out`` is stored when all of it has been answered; the others go on when one fails,
and the job has failed then.
"""

from __future__ import annotations

import shutil
import uuid
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from botocore.exceptions import BotoCoreError, ClientError
from localstack import config

from lakestack import clock
from lakestack.services.base import client
from lakestack.services.logs.stream import LogStream
from lakestack.services.sagemaker import objects
from lakestack.services.sagemaker.container import InvocationError, UnavailableError
from lakestack.services.sagemaker.hosting import Deployment, DeploymentError, Variant
from lakestack.services.sagemaker.transform.checks import DEFAULT_PAYLOAD_MB
from lakestack.services.sagemaker.transform.filters import DataProcessing, FilterError
from lakestack.services.sagemaker.transform.records import (
    MEGABYTE,
    RecordError,
    batches,
    records,
)
from lakestack.services.sagemaker.transform_job import TransformJob
from lakestack.services.sagemaker.volume import Volume

LOG_GROUP = "/aws/sagemaker/TransformJobs"
INVOCATION_SECONDS, INVOCATION_RETRIES = 600, 3
"""The defaults of ModelClientConfig."""
RETRY_SECONDS = 0.2
SEE_LOGS = "See job logs for more information"


class _AnswerError(Exception):
    """The model has not answered a request; `kind` is whose fault that is."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class TransformDeployment(Deployment):
    """The containers of one transform job."""

    NOT_HEALTHY = "Model container failed to respond to ping: {1}"
    FAULT = "{1}"
    WHAT = "a transform job"

    def log_of(self, variant: Variant, instance: str) -> LogStream:  # noqa: ARG002 - there is one
        return LogStream(
            self.account,
            self.region,
            LOG_GROUP,
            f"{self.endpoint}/{instance}-{clock.wall_ms()}",
        )


def jobs_folder() -> Path:
    """Where the private folders of running jobs are."""
    return Path(config.dirs.tmp) / "sagemaker" / "transform"


def start(job: TransformJob) -> None:
    """Run the job in a thread of its own."""
    job.run(lambda: _run(job))


def _run(job: TransformJob) -> str | None:
    folder = jobs_folder() / f"{job.name}-{uuid.uuid4().hex[:8]}"
    stream = f"{job.name}/i-{uuid.uuid4().hex[:17]}-{clock.wall_ms()}/data-log"
    try:
        folder.mkdir(parents=True, mode=0o700)
        with LogStream(job.account, job.region, LOG_GROUP, stream) as log:
            return _Run(job, folder, log).work()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Run:
    """One run of one job."""

    def __init__(self, job: TransformJob, folder: Path, log: LogStream) -> None:
        self.job, self.folder, self.log = job, folder, log
        request = job.request
        self.s3 = client(job.account, job.region, "s3")
        self.input, self.output = request["TransformInput"], request["TransformOutput"]
        self.filters = DataProcessing(request)
        self.split = self.input.get("SplitType", "None") == "Line"
        self.many = request.get("BatchStrategy", "MultiRecord") == "MultiRecord"
        self.megabytes = request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)
        self.limit = self.megabytes * MEGABYTE or None
        self.parallel = max(1, request.get("MaxConcurrentTransforms", 1))
        self.instances = request["TransformResources"]["InstanceCount"]
        patience = request.get("ModelClientConfig") or {}
        self.seconds = patience.get("InvocationsTimeoutInSeconds", INVOCATION_SECONDS)
        self.retries = patience.get("InvocationsMaxRetries", INVOCATION_RETRIES)
        self.volume = Volume(None)
        self.variant = Variant(
            {"VariantName": "AllTraffic", "InitialInstanceCount": self.instances},
            {**job.container, "Environment": self._environment()},
        )

    def work(self) -> str | None:
        """Do everything; returns the FailureReason."""
        job = self.job
        job.begin()
        try:
            sources = list(self._sources())
        except objects.DownloadError as e:
            return f"ClientError: Data download failed: {e}"
        if not sources:
            uri = self.input["DataSource"]["S3DataSource"]["S3Uri"]
            return f'ClientError: No S3 objects found under S3 URL "{uri}"'
        strategy = "MULTI_RECORD" if self.many else "SINGLE_RECORD"
        self.log.write(
            f"sagemaker logs: MaxConcurrentTransforms={self.parallel}, "
            f"MaxPayloadInMB={self.megabytes}, BatchStrategy={strategy}"
        )
        deployment = TransformDeployment(
            job.account, job.region, job.name, job.name, [self.variant], self._dead
        )
        job.attach(lambda _grace: deployment.stop())
        try:
            deployment.start()
            return self._all(sources)
        except DeploymentError as e:
            return f"AlgorithmError: {e}"
        finally:
            deployment.stop()

    def _dead(self, _deployment: Deployment, reason: str) -> None:
        self.log.write(f"the container could not be kept running: {reason}")

    def _all(self, sources: list[tuple[str, str]]) -> str | None:
        failed: list[str] = []
        with ThreadPoolExecutor(self.parallel * self.instances, "transform") as pool:
            for uri, name in sources:
                if self.job.stop_requested.is_set():
                    return None
                fault = self._one(pool, uri, name)
                if fault:
                    self.log.write(f"{uri}: {fault}")
                    failed.append(f"{fault.partition(':')[0]}: {SEE_LOGS} ({uri}: {fault})")
        return failed[0] if failed else None

    def _one(self, pool: ThreadPoolExecutor, uri: str, name: str) -> str | None:
        """Transform one object; returns what was wrong."""
        came, made = self.folder / "input", self.folder / "output"
        try:
            left = self.volume.left
            objects.fetch(self.s3, uri, came, self.volume.take)
            with made.open("wb") as out:
                self._transform(pool, came, out)
            self.volume.left = left  # the object is not needed any more
            if self.job.stop_requested.is_set():
                return None
            bucket, prefix = objects.split_uri(self.output["S3OutputPath"].rstrip("/") + "/")
            self.s3.upload_file(str(made), bucket, f"{prefix}{name}.out")
        except (objects.DownloadError, RecordError, FilterError) as e:
            return f"ClientError: {e}"
        except _AnswerError as e:
            return f"{e.kind}: {e}"
        except (ClientError, BotoCoreError, OSError) as e:
            return f"ClientError: the output cannot be stored: {e}"
        return None

    def _transform(self, pool: ThreadPoolExecutor, came: Path, out: BinaryIO) -> None:
        gzipped = self.input.get("CompressionType", "None") == "Gzip"
        found = records(came, split=self.split, gzipped=gzipped, limit=self.limit)
        waiting: deque[Future[bytes]] = deque()
        most = 2 * self.parallel * self.instances
        try:
            for batch in batches(found, many=self.split and self.many, limit=self.limit):
                if self.job.stop_requested.is_set():
                    return
                waiting.append(pool.submit(self._answered, batch))
                if len(waiting) == most:
                    self._store(waiting.popleft().result(), out)
            while waiting:
                self._store(waiting.popleft().result(), out)
        finally:
            for future in waiting:
                future.cancel()

    def _store(self, answer: bytes, out: BinaryIO) -> None:
        out.write(answer)
        if self.output.get("AssembleWith", "None") == "Line" and not answer.endswith(b"\n"):
            out.write(b"\n")

    def _answered(self, batch: list[bytes]) -> bytes:
        """What is stored for a batch of records."""
        answer = self._invoke(b"\n".join(self.filters.for_model(record) for record in batch))
        if not self.filters.answers:
            return answer
        answers = [answer]
        if self.split:
            answers = [line for line in answer.splitlines() if line.strip()]
        if len(answers) != len(batch):
            raise FilterError(
                f"the model has answered {len(batch)} records with {len(answers)} lines, which "
                "cannot be joined; valid is one line for each, or BatchStrategy SingleRecord"
            )
        return b"\n".join(map(self.filters.kept, batch, answers))

    def _invoke(self, body: bytes) -> bytes:
        for left in range(self.retries, -1, -1):
            try:
                container = self.variant.next_container()
                answer = container.invoke(body, self._headers(), self.seconds)
            except (UnavailableError, InvocationError) as e:
                fault = _AnswerError("AlgorithmError", str(e))
            else:
                if answer.status < 300:
                    return answer.body
                said = answer.body[:512].decode(errors="replace")
                fault = _AnswerError(
                    "ClientError" if answer.status < 500 else "AlgorithmError",
                    f"Bad HTTP status received from algorithm: {answer.status} {said}",
                )
                if answer.status < 500:
                    break
            if not left or self.job.stop_requested.wait(RETRY_SECONDS):
                break
        raise fault

    def _headers(self) -> dict[str, str]:
        given = {"Content-Type": self.input.get("ContentType"), "Accept": self.output.get("Accept")}
        return {name: value for name, value in given.items() if value}

    def _sources(self) -> Iterator[tuple[str, str]]:
        """URI of each object, and its name below the output path."""
        source = self.input["DataSource"]["S3DataSource"]
        bucket, prefix = objects.split_uri(source["S3Uri"])
        if source["S3DataType"] == "S3Prefix":
            for key in objects.keys(self.s3, source["S3Uri"]):
                yield f"s3://{bucket}/{key}", objects.relative_name(prefix, key)
            return
        common, names = objects.read_manifest(
            self.s3, source["S3Uri"], self.folder / "manifest", self.volume.take
        )
        for name in names:
            yield common + name, name.lstrip("/")

    def _environment(self) -> dict[str, str]:
        """Of the containers: the model's, the job's, and what SageMaker says of a batch."""
        return {
            **(self.job.container.get("Environment") or {}),
            **(self.job.request.get("Environment") or {}),
            "SAGEMAKER_BATCH": "true",
            "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(self.megabytes),
            "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD" if self.many else "SINGLE_RECORD",
            "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(self.parallel),
        }
