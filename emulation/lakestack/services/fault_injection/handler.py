"""The faults in LocalStack's chain of handlers: after a request is read, before it is answered.

Only what comes over the network meets them, jobs and functions included; what services of the
emulator ask of each other in process does not. The error goes the way of every error of a service,
which gives it the form of the service's protocol.
"""

from __future__ import annotations

import threading

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.http import Response

from lakestack.services.fault_injection.rules import FAULTS


def inject(chain: HandlerChain, context: RequestContext, response: Response) -> None:
    """Let a request wait, or fail.

    Raises:
        CommonServiceException: the fault's error
    """
    del chain, response
    if not FAULTS or context.service is None or context.operation is None:
        return
    if "lake.network" not in context.request.environ:
        return
    fault = FAULTS.meet(context.service.service_name, context.operation.name)
    if fault is None:
        return
    if fault.latency:
        threading.Event().wait(fault.latency)
    if fault.error is not None:
        sender = fault.status < 500
        raise CommonServiceException(fault.error, fault.message, fault.status, sender)
