"""One whole run and destroy on the aws target: what was asked, and what was uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.integration.aws_target.account import Account, Ended, opened
from tests.integration.aws_target.wire import Call


@dataclass(frozen=True)
class Recorded:
    """What is kept of the account after it was destroyed."""

    run: Ended
    destroy: Ended
    calls: list[Call]
    """The pipeline's own."""
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


def record(folder: Path, data: Path) -> Recorded:
    """Fill an account, keep what it held, and destroy it."""
    with pytest.MonkeyPatch.context() as patch, opened(folder, data, patch) as account:
        run = account.run()
        assert run.code == 0, run.stderr
        bucket, objects = _objects()
        training = _only(account, "CreateTrainingJob")
        model = _model(account)
        destroy = account.lake("destroy", "--json")
        assert destroy.code == 0, destroy.stderr
        doubled = {(call.service, call.operation) for call in account.wire.answered}
        inert = account.formation.kinds.inert
        return Recorded(
            run, destroy, account.wire.own(), doubled, inert, training, model, objects, bucket
        )


def _objects() -> tuple[str, dict[str, bytes]]:
    s3 = boto3.client("s3")
    [bucket] = [b["Name"] for b in s3.list_buckets()["Buckets"]]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    keys = [entry["Key"] for page in pages for entry in page["Contents"]]
    return bucket, {k: s3.get_object(Bucket=bucket, Key=k)["Body"].read() for k in keys}


def _only(account: Account, operation: str) -> dict[str, Any]:
    [call] = [call for call in account.wire.own() if call.operation == operation]
    return call.params


def _model(account: Account) -> dict[str, Any]:
    [made] = [
        made
        for stack in account.formation.stacks
        for made in stack.resources.values()
        if made.kind == "AWS::SageMaker::Model"
    ]
    return made.properties
