"""The whole life of a lake on the aws target: what was asked for, and what was uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
import pytest

from tests.integration.aws_target.account import Account, opened
from tests.integration.aws_target.calls import Call

LIFE: Final = (
    ("doctor", ("doctor",)),
    ("plan", ("plan",)),
    ("run", ()),
    ("status", ("status",)),
    ("verify", ("verify",)),
    ("recommend", ("recommend", "1")),
    ("lists", ("lists", "-k", "20")),
    ("a list", ("lists", "1", "-k", "10")),
    ("pause", ("pause",)),
    ("run after pause", ()),
    ("dry run of destroy", ("destroy", "--dry-run")),
    ("destroy", ("destroy",)),
)
"""Commands in the order in which they are given; a run takes the account's data folder."""


@dataclass(frozen=True)
class Recorded:
    """What is kept of the account after it was destroyed."""

    by_command: dict[str, list[Call]]
    """What the pipeline itself asked for, by the names of `LIFE`."""
    inside: list[Call]
    """What functions and doubles asked for."""
    doubled: set[tuple[str, str]]
    """Operations that a double has answered, for anybody."""
    inert: set[str]
    """Resource types of which only a name was made."""
    training: dict[str, Any]
    """Parameters of CreateTrainingJob."""
    model: dict[str, Any]
    """Properties of the model's resource."""
    objects: dict[str, bytes]
    """Of the bucket, as they were after the run, by key."""
    bucket: str

    @property
    def calls(self) -> list[Call]:
        """The pipeline's own, of the whole life."""
        return [call for calls in self.by_command.values() for call in calls]


def record(folder: Path, data: Path) -> Recorded:
    """Fill an account, keep what it held, and destroy it."""
    with pytest.MonkeyPatch.context() as patch, opened(folder, data, patch) as account:
        by_command: dict[str, list[Call]] = {}
        kept: dict[str, Any] = {}
        for name, words in LIFE:
            before = len(account.wire.calls)
            done = account.lake(*words, "--json") if words else account.run()
            assert done.code == 0, f"{name}: {done.stderr}"
            by_command[name] = [call for call in account.wire.calls[before:] if call.own]
            if name == "run":
                kept["bucket"], kept["objects"] = _objects()
                kept["training"] = _only(by_command[name], "CreateTrainingJob")
                kept["model"] = _model(account)
        return Recorded(
            by_command=by_command,
            inside=[call for call in account.wire.calls if not call.own],
            doubled={(call.service, call.operation) for call in account.wire.answered},
            inert=account.formation.kinds.inert,
            **kept,
        )


def _objects() -> tuple[str, dict[str, bytes]]:
    s3 = boto3.client("s3")
    [bucket] = [b["Name"] for b in s3.list_buckets()["Buckets"]]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [entry["Key"] for page in pages for entry in page["Contents"]]
    return bucket, {k: s3.get_object(Bucket=bucket, Key=k)["Body"].read() for k in keys}


def _only(calls: list[Call], operation: str) -> dict[str, Any]:
    [call] = [call for call in calls if call.operation == operation]
    return call.params


def _model(account: Account) -> dict[str, Any]:
    [made] = [
        made
        for stack in account.formation.stacks
        for made in stack.resources.values()
        if made.kind == "AWS::SageMaker::Model"
    ]
    return made.properties
