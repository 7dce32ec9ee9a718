"""Deployments: an endpoint configuration's variants as running containers."""

from __future__ import annotations

import random
import shutil
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack import config

from lakestack.archives import ArchiveError
from lakestack.services.base import client
from lakestack.services.logs.stream import LogStream
from lakestack.services.processes import clean_environment
from lakestack.services.sagemaker.archives import extract
from lakestack.services.sagemaker.container import Container, ContainerStartError, Files
from lakestack.services.sagemaker.objects import DownloadError, fetch
from lakestack.services.sagemaker.source import (
    SourceError,
    check_program,
    check_requirements,
    fetch_source,
)
from lakestack.services.sagemaker.volume import Volume

LOG_GROUP = "/aws/sagemaker/Endpoints"
STARTUP_SECONDS = 600.0
PROGRAM = "inference.py"
READS_SUBMIT_DIRECTORY = ("sagemaker-scikit-learn", "sagemaker-xgboost")
"""Repositories whose containers serve code from SAGEMAKER_SUBMIT_DIRECTORY in S3: those built on
sagemaker-containers. All others use sagemaker-inference, which knows code/ of the model archive
alone (both packages' `environment` modules, as published)."""
NO_CODE = (
    "Please provide a model_fn implementation: the model archive has no code/ folder; this image "
    "does not read SAGEMAKER_SUBMIT_DIRECTORY"
)


class DeploymentError(Exception):
    """The containers could not be brought up; the text is the endpoint's FailureReason."""


@dataclass
class Variant:
    """One production variant: its configuration, its model's container, what runs.

    Args:
        settings: the ProductionVariant of the endpoint configuration
        container: the model's container definition
    """

    settings: Mapping[str, Any]
    container: Mapping[str, Any]
    running: list[Container] = field(default_factory=list)
    weight: float = 1.0

    def __post_init__(self) -> None:
        self.weight = float(self.settings.get("InitialVariantWeight", 1.0))
        self._turn = count()

    def snapshot(self) -> dict[str, Any]:
        """What runs in it, as plain data."""
        return {
            "settings": dict(self.settings),
            "container": dict(self.container),
            "weight": self.weight,
        }

    @classmethod
    def restored(cls, saved: Mapping[str, Any]) -> Variant:
        """The variant of a snapshot; nothing runs in it yet."""
        variant = cls(saved["settings"], saved["container"])
        variant.weight = saved["weight"]
        return variant

    @property
    def name(self) -> str:
        return str(self.settings["VariantName"])

    @property
    def instances(self) -> int:
        return int(self.settings.get("InitialInstanceCount", 1))

    def next_container(self) -> Container:
        """The containers take turns."""
        return self.running[next(self._turn) % len(self.running)]


