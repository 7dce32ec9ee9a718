"""What the functions behind custom resources share: their answer to CloudFormation.

AWS CloudFormation User Guide, "Custom resource response objects". Packed beside each of them;
standard library only.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any

MOST_REASON = 1000
"""Characters; CloudFormation takes answers of 4 KiB."""

Act = Callable[[str, dict[str, Any], Callable[[], float]], tuple[str, dict[str, Any]]]


def answer(event: dict[str, Any], context: Any, act: Act) -> None:
    """Do what CloudFormation asks for, and tell it how that went, whatever happens.

    Args:
        act: given the request's type, the resource's properties and how to ask for the seconds that
            are left; returns the physical resource id and the attributes
    """
    physical = event.get("PhysicalResourceId") or event["LogicalResourceId"]
    document: dict[str, Any] = {
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
    }

    def seconds_left() -> float:
        return float(context.get_remaining_time_in_millis()) / 1000 - 10

    try:
        physical, data = act(event["RequestType"], event["ResourceProperties"], seconds_left)
        document |= {"Status": "SUCCESS", "Data": data}
    except Exception as error:  # CloudFormation would wait for an hour otherwise
        print(f"{event['RequestType']} failed: {type(error).__name__}: {error}")
        reason = f"{error} (log stream {context.log_stream_name})"[-MOST_REASON:]
        document |= {"Status": "FAILED", "Reason": reason}
    document["PhysicalResourceId"] = physical
    request = urllib.request.Request(  # noqa: S310 - a presigned URL from CloudFormation
        event["ResponseURL"],
        data=json.dumps(document).encode("utf-8"),
        headers={"Content-Type": ""},
        method="PUT",
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        response.read()
