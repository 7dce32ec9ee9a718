"""What some operations need beyond their shapes, and LocalStack's handlers take or answer with 500.

Lambda API Reference, "CreateFunction", "UpdateFunctionCode", "Invoke" and others;
DynamoDB API Reference, "EnableKinesisStreamingDestination"; Amazon S3 API Reference,
"ListObjectsV2", "PutBucketLifecycleConfiguration" and "Error responses"; CloudFormation API
Reference, "CreateStack" and "GetTemplate"; CloudWatch Logs API Reference, "StartQuery",
"PutRetentionPolicy" and "TagResource"; Step Functions API Reference, "ListExecutions".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from localstack.aws.api import CommonServiceException, ServiceException

from lakestack.services.request_validation import (
    bucket_notifications,
    metric_data,
    object_requests,
)
from lakestack.services.request_validation.faults import fault, summary

Rule = Callable[[dict[str, Any]], ServiceException | None]

_ARN = re.compile(r"arn:[a-z0-9-]+:(?P<service>[a-z0-9-]+):[a-z0-9-]*:[0-9]*:(?P<resource>\S+)")
_LAYER_VERSION = re.compile(
    r"arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+"
)
_LAYER_RULES = (
    "Member must satisfy constraint: [Member must have length less than or equal to 140, Member "
    "must have length greater than or equal to 1, Member must satisfy regular expression pattern: "
    r"(arn:[a-zA-Z0-9-]+:lambda:[a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\d{1}:\d{12}:layer:"
    "[a-zA-Z0-9-_]+:[0-9]+)|(arn:[a-zA-Z0-9-]+:lambda:::awslayer:[a-zA-Z0-9-_]+), Member must not "
    "be null]"
)
_HANDLER = re.compile(r"[^\s]+")
_MAX_SECONDS = 900
_EVENT_SOURCES = {"kinesis", "dynamodb", "sqs"}


def check_operation(
    service: str, operation: str, request: dict[str, Any], *, internal: bool = False
) -> None:
    """Check what the operation needs.

    Args:
        internal: the request is the emulator's own, which may do what its services do on AWS

    Raises:
        ServiceException: in the service's words
    """
    rules = (_RULES.get((service, operation)), _OF_CLIENTS.get((service, operation)))
    for rule in rules[: 1 if internal else 2]:
        if rule is not None and (error := rule(request)) is not None:
            raise error


def _invalid(code: str, message: str) -> CommonServiceException:
    return CommonServiceException(code, message, sender_fault=True)


def _code_source(code: dict[str, Any]) -> CommonServiceException | None:
    if code.get("ZipFile") or code.get("ImageUri") or (code.get("S3Bucket") and code.get("S3Key")):
        return None
    return _invalid("InvalidParameterValueException", "Please provide a source for function code.")


def _layers(request: dict[str, Any]) -> CommonServiceException | None:
    layers = request.get("Layers") or ()
    if all(_LAYER_VERSION.fullmatch(arn) for arn in layers):
        return None
    said = fault(layers, ((), "layers"), _LAYER_RULES, of_member=False)
    return _invalid("ValidationException", summary([said]))


def _configuration(request: dict[str, Any]) -> CommonServiceException | None:
    """What the models leave out of Timeout ("Lambda quotas"), and a handler's form."""
    faults = []
    timeout, given = request.get("Timeout"), request.get("Handler")
    if timeout is not None and timeout > _MAX_SECONDS:
        rule = f"have value less than or equal to {_MAX_SECONDS}"
        faults.append(fault(timeout, ((), "timeout"), rule))
    if given is not None and not _HANDLER.fullmatch(given):
        rule = f"satisfy regular expression pattern: {_HANDLER.pattern}"
        faults.append(fault(given, ((), "handler"), rule))
    if faults:
        return _invalid("ValidationException", summary(faults))
    return _layers(request) or _dead_letter(request)


_TARGET = re.compile(r"(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()")


def _dead_letter(request: dict[str, Any]) -> CommonServiceException | None:
    """Lambda API Reference, "DeadLetterConfig"; of another service's ARN, the words are ours."""
    arn = (request.get("DeadLetterConfig") or {}).get("TargetArn")
    if not arn:
        return None
    if not _TARGET.fullmatch(arn):
        rule = f"satisfy regular expression pattern: {_TARGET.pattern}"
        said = fault(arn, (((), "deadLetterConfig"), "targetArn"), rule)
        return _invalid("ValidationException", summary([said]))
    if arn.split(":")[2] in ("sqs", "sns"):
        return None
    return _invalid(
        "InvalidParameterValueException",
        f"Invalid dead letter queue ARN: {arn} is neither a queue of SQS nor a topic of SNS",
    )


