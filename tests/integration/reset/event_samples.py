"""What a reset takes away of the services that start something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Aws = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/r"


def schedule(aws: Aws, name: str) -> None:
    aws("scheduler").create_schedule(
        Name=name,
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": f"arn:aws:sqs:us-east-1:000000000000:{name}", "RoleArn": ROLE},
    )


def pipe(aws: Aws, name: str) -> None:
    queue = "arn:aws:sqs:us-east-1:000000000000:"
    aws("pipes").create_pipe(
        Name=name,
        Source=f"{queue}{name}",
        Target=f"{queue}{name}-target",
        RoleArn=ROLE,
        DesiredState="STOPPED",
    )
