"""Requests to custom resources, and their answers.

A request goes to a Lambda function or an SNS topic; the answer comes back as a PUT to the request's
ResponseURL, which is a path of the gateway. AWS CloudFormation User Guide, "Custom resource request
types" and "Custom resource response objects".
"""

from __future__ import annotations

import contextlib
import functools
import json
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import Any

from localstack.http import Request, Response, route
from localstack.services.edge import ROUTER
from localstack.utils.objects import singleton_factory

from lakestack import patches
from lakestack.services.base import client
from lakestack.services.processes import gateway_url

PATH = "/_cfn_response"  # LocalStack keeps paths under /_localstack to itself
MAX_RESPONSE_BYTES = 4096
LOOK_SECONDS = 0.5
Message = dict[str, Any]

# Of requests under way, whatever their account: `send` takes each out when its wait ends, which a
# reset of the stack's account and region brings about (`given_up`).
_waiting: dict[str, Future[bytes]] = {}
_invocations: dict[str, Future[bytes]] = {}
_lock = threading.Lock()


class NoResponseError(Exception):
    """The function will not answer: every attempt to run it failed."""


class UnreachableError(Exception):
    """The request could not be sent at all."""


@dataclass(frozen=True)
class Answer:
    """What the custom resource said.

    Args:
        reason: of a failure
        data: what ``Fn::GetAtt`` can read
    """

    succeeded: bool
    physical_id: str | None
    reason: str
    data: Message


def send(request: Message, timeout: float, given_up: Callable[[], bool] = lambda: False) -> Answer:
    """Send a request and wait for the answer.

    Args:
        request: without ResponseURL
        timeout: seconds
        given_up: asked at intervals whether to wait on

    Raises:
        TimeoutError: no answer in time, or given up
        NoResponseError: the function failed in all its attempts
        UnreachableError: there is no such function or topic
    """
    _register()
    token = uuid.uuid4().hex
    answer: Future[bytes] = Future()
    _waiting[token] = answer
    message = {**request, "ResponseURL": f"{gateway_url()}{PATH}/{token}"}
    invocation = None
    try:
        invocation = _deliver(request["ServiceToken"], message, answer)
        deadline = time.monotonic() + timeout
        while not answer.done() and not given_up() and (left := deadline - time.monotonic()) > 0:
            wait([answer], min(left, LOOK_SECONDS))
        return parsed(answer.result(0))
    finally:
        del _waiting[token]
        if invocation:
            with _lock:
                _invocations.pop(invocation, None)


def parsed(body: bytes) -> Answer:
    """Read an answer; one that CloudFormation would not accept is a failure that says why."""
    if len(body) > MAX_RESPONSE_BYTES:
        return _refused("Response object is too long.")
    given = None
    with contextlib.suppress(ValueError):
        given = json.loads(body)
    if not isinstance(given, dict):
        return _refused("Invalid response: not a JSON object.")
    return _accepted(given)


def _accepted(given: Message) -> Answer:
    status, physical_id = given.get("Status"), given.get("PhysicalResourceId")
    if status not in ("SUCCESS", "FAILED"):
        return _refused(f"Invalid Status: received {status!r}, valid are SUCCESS and FAILED.")
    if status == "SUCCESS" and not (isinstance(physical_id, str) and physical_id):
        return _refused("Invalid PhysicalResourceId")
    data = given.get("Data") or {}
    if not isinstance(data, dict):
        return _refused("Invalid Data: not a JSON object.")
    return Answer(status == "SUCCESS", physical_id, str(given.get("Reason") or ""), data)


def _refused(reason: str) -> Answer:
    return Answer(False, None, reason, {})


def _deliver(service_token: str, message: Message, answer: Future[bytes]) -> str | None:
    """Send; returns the invocation's request id if the service token is a function."""
    parts = service_token.split(":")
    if len(parts) < 6 or parts[2] not in ("lambda", "sns"):
        raise UnreachableError(
            f"Invalid service token {service_token}: it must be the ARN of a Lambda function or "
            "of an SNS topic"
        )
    service, region, account = parts[2:5]
    aws = client(account, region, service)
    text = json.dumps(message)
    try:
        if service == "sns":
            subject = "AWS CloudFormation custom resource request"
            aws.publish(TopicArn=service_token, Message=text, Subject=subject)
            return None
        with _lock:  # a function may fail before we have learned its request id
            reply = aws.invoke(FunctionName=service_token, InvocationType="Event", Payload=text)
            request_id: str = reply["ResponseMetadata"]["RequestId"]
            _invocations[request_id] = answer
    except aws.exceptions.ClientError as e:
        raise UnreachableError(str(e)) from e
    return request_id


class _Endpoint:
    @route(f"{PATH}/<token>", methods=["PUT"])
    def put(self, request: Request, token: str) -> Response:
        answer = _waiting.get(token)
        if answer is None:
            return Response("this request is no longer waited for\n", status=403)
        body = request.get_data(parse_form_data=False)
        with _lock:
            if not answer.done():  # the first answer counts
                answer.set_result(body)
        return Response(status=200)


@singleton_factory
def _register() -> bool:
    """Open the callback path, and listen for invocations that failed for good."""
    ROUTER.add(_Endpoint())
    original = patches.original("cloudformation.given_up")

    @functools.wraps(original)
    def process_dead_letter_queue(self: Any, sqs_invocation: Any, invocation_result: Any) -> Any:
        _given_up(sqs_invocation.invocation.request_id, invocation_result.payload)
        return original(self, sqs_invocation, invocation_result)

    patches.replace("cloudformation.given_up", process_dead_letter_queue)
    return True


def _given_up(request_id: str, payload: bytes | None) -> None:
    with _lock:
        answer = _invocations.pop(request_id, None)
        if answer is None or answer.done():
            return
        error = json.loads(payload or b"{}")
        kind, text = error.get("errorType"), error.get("errorMessage", "no reason given")
        described = f"{kind}: {text}" if kind else text
        answer.set_exception(NoResponseError(f"{described} (RequestId: {request_id})"))
