"""Tags of log groups that were made without any.

LocalStack 4.9.2 adds them to a dictionary that it then forgets.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext
from localstack.services.logs.models import logs_stores
from localstack.utils.aws import arns

from lakestack import patches


def install() -> None:
    """Put ours into the place of LocalStack's."""
    patches.replace("logs.tag_resource", tag_resource)
    patches.replace("logs.tag_group", tag_log_group)


def tag_resource(
    provider: Any, context: RequestContext, resource_arn: str, tags: Mapping[str, str], **_: Any
) -> None:
    """Add tags to a log group, or change them; raises ResourceNotFoundException for others."""
    provider._check_resource_arn_tagging(resource_arn)
    _add(context, resource_arn, tags)


def tag_log_group(
    provider: Any, context: RequestContext, log_group_name: str, tags: Mapping[str, str], **_: Any
) -> None:
    """As `tag_resource`, by the group's name."""
    place = {"account_id": context.account_id, "region_name": context.region}
    provider._verify_log_group_exists(group_name=log_group_name, **place)
    _add(context, arns.log_group_arn(group_name=log_group_name, **place), tags)


def _add(context: RequestContext, arn: str, tags: Mapping[str, str]) -> None:
    store = logs_stores[context.account_id][context.region]
    store.TAGS.setdefault(arn, {}).update(tags or {})
