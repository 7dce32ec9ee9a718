"""The class of a log group, which LocalStack 4.9.2 takes and forgets.

Amazon CloudWatch Logs API Reference, "CreateLogGroup" and "LogGroup": a group without one is of the
class STANDARD; the class cannot be changed.
"""

from __future__ import annotations

import functools
from typing import Any

from localstack.aws.api import RequestContext
from localstack.aws.api.logs import InvalidParameterException
from localstack.services.logs.models import get_moto_logs_backend

from lakestack import patches

STANDARD = "STANDARD"
CLASSES = (STANDARD, "INFREQUENT_ACCESS", "DELIVERY")


def install() -> None:
    """Keep the class beside LocalStack's creation of a group."""
    original = patches.original("logs.create_group")

    @functools.wraps(original)
    def create_log_group(
        provider: Any,
        context: RequestContext,
        log_group_name: str,
        log_group_class: str | None = None,
        **given: Any,
    ) -> None:
        """Make a group; raises InvalidParameterException for a class that there is not."""
        if log_group_class is not None and log_group_class not in CLASSES:
            raise InvalidParameterException(
                f"Log group class {log_group_class} is not valid; valid: {', '.join(CLASSES)}"
            )
        original(provider, context, log_group_name=log_group_name, **given)
        group = get_moto_logs_backend(context.account_id, context.region).groups[log_group_name]
        group.log_group_class = log_group_class or STANDARD

    patches.replace("logs.create_group", create_log_group)


def class_of(group: Any) -> str:
    """The class of moto's group; one that a service has made itself is a standard one."""
    return str(getattr(group, "log_group_class", STANDARD))
