"""What can be the target of a rule: checked when it is put, and put only when it is right.

Amazon EventBridge API Reference, "PutTargets", and User Guide, "Event bus targets in Amazon
EventBridge".
"""

from __future__ import annotations

import json
from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.events import LimitExceededException
from localstack.services.events.utils import is_archive_arn

from lakestack.services.base import aws_error

EMULATED = {
    "events:event-bus/": "event buses",
    "events:api-destination/": "API destinations",
    "execute-api:": "stages of API Gateway",
    "firehose:deliverystream/": "delivery streams of Firehose",
    "glue:workflow/": "workflows of Glue",
    "kinesis:stream/": "streams of Kinesis",
    "lambda:function:": "functions",
    "logs:log-group:": "log groups",
    "sns:": "topics",
    "sqs:": "queues",
    "states:stateMachine:": "state machines",
}
"""Kinds of targets, by service and how the last part of their ARNs begins."""

ROLES = (
    "events:api-destination/",
    "firehose:deliverystream/",
    "glue:workflow/",
    "kinesis:stream/",
    "states:stateMachine:",
)
"""Kinds that EventBridge asks by a role, as it does buses elsewhere; others have policies of their
own (User Guide, "IAM roles for sending events to targets in Amazon EventBridge")."""

_BUS = "events:event-bus/"
_FORMS = ("Input", "InputPath", "InputTransformer")


def put(rule_service: Any, targets: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Put targets into a rule, but for those that are wrong by themselves.

    Args:
        rule_service: LocalStack's RuleService

    Returns:
        the entries of those that were not put

    Raises:
        CommonServiceException: ValidationException: AWS would refuse the request, or nobody here
            could send to a target
        LimitExceededException: the rule would have more than five
    """
    for target in targets:
        if len(target["Arn"].split(":", 5)) != 6:
            raise _invalid(
                f"Parameter {target['Arn']} is not valid. Reason: Provided Arn is not in correct "
                "format."
            )
    failed: list[dict[str, str]] = rule_service.validate_targets_input(targets)
    wrong = {entry["TargetId"] for entry in failed}
    right = {target["Id"]: target for target in targets if target["Id"] not in wrong}
    here = rule_service.rule.arn.split(":")[3:5]
    for target in right.values():
        _check(target)
        _check_place(target, *here)
    for name, target in right.items():
        if name not in rule_service.rule.targets and rule_service._check_target_limit_reached():
            raise LimitExceededException(
                "The requested resource exceeds the maximum number allowed."
            )
        rule_service.rule.targets[name] = dict(target)
    return failed


def _check(target: dict[str, Any]) -> None:
    name, arn = target["Id"], target["Arn"]
    if sum(target.get(form) is not None for form in _FORMS) > 1:
        raise _invalid(
            f"Only one of Input, InputPath, or InputTransformer must be provided for target {name}."
        )
    if (text := target.get("Input")) is not None:
        try:
            json.loads(text)
        except ValueError as e:
            raise _invalid(f"JSON syntax error in input for target {name}: {e}") from e
    transformer = target.get("InputTransformer") or {}
    for path in (target.get("InputPath"), *(transformer.get("InputPathsMap") or {}).values()):
        if path is not None and not path.startswith("$"):
            raise _invalid(f"Invalid InputPath for target {name}: {path}.")
    dead = (target.get("DeadLetterConfig") or {}).get("Arn")
    if dead is not None and dead.split(":")[2:3] != ["sqs"]:
        raise _invalid(f"DeadLetterConfig of target {name} is no queue of SQS: {dead}.")
    parts = arn.split(":", 5)
    if not is_archive_arn(arn) and not f"{parts[2]}:{parts[5]}".startswith(tuple(EMULATED)):
        raise _invalid(
            f"Target {name}, {arn}, is not emulated; valid: {', '.join(EMULATED.values())}"
        )


def _check_place(target: dict[str, Any], region: str, account: str) -> None:
    """Buses may be anywhere, all else is in the rule's region (our words); some need a role."""
    arn, dead = target["Arn"], (target.get("DeadLetterConfig") or {}).get("Arn")
    parts = arn.split(":", 5)
    kind = f"{parts[2]}:{parts[5]}"
    elsewhere = parts[3:5] != [region, account]
    needed = kind.startswith(ROLES) or (kind.startswith(_BUS) and elsewhere)
    if needed and not target.get("RoleArn"):
        raise _invalid(f"RoleArn is required for target {arn}.")
    for each in (None if kind.startswith(_BUS) else arn, dead):
        if each is not None and each.split(":")[3:4] != [region]:
            raise _invalid(
                f"Parameter {each} is not valid. Reason: it is in another region than the rule, "
                f"{region}; only an event bus may be."
            )


def _invalid(message: str) -> CommonServiceException:
    return aws_error("ValidationException", message, 400)
