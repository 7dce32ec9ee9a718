"""The short way of requests about items: from the gateway to the engine and back, as bytes.

The usual way parses a body, converts it by the API model, parses and checks it again for the
engine, and the answer the same way back. Here the body is looked at once (`item_requests`) and goes
to the engine as it is; so does its answer to the client. Whatever needs more takes the usual way:
all that the engine refuses, tables with a stream or replicas, faults that were asked for, an engine
that is not up, a body that is not plainly right.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from zlib import crc32

from localstack.aws import handlers
from localstack.aws.accounts import get_account_id_from_access_key_id
from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.chain import HandlerChain
from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER
from localstack.aws.spec import load_service
from localstack.http import Response

from lakestack import commands
from lakestack.services.dynamodb import data_plane
from lakestack.services.dynamodb.engine_process import NAME
from lakestack.services.dynamodb.item_requests import OPERATIONS
from lakestack.services.fault_injection.rules import FAULTS

JSON = "application/x-amz-json-1.0"
_TARGET = "DynamoDB_20120810."
_CREDENTIAL = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/\d+/([a-z0-9-]+)/dynamodb/aws4_request[, ]"
)
_ELSEWHERE = ("Content-Encoding", "Transfer-Encoding", INTERNAL_REQUEST_PARAMS_HEADER)
_NOT_AFTER = (
    handlers.validate_response_schema,
    handlers.modify_service_response,
    handlers.parse_service_response,
)
"""What the gateway does with answers of its own documents and of handlers that make objects."""

Plain = Callable[[str, str, str, bool], bool]
"""Of account, region, table and whether it is written to: whether nobody else wants to know."""

_plain: list[Plain] = []


def open_for(plain: Plain) -> None:
    """DynamoDB's provider is there: requests may go the short way.

    Args:
        plain: whether a table's requests concern the engine alone
    """
    _plain[:] = [plain]


class ShortWay:
    """A handler of requests: answers what may go the short way, leaves all else alone.

    Args:
        passing: a block for the request of a name that changes something; it may have to wait
    """

    def __init__(self, passing: Callable[[str], AbstractContextManager[None]]) -> None:
        self._passing = passing

    def __call__(self, chain: HandlerChain, context: RequestContext, response: Response) -> None:
        """Answer a request, if it may go this way.

        Raises:
            CommonServiceException: InternalServerError, the engine broke off; clients retry it
        """
        request = context.request
        target = request.headers.get("X-Amz-Target", "")
        if not _plain or not target.startswith(_TARGET) or not _is_plain_http(context):
            return
        name = target[len(_TARGET) :]
        operation = OPERATIONS.get(name)
        found = _CREDENTIAL.match(request.headers.get("Authorization", ""))
        if operation is None or found is None or found[2] not in _regions() or FAULTS:
            return
        body = request.get_data()
        document = data_plane.parsed(body)
        if document is None or not operation.is_plain(document):
            return
        account, region = get_account_id_from_access_key_id(found[1]), found[2]
        with self._passing(f"dynamodb.{name}") if operation.writes else nullcontext():
            plain, writes = _plain[0], operation.writes
            if not all(plain(account, region, each, writes) for each in operation.tables(document)):
                return
            try:
                if name in ("Scan", "Query"):
                    answer = data_plane.search(name, account, region, body, document)
                else:
                    answer = data_plane.ask(name, account, region, body)
            except OSError as e:
                _note(context, name, account, region)
                raise broken(e) from e
        if answer is None or answer.status != 200:
            return  # nothing was done; the usual way says why
        _note(context, name, account, region)
        response.status_code = 200
        response.set_data(answer.body)
        response.headers["Content-Type"] = JSON
        response.headers["x-amzn-requestid"] = context.request_id
        response.headers["x-amz-crc32"] = str(crc32(answer.body))
        for after in _after(chain.response_handlers):
            after(chain, context, response)
        chain.terminate()


def broken(error: Exception) -> CommonServiceException:
    """AWS's code for a fault of its own (Amazon DynamoDB Developer Guide, "Error handling")."""
    why = f"{NAME} broke off while it was asked: {type(error).__name__}; see: {commands.status()}"
    return CommonServiceException("InternalServerError", why, status_code=500)


def _is_plain_http(context: RequestContext) -> bool:
    """Whether it came over the network, signed by header, to a service's own address."""
    request, environ = context.request, context.request.environ
    verdict: Any = context.get("lake_verdict")
    if verdict is None or not verdict.is_signed_for_a_service:
        return False
    if request.method != "POST" or request.path != "/" or environ.get("QUERY_STRING"):
        return False
    if request.headers.get("Content-Type") != JSON:
        return False
    return not any(name in request.headers for name in _ELSEWHERE)


def _note(context: RequestContext, operation: str, account: str, region: str) -> None:
    """What those need that look at answers: the log, states that are kept."""
    context.service, context.protocol = load_service("dynamodb"), "json"
    context.operation = context.service.operation_model(operation)
    context.account_id, context.region = account, region


def _after(response_handlers: Sequence[Any]) -> list[Any]:
    return [each for each in response_handlers if each not in _NOT_AFTER]


@functools.cache
def _regions() -> frozenset[str]:
    """The regions that the gateway leaves as they are."""
    return frozenset(handlers.rewrite_region.region_rewriter_strategy.available_regions)