_LAYER_NAME = re.compile(
    r"(arn:[a-zA-Z0-9-]+:lambda:[a-zA-Z0-9-]+:\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+"
)
_INVOCATIONS = {
    "InvocationType": ("Event", "RequestResponse", "DryRun"),
    "LogType": ("None", "Tail"),
}
_ACTION = re.compile(r"(lambda:[*]|lambda:[a-zA-Z]+|[*])")


def _layer_content(request: dict[str, Any]) -> CommonServiceException | None:
    return _matching(request, "LayerName", _LAYER_NAME) or _code_source(
        {**request["Content"], "ImageUri": None}
    )


def _permission(request: dict[str, Any]) -> CommonServiceException | None:
    return _matching(request, "Action", _ACTION)


def _matching(
    request: dict[str, Any], member: str, pattern: re.Pattern[str]
) -> CommonServiceException | None:
    given = request.get(member)
    if given is None or pattern.fullmatch(given):
        return None
    rule = f"satisfy regular expression pattern: {pattern.pattern}"
    return _invalid("ValidationException", summary([fault(given, ((), member), rule)]))


def _invocation(request: dict[str, Any]) -> CommonServiceException | None:
    faults = [
        fault(request[name], ((), name), f"satisfy enum value set: [{', '.join(known)}]")
        for name, known in _INVOCATIONS.items()
        if request.get(name) is not None and request[name] not in known
    ]
    return _invalid("ValidationException", summary(faults)) if faults else None


def _function(request: dict[str, Any]) -> CommonServiceException | None:
    return _configuration(request) or _code_source(request["Code"])


def _event_source(request: dict[str, Any]) -> CommonServiceException | None:
    arn = request.get("EventSourceArn")
    found = _ARN.fullmatch(arn) if arn is not None else None
    if arn is None or (found and found["service"] in _EVENT_SOURCES):
        return None
    return _invalid(
        "InvalidParameterValueException",
        f"Unrecognized event source: {arn}; the emulator has {', '.join(sorted(_EVENT_SOURCES))}",
    )


def _destination(request: dict[str, Any]) -> CommonServiceException | None:
    failed = (request.get("DestinationConfig") or {}).get("OnFailure")
    if failed is None or failed.get("Destination") is not None:
        return None
    return _invalid(
        "InvalidParameterValueException",
        "The Destination field is required for an OnFailure configuration.",
    )


def _mapping(request: dict[str, Any]) -> CommonServiceException | None:
    return _event_source(request) or _destination(request)


def _stream_arn(request: dict[str, Any]) -> CommonServiceException | None:
    found = _ARN.fullmatch(request["StreamArn"])
    if found and found["service"] == "kinesis" and found["resource"].startswith("stream/"):
        return None
    return _invalid(
        "ValidationException", f"StreamArn: {request['StreamArn']} is not a Kinesis stream's ARN"
    )


def _continuation(request: dict[str, Any]) -> ServiceException | None:
    token = request.get("ContinuationToken")
    try:
        base64.b64decode(token or "", validate=True).decode()
    except ValueError:
        return _invalid("InvalidArgument", "The continuation token provided is incorrect")
    return object_requests.page_size(request)


def _rules_of_lifecycle(request: dict[str, Any]) -> CommonServiceException | None:
    if request.get("LifecycleConfiguration"):
        return None
    return _invalid("MissingRequestBodyError", "Request Body is empty")


def _log_group(request: dict[str, Any]) -> CommonServiceException | None:
    given = ("logGroupName", "logGroupNames", "logGroupIdentifiers")
    if any(request.get(name) for name in given):
        return None
    return _invalid("InvalidParameterException", f"One of {', '.join(given)} must be specified")


_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557),
    *(2922, 3288, 3653),
)


def _retention(request: dict[str, Any]) -> CommonServiceException | None:
    days = request["retentionInDays"]
    if days in _RETENTION_DAYS:
        return None
    rule = f"satisfy enum value set: [{', '.join(map(str, _RETENTION_DAYS))}]"
    return _invalid(
        "InvalidParameterException", summary([fault(days, ((), "retentionInDays"), rule)])
    )


def _resource_arn(request: dict[str, Any]) -> CommonServiceException | None:
    arn = request["resourceArn"]
    if (found := _ARN.fullmatch(arn)) and found["service"] == "logs":
        return None
    return _invalid("InvalidParameterException", f"resourceArn: {arn} is no ARN of CloudWatch Logs")


