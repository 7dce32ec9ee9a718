"""A lake on a target: what every stage, check and clean-up is given."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO, Protocol, TextIO, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.cloudformation import Stacks
from pipeline.counted_once import CountedOnce
from pipeline.object_reading import open_binary, open_text
from pipeline.polling import Position, poll_until
from pipeline.run_state import RunState
from pipeline.settings import Settings
from pipeline.target import Target

__all__ = ["Lake", "Reporter", "error_code", "is_missing"]

T = TypeVar("T")

_BODY_ATTEMPTS = 3
_MISSING = frozenset(
    {
        "404",
        "EntityNotFoundException",
        "NoSuchBucket",
        "NoSuchEntity",
        "NoSuchKey",
        "NotFound",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "ResourceNotFoundFault",
        "StateMachineDoesNotExist",
    }
)


class Reporter(Protocol):
    """Where progress goes; called from several threads."""

    def line(self, text: str) -> None:
        """A sentence that stays."""

    def begin(self, stage: str) -> None:
        """`stage` starts its work."""

    def progress(self, stage: str, text: str, done: float = 0, total: float = 0) -> None:
        """Where `stage` is; `total` 0 means that its end is not known."""

    def end(self, stage: str, text: str, *, ok: bool = True) -> None:
        """`stage` has ended, with `text` as its result."""

    def waiting(self, what: str, usual: int | None, seconds: float) -> None:
        """`what` has been waited for for so many seconds; it usually takes `usual` minutes."""


@dataclass
class Lake:
    """Target, names, stacks, state and reporter of one run."""

    target: Target
    settings: Settings
    reporter: Reporter
    stacks: Stacks
    state: RunState
    cancelled: threading.Event = field(default_factory=threading.Event)
    """Set when a stage has failed or the user interrupts: long waits end early."""
    once: CountedOnce = field(default_factory=CountedOnce)
    """Counts that a run need not make twice."""

    @classmethod
    def open(cls, target: Target, reporter: Reporter) -> Lake:
        """The lake on `target`; speaks to nothing yet."""
        settings = Settings.of(target.account, target.region)
        return cls(
            target=target,
            settings=settings,
            reporter=reporter,
            stacks=Stacks(target, settings, reporter.waiting),
            state=RunState(target.client("s3"), settings.bucket, settings.state),
        )

    def client(self, service: str) -> Any:
        """The target's boto3 client of `service`."""
        return self.target.client(service)

    @property
    def s3(self) -> Any:
        """The S3 client."""
        return self.target.client("s3")

    @property
    def bucket(self) -> str:
        """Name of the lake's bucket."""
        return self.settings.bucket

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something in the lake's account and region."""
        region, account = self.target.region, self.target.account
        partition = self.target.session.get_partition_for_region(region)
        return f"arn:{partition}:{service}:{region}:{account}:{resource}"

    def poll(
        self,
        look: Callable[[], T | None],
        patience: float,
        what: str,
        position: Callable[[], Position],
        *,
        usual: int | None = None,
    ) -> T:
        """Look at the target's pace until there is something, and say at intervals that it waits.

        Args:
            look: looks once
            patience: seconds without movement after which to give up
            what: what is waited for
            position: as in `pipeline.polling.poll_until`
            usual: minutes that it usually takes

        Raises:
            StageTimeoutError: nothing has moved for `patience` seconds
        """
        return poll_until(
            look,
            every=self.target.waits.poll,
            patience=patience,
            what=what,
            position=position,
            waiting=partial(self.reporter.waiting, what, usual),
        )

    def has_bucket(self) -> bool:
        """Whether the lake's bucket exists."""
        try:
            self.s3.head_bucket(Bucket=self.bucket)
        except ClientError as error:
            if is_missing(error):
                return False
            raise
        return True

    def objects(self, prefix: str) -> list[dict[str, Any]]:
        """Objects below `prefix` in key order, as ListObjectsV2 shows them."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [entry for page in pages for entry in page.get("Contents", [])]

    def read(self, key: str) -> bytes:
        """The content of an object in the lake's bucket.

        A body that breaks off is asked for again: boto3 does so only until it has begun.
        """
        left = _BODY_ATTEMPTS
        while True:
            left -= 1
            body = self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]
            try:
                return bytes(body.read())
            except BotoCoreError:
                if not left:
                    raise

    def binary(self, key: str) -> BinaryIO:
        """An object in the lake's bucket as a file that is read bit by bit."""
        return open_binary(self.s3, self.bucket, key)

    def text(self, key: str) -> TextIO:
        """The same of an object of text."""
        return open_text(self.s3, self.bucket, key)


def error_code(error: ClientError) -> str:
    """AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_missing(error: ClientError) -> bool:
    """Whether an error says that the thing asked for does not exist."""
    return error_code(error) in _MISSING
