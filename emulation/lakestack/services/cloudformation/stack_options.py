"""What a request says of a stack beside its template.

AWS CloudFormation API Reference, "CreateStack", "UpdateStack" and "Stack".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation.application import NOT_APPLIED

_SHOWN = ("NotificationARNs", "RollbackConfiguration", "RoleARN")
_WITHOUT_EFFECT = ("NotificationARNs", "RollbackConfiguration")


def merged(options: Mapping[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """The options that DescribeStacks shows; what a request does not name stays as it was."""
    given = {name: request[name] for name in _SHOWN if request.get(name) is not None}
    return {**options, **given}


def initiated(request: Mapping[str, Any]) -> str:
    """The reason of the stack's first event; it says which options have no effect here."""
    without = [name for name in _WITHOUT_EFFECT if request.get(name)]
    return f"User Initiated; {NOT_APPLIED}{', '.join(without)}" if without else "User Initiated"


def refuse_triggers(request: Mapping[str, Any]) -> None:
    """A rollback trigger is an alarm of CloudWatch.

    Raises:
        ValidationError: the first that is none; the texts are recorded on AWS
    """
    for trigger in (request.get("RollbackConfiguration") or {}).get("RollbackTriggers") or ():
        if trigger["Type"] not in _TRIGGERS:
            raise ValidationError("Rollback Trigger Type not supported")
        if not _ALARM.fullmatch(trigger["Arn"]):
            raise ValidationError("RelativeId of a Rollback Trigger's ARN is incorrect")


_TRIGGERS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
_ALARM = re.compile(r"arn:[a-z0-9-]+:cloudwatch:[a-z0-9-]*:[0-9]*:alarm:.+", re.DOTALL)


def refuse_types(request: Mapping[str, Any], types: Iterable[str]) -> None:
    """The template's types must be among those that ResourceTypes allows, if it is given.

    Raises:
        ValidationError: the first that is not
    """
    allowed = request.get("ResourceTypes")
    if not allowed:
        return
    for kind in types:
        if not any(_matches(kind, pattern) for pattern in allowed):
            raise ValidationError(
                f"Resource type {kind} is not allowed by parameter ResourceTypes "
                f"[{', '.join(allowed)}]"
            )


def _matches(kind: str, pattern: str) -> bool:
    """``AWS::*``, ``AWS::EC2::*``, ``Custom::*`` or the whole name of a type."""
    if pattern.endswith("::*"):
        return kind.startswith(pattern.removesuffix("*"))
    return kind == pattern