def _machine_or_run(request: dict[str, Any]) -> CommonServiceException | None:
    machine, run = request.get("stateMachineArn"), request.get("mapRunArn")
    if machine and run:
        message = "stateMachineArn and mapRunArn cannot both be specified; give one of them"
        return _invalid("ValidationException", message)
    if machine or run:
        return None
    return _invalid("ValidationException", "stateMachineArn or mapRunArn must be specified")


_NOT_IN_NAMES = re.compile(r"""[\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ufffe\uffff]""")


def _name_of_machine(request: dict[str, Any]) -> CommonServiceException | None:
    """Step Functions API Reference, "CreateStateMachine", "StartExecution", "CreateActivity"."""
    name = request.get("name")
    if name is None or not _NOT_IN_NAMES.search(name):
        return None
    return _invalid("InvalidName", f"Invalid Name: '{name}'")


def _accounts(request: dict[str, Any]) -> CommonServiceException | None:
    if request.get("Accounts"):
        return None
    return _invalid("ValidationError", "Accounts must be specified: the emulator has no others")


def _stack_or_change_set(request: dict[str, Any]) -> CommonServiceException | None:
    if request.get("StackName") or request.get("ChangeSetName"):
        return None
    return _invalid("ValidationError", "StackName or ChangeSetName must be specified")


_NAME = "[a-zA-Z][-a-zA-Z0-9]*"
_STACK_NAME = f"{_NAME}|arn:[-a-zA-Z0-9:/._+]*"
_NAMES = {"StackName": re.compile(_STACK_NAME), "ChangeSetName": re.compile(_NAME)}


def _stack_name(request: dict[str, Any]) -> CommonServiceException | None:
    faults = []
    for member, pattern in _NAMES.items():
        name = request.get(member)
        if name is not None and not pattern.fullmatch(name):
            rule = f"satisfy regular expression pattern: {pattern.pattern}"
            faults.append(fault(name, ((), member), rule))
    return _invalid("ValidationError", summary(faults)) if faults else None


_RULES: dict[tuple[str, str], Rule] = {
    ("lambda", "CreateFunction"): _function,
    ("lambda", "UpdateFunctionConfiguration"): _configuration,
    ("lambda", "PublishLayerVersion"): _layer_content,
    ("lambda", "UpdateFunctionCode"): _code_source,
    ("lambda", "CreateEventSourceMapping"): _mapping,
    ("lambda", "UpdateEventSourceMapping"): _destination,
    ("lambda", "AddPermission"): _permission,
    ("lambda", "Invoke"): _invocation,
    ("cloudformation", "CreateStack"): _stack_name,
    ("cloudformation", "CreateChangeSet"): _stack_name,
    ("cloudformation", "GetTemplate"): _stack_or_change_set,
    ("cloudformation", "CreateStackInstances"): _accounts,
    ("cloudformation", "DeleteStackInstances"): _accounts,
    ("logs", "StartQuery"): _log_group,
    ("logs", "TagResource"): _resource_arn,
    ("logs", "UntagResource"): _resource_arn,
    ("logs", "ListTagsForResource"): _resource_arn,
    ("cloudwatch", "PutMetricData"): metric_data.refusal,
    ("logs", "PutRetentionPolicy"): _retention,
    ("stepfunctions", "ListExecutions"): _machine_or_run,
    ("stepfunctions", "CreateStateMachine"): _name_of_machine,
    ("stepfunctions", "CreateActivity"): _name_of_machine,
    ("stepfunctions", "StartExecution"): _name_of_machine,
    ("stepfunctions", "StartSyncExecution"): _name_of_machine,
    ("s3", "ListObjects"): object_requests.page_size,
    ("s3", "ListObjectsV2"): _continuation,
    ("s3", "ListObjectVersions"): object_requests.page_size,
    ("s3", "ListMultipartUploads"): object_requests.page_size,
    ("s3", "ListParts"): object_requests.page_size,
    ("s3", "PutObject"): object_requests.metadata,
    ("s3", "CopyObject"): object_requests.metadata,
    ("s3", "CreateMultipartUpload"): object_requests.metadata,
    ("s3", "PutBucketLifecycleConfiguration"): _rules_of_lifecycle,
    ("s3", "PutBucketNotificationConfiguration"): bucket_notifications.refusal,
    ("dynamodb", "EnableKinesisStreamingDestination"): _stream_arn,
    ("dynamodb", "DisableKinesisStreamingDestination"): _stream_arn,
    ("dynamodb", "UpdateKinesisStreamingDestination"): _stream_arn,
}
_OF_CLIENTS: dict[tuple[str, str], Rule] = {
    ("cloudwatch", "PutMetricData"): metric_data.reserved_namespace,
}
"""Rules that the emulator's own requests need not keep."""
