"""Targets that are refused when a schedule is made."""

from __future__ import annotations

import pytest

from lakestack.services.scheduler.targets import TargetError, check

QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"
SDK = "arn:aws:scheduler:::aws-sdk"


def test_an_input_has_at_most_256_kb() -> None:
    check({"Arn": QUEUE, "Input": "x" * 262_144})
    for arn in (QUEUE, f"{SDK}:sqs:sendMessage"):
        with pytest.raises(TargetError, match="262146 bytes; a target takes at most 262144"):
            check({"Arn": arn, "Input": "é" * 131_073})


def test_services_have_the_names_of_the_sdk() -> None:
    for name in (
        "sfn:startExecution",
        "databasemigration:startReplicationTask",
        "dms:deleteEndpoint",
    ):
        check({"Arn": f"{SDK}:{name}"})
    with pytest.raises(TargetError, match="nosuch is not a valid service"):
        check({"Arn": f"{SDK}:nosuch:startThing"})