class Deployment:
    """All variants of one endpoint configuration, running or about to.

    Args:
        on_dead: called with a reason when a container cannot be kept alive

    Attributes:
        NOT_HEALTHY: what DeploymentError says of a variant whose container is not healthy, and why
        FAULT: what it says of one that cannot be prepared
        WHAT: what runs, for the text of a refused connection
    """

    NOT_HEALTHY = (
        "The primary container for production variant {} did not pass the ping health check. "
        "Please check CloudWatch logs for this endpoint. ({})"
    )
    FAULT = "Production variant {}: {}"
    WHAT = "an endpoint"

    def __init__(
        self,
        account: str,
        region: str,
        endpoint: str,
        config: str,
        variants: list[Variant],
        on_dead: Callable[[Deployment, str], None],
    ) -> None:
        self.account, self.region, self.endpoint = account, region, endpoint
        self.config = config
        self.variants = {variant.name: variant for variant in variants}
        self._on_dead = on_dead
        self._folder = endpoints_folder() / f"{endpoint}-{uuid.uuid4().hex[:8]}"
        self._requests = 0
        self._idle = threading.Condition()

    def start(self) -> None:
        """Download, extract and start everything; returns when all is healthy.

        Raises:
            DeploymentError: something did not work; nothing is left running
        """
        try:
            for variant in self.variants.values():
                self._start(variant)
        except BaseException:
            self.stop()
            raise

    def enter(self) -> None:
        """Count a request as being answered, so that an update lets it finish."""
        with self._idle:
            self._requests += 1

    def leave(self) -> None:
        """A request is answered."""
        with self._idle:
            self._requests -= 1
            self._idle.notify_all()

    def drain(self, seconds: float) -> None:
        """Wait until no request is being answered, at most `seconds`."""
        with self._idle:
            self._idle.wait_for(lambda: self._requests == 0, seconds)

    def stop(self) -> None:
        """End all processes and remove the files."""
        running = [c for variant in self.variants.values() for c in variant.running]
        threads = [threading.Thread(target=container.stop) for container in running]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    def choose(self, target: str | None) -> Variant | None:
        """The named variant (None if there is none), else one by weight."""
        if target:
            return self.variants.get(target)
        variants = list(self.variants.values())
        weights = [variant.weight for variant in variants]
        if not any(weights):
            weights = [1.0] * len(variants)
        return random.choices(variants, weights)[0]  # noqa: S311 - traffic, no secret

    def log_of(self, variant: Variant, instance: str) -> LogStream:
        """The log stream of one container."""
        group = f"{LOG_GROUP}/{self.endpoint}"
        return LogStream(self.account, self.region, group, f"{variant.name}/{instance}")

    def _start(self, variant: Variant) -> None:
        seconds = float(
            variant.settings.get("ContainerStartupHealthCheckTimeoutInSeconds", STARTUP_SECONDS)
        )
        files = self._prepare(variant)
        environment = self._environment(variant, files)
        for _ in range(variant.instances):
            name = f"i-{uuid.uuid4().hex[:17]}"
            log = self.log_of(variant, name)
            container = Container(
                name, files, environment, log, lambda reason: self._on_dead(self, reason)
            )
            variant.running.append(container)
            try:
                container.start(seconds)
            except ContainerStartError as e:
                raise DeploymentError(self.NOT_HEALTHY.format(variant.name, e)) from e

    def _prepare(self, variant: Variant) -> Files:
        s3 = client(self.account, self.region, "s3")
        settings = variant.container.get("Environment") or {}
        files = Files(self._folder / variant.name, settings.get("SAGEMAKER_PROGRAM") or PROGRAM)
        volume = Volume(variant.settings.get("VolumeSizeInGB"))
        try:
            files.home.mkdir(parents=True, mode=0o700)
            _fetch_model(s3, variant.container.get("ModelDataUrl"), files.model, volume)
            source = settings.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
            if source.startswith("s3://") and _reads_submit_directory(variant.container):
                fetch_source(s3, source, files.code, volume)
            elif (files.model / "code").is_dir():
                files.code.symlink_to(files.model / "code")
            else:
                raise DeploymentError(self.NOT_HEALTHY.format(variant.name, NO_CODE))
            check_program(files.code, files.program)
            check_requirements(files.code)
        except (DownloadError, ArchiveError, SourceError, OSError) as e:
            raise DeploymentError(self.FAULT.format(variant.name, e)) from e
        except (ClientError, BotoCoreError) as e:
            raise DeploymentError(self.FAULT.format(variant.name, e)) from e
        return files

    def _environment(self, variant: Variant, files: Files) -> dict[str, str]:
        extra = {
            "SM_MODEL_DIR": str(files.model),
            "SAGEMAKER_REGION": self.region,
            **(variant.container.get("Environment") or {}),
        }
        return clean_environment(self.account, self.region, files.home, extra, what=self.WHAT)


def _reads_submit_directory(container: Mapping[str, Any]) -> bool:
    repository = str(container.get("Image", "")).partition("/")[2]
    return repository.partition(":")[0].partition("@")[0] in READS_SUBMIT_DIRECTORY


def endpoints_folder() -> Path:
    """Where the private folders of endpoints are."""
    return Path(config.dirs.tmp) / "sagemaker" / "endpoints"


def _fetch_model(s3: Any, uri: str | None, folder: Path, volume: Volume) -> None:
    folder.mkdir()
    if uri is None:
        return
    archive = folder.with_name("model.tar.gz")
    fetch(s3, uri, archive, volume.take)
    extract(archive, folder, volume)
    archive.unlink()
