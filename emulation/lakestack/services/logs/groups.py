"""Log groups by their identifiers, their list, and their keys, which LocalStack 4.9.2 lacks.

An identifier is a name or an ARN ("logGroupIdentifier" of the Amazon CloudWatch Logs API
Reference). moto takes the last group for any; it ignores FilterLogEvents' prefix of streams.
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.logs import (
    InvalidParameterException,
    ListLogGroupsResponse,
    ResourceNotFoundException,
)
from localstack.services.logs.models import get_moto_logs_backend
from localstack.services.moto import call_moto, call_moto_with_request
from moto.logs.models import LogGroup

from lakestack import patches
from lakestack.services.logs.classes import class_of
from lakestack.services.paging import cut

DEFAULT_LISTED = 50
"""API Reference, "ListLogGroups"."""


def install() -> None:
    """Put ours into the place of LocalStack's."""
    patches.replace("logs.list_groups", list_log_groups)
    patches.replace("logs.associate_key", associate_kms_key)
    patches.replace("logs.disassociate_key", disassociate_kms_key)
    patches.replace("logs.get_events", get_log_events)
    patches.replace("logs.filter_events", filter_log_events)


def name_of(identifier: str) -> str:
    """A log group's name, from it or from its ARN."""
    if not identifier.startswith("arn:"):
        return identifier
    return identifier.split(":log-group:", 1)[-1].removesuffix(":*")


def _groups(context: RequestContext) -> dict[str, LogGroup]:
    groups: dict[str, LogGroup] = get_moto_logs_backend(context.account_id, context.region).groups
    return groups


@handler("ListLogGroups", expand=False)
def list_log_groups(_provider: Any, context: RequestContext, request: Any) -> ListLogGroupsResponse:
    """Names, ARNs and classes of the groups whose names match the pattern, by name.

    Raises:
        InvalidParameterException: the token is none of ours
    """
    pattern, kind = request.get("logGroupNamePattern", ""), request.get("logGroupClass")
    found = [
        {"logGroupName": name, "logGroupArn": group.arn, "logGroupClass": class_of(group)}
        for name, group in sorted(dict(_groups(context)).items())
        if _matches(name, pattern) and kind in (None, class_of(group))
    ]
    asked = {"NextToken": request.get("nextToken"), "MaxResults": request.get("limit")}
    page, token = cut(found, asked, DEFAULT_LISTED, _no_token)
    return ListLogGroupsResponse(logGroups=page, **({"nextToken": token} if token else {}))


def _no_token(_token: str) -> Exception:
    refusal: Exception = InvalidParameterException("The specified nextToken is invalid.")
    return refusal


def _matches(name: str, pattern: str) -> bool:
    """API Reference, "ListLogGroups": ``^`` asks for a prefix, ``|`` stands between patterns."""
    return any(
        name.startswith(each[1:]) if each.startswith("^") else each in name
        for each in pattern.split("|")
    )


@handler("AssociateKmsKey", expand=False)
def associate_kms_key(_provider: Any, context: RequestContext, request: Any) -> None:
    """Name the key of a group, which encrypts nothing here.

    Raises:
        InvalidParameterException: both a name and an identifier, or neither, or no log group's
        ResourceNotFoundException: there is no such group
    """
    _named(context, request).kms_key_id = request["kmsKeyId"]


@handler("DisassociateKmsKey", expand=False)
def disassociate_kms_key(_provider: Any, context: RequestContext, request: Any) -> None:
    """Take the key from a group; raises what `associate_kms_key` does."""
    _named(context, request).kms_key_id = None


def _named(context: RequestContext, request: Any) -> LogGroup:
    name, identifier = request.get("logGroupName"), request.get("resourceIdentifier")
    if bool(name) == bool(identifier):
        raise InvalidParameterException(
            "Exactly one of logGroupName and resourceIdentifier must be specified"
        )
    if identifier and ":log-group:" not in identifier:
        raise InvalidParameterException(
            f"resourceIdentifier {identifier}: only log groups have keys here"
        )
    return _group(context, name or name_of(identifier))


def _group(context: RequestContext, name: str) -> LogGroup:
    try:
        return _groups(context)[name]
    except KeyError:
        raise ResourceNotFoundException("The specified log group does not exist.") from None


@handler("GetLogEvents", expand=False)
def get_log_events(_provider: Any, context: RequestContext, request: Any) -> Any:
    """Events of one stream; raises InvalidParameterException for both a name and an identifier."""
    if "logGroupIdentifier" not in request:
        return call_moto(context)
    return call_moto_with_request(context, _by_name(request))


@handler("FilterLogEvents", expand=False)
def filter_log_events(_provider: Any, context: RequestContext, request: Any) -> Any:
    """Events of a group, or of some of its streams.

    Raises:
        InvalidParameterException: both a name and an identifier, or both names and a prefix
        ResourceNotFoundException: there is no such group
    """
    prefix = request.get("logStreamNamePrefix")
    if prefix is None and "logGroupIdentifier" not in request:
        return call_moto(context)
    asked = _by_name(request)
    if prefix is not None:
        if asked.get("logStreamNames"):
            raise InvalidParameterException(
                "logStreamNamePrefix and logStreamNames are mutually exclusive parameters."
            )
        del asked["logStreamNamePrefix"]
        names = list(_group(context, asked["logGroupName"]).streams)
        asked["logStreamNames"] = [name for name in names if name.startswith(prefix)]
        if not asked["logStreamNames"]:
            return {"events": [], "searchedLogStreams": []}
    return call_moto_with_request(context, asked)


def _by_name(request: Any) -> dict[str, Any]:
    asked = dict(request)
    if identifier := asked.pop("logGroupIdentifier", None):
        if asked.get("logGroupName"):
            raise InvalidParameterException(
                "LogGroup name and LogGroup ARN are mutually exclusive parameters."
            )
        asked["logGroupName"] = name_of(identifier)
    return asked
