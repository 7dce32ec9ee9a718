"""Answer a CloudFormation custom resource request, with the interface of AWS's module.

AWS CloudFormation User Guide, "cfn-response module".
"""

import json
import urllib.error
import urllib.request
from typing import Any

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(
    event: Any,
    context: Any,
    responseStatus: str,  # noqa: N803 - AWS's names
    responseData: Any,  # noqa: N803
    physicalResourceId: str | None = None,  # noqa: N803
    noEcho: bool = False,  # noqa: N803
    reason: str | None = None,
) -> None:
    """PUT the answer to the request's ResponseURL."""
    log = f"See the details in CloudWatch Log Stream: {context.log_stream_name}"
    body = {
        "Status": responseStatus,
        "Reason": reason or log,
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's own URL
        event["ResponseURL"],
        data=json.dumps(body).encode(),
        method="PUT",
        headers={"Content-Type": ""},
    )
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310
            print("Status code:", response.status)
    except urllib.error.URLError as e:
        print("send(..) failed executing http.request(..):", e)
