"""LocalStack's reading of requests, with our checks in it.

LocalStack answers 500 for whatever its parsers stumble over. Here that becomes the service's own
400; a failure that cannot be the client's fault is logged with its traceback, and so is every
exception of a handler: a 500 is a fault of the emulator, and somebody has to find it.
"""

from __future__ import annotations

import logging
from typing import Any

from botocore.model import OperationNotFoundError, Shape
from cbor2 import CBORDecodeError
from localstack.aws.api import CommonServiceException, RequestContext, ServiceException
from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER
from localstack.aws.protocol import parser as protocol_parser
from localstack.aws.protocol.parser import (
    OperationNotFoundParserError,
    ProtocolParserError,
    create_parser,
)
from localstack.utils.aws.arns import InvalidArnException
from moto.core.exceptions import ServiceException as MotoError
from werkzeug.exceptions import HTTPException, NotFound

from lakestack import patches
from lakestack.services.request_validation import other_services
from lakestack.services.request_validation.constraints import faults_of
from lakestack.services.request_validation.faults import NullMemberError, WireError, summary
from lakestack.services.request_validation.foreign_errors import meant_by
from lakestack.services.request_validation.json_body import (
    CBOR,
    IN_PROCESS,
    INTEGERS,
    JSON,
    decoder,
    read_json,
)
from lakestack.services.request_validation.operation_rules import check_operation
from lakestack.services.request_validation.query_fields import check_fields, with_empty_maps
from lakestack.services.request_validation.service_errors import Codes, codes_for

LOG = logging.getLogger(__name__)

_BODY_NEEDED = {"dynamodb"}
"""Its engine gets the body as it is, and cannot read an empty one."""

_CLIENTS_FAULT = (
    *(HTTPException, OperationNotFoundError, UnicodeError, RecursionError, KeyError),
    *(CBORDecodeError, EOFError, OverflowError, ValueError, TypeError, AttributeError),
)


def install() -> None:
    """Put our reading and checking into the place of LocalStack's."""
    patches.replace("request_validation.read", lambda _self, context: read_request(context))
    patches.replace("request_validation.json", _json_or_cbor)
    patches.replace("request_validation.structure", _structure)
    patches.replace("request_validation.boolean", protocol_parser.RequestParser._parse_boolean)
    patches.replace("request_validation.text", _text_of_element)
    patches.replace("request_validation.log", _log)
    original = patches.original("request_validation.meant")
    patches.replace(
        "request_validation.meant",
        lambda this, exception, context: original(this, _meant(exception, context), context),
    )


def read_request(context: RequestContext) -> None:
    """Set the context's operation and request.

    Raises:
        CommonServiceException: with the service's code, if the request is not valid
    """
    service: Any = context.service
    codes = codes_for(service.service_name, context.protocol or service.protocol)
    try:
        operation, request = create_parser(service, context.protocol).parse(context.request)
    except Exception as e:
        context.operation = context.operation or _operation_named(context.request, service)
        if codes.unknown[1] == 400 and (other := other_services.meant(context.request, service)):
            said = f"{other} is not part of the emulated data lake"
            raise _error("InternalFailure", said, 501) from e
        raise _refusal(e, codes) from e
    if (context.protocol or service.protocol) in ("query", "ec2") and operation.input_shape:
        request = with_empty_maps(operation.input_shape, request or {})
    context.operation, context.service_request = operation, request
    check(operation, request, codes)
    check_operation(
        *(service.service_name, operation.name, request or {}), internal=context.is_internal_call
    )
    if "values" in context.request.__dict__ and operation.input_shape is not None:
        check_fields(operation.input_shape, context.request.values, codes)


def check(operation: Any, request: Any, codes: Codes) -> None:
    """Refuse a request that breaks its shape's constraints.

    Raises:
        CommonServiceException: naming each member and its constraint, or in the service's words
    """
    shape: Shape | None = operation.input_shape
    if shape is None:
        return
    if codes.payload_only:
        name = shape.serialization.get("payload")
        shape, request = shape.members.get(name), (request or {}).get(name)
        if shape is None or shape.type_name != "structure" or not request:
            return
    if faults := faults_of(shape, request or {}, codes.rules):
        if codes.words:
            raise CommonServiceException(codes.invalid, codes.words)
        raise _error(codes.constraint or codes.invalid, summary(faults))


def _operation_named(request: Any, service: Any) -> Any:
    """The operation that a broken request names, or any: errors look the same for all of them."""
    name = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    name = name or request.args.get("Action", "")
    known = service.operation_names
    return service.operation_model(name if name in known else known[0])


def _refusal(e: Exception, codes: Codes) -> CommonServiceException:
    cause = e if isinstance(e, ProtocolParserError) else e.__cause__ or e
    code, status, message = codes.unreadable, 400, str(e)
    if isinstance(cause, NullMemberError):
        code, message = codes.invalid, summary([str(cause)])
    elif isinstance(cause, OperationNotFoundParserError | OperationNotFoundError | NotFound):
        code, status = codes.unknown
        message = str(cause) if not isinstance(cause, NotFound) else message
    elif isinstance(cause, KeyError):  # no X-Amz-Target, where the operation's name would be
        (code, status), message = codes.unknown, f"Unable to determine the operation: {cause}"
    elif isinstance(cause, RecursionError):
        message = "the request is nested too deeply"
    elif isinstance(cause, WireError | ProtocolParserError):
        message = str(cause)[:1000]
    elif isinstance(cause, HTTPException):
        status, message = cause.code or 400, str(cause.description)
    else:
        message = f"the request could not be read: {str(cause)[:200]}"
        if not isinstance(cause, _CLIENTS_FAULT):
            LOG.error("while a request was read", exc_info=cause)
    return _error(code, message, status)


def _error(code: str, message: str, status: int = 400) -> CommonServiceException:
    """The error as the services with two protocols need it: they tell the class's name."""
    kind = type(code, (CommonServiceException,), {})
    error: CommonServiceException = kind(code, message, status_code=status, sender_fault=True)
    return error


def _json_or_cbor(parser: Any, request: Any) -> Any:
    body = request.data
    if not body:
        if parser.service.service_name in _BODY_NEEDED:
            raise WireError("Unexpected end of the body")
        return {}
    if not request.mimetype.startswith("application/x-amz-cbor"):
        found = read_json(body)
    else:
        try:
            found = protocol_parser.cbor2_loads(body)
        except Exception as e:  # the decoder's own errors are of many kinds
            raise WireError(f"the body could not be parsed as CBOR: {str(e)[:200]}") from e
    if found is None:
        raise WireError("NULL_VALUE can not be converted to a structure")
    return found


def _structure(parser: Any, request: Any, shape: Any, value: Any, uri_params: Any = None) -> Any:
    """In the place of LocalStack's: the body by its compiled shape, the rest as LocalStack does."""
    if value is None:
        value = {}
    if request.mimetype.startswith("application/x-amz-cbor"):
        source = CBOR
    else:
        source = IN_PROCESS if INTERNAL_REQUEST_PARAMS_HEADER in request.headers else JSON
    decode = shape.__dict__.get(source.name)
    if decode is None:
        decode = shape.__dict__[source.name] = decoder(shape, source)
    parsed = decode(value, ())
    for name, member in _elsewhere(shape):
        found = parser._parse_shape(request, member, None, uri_params)
        if found is not None:
            _in_range(member, found, name)
            parsed[name] = found
    return parsed


def _elsewhere(shape: Any) -> list[tuple[str, Any]]:
    """The members that are in the path, the query string or the headers; looked for once."""
    found: list[tuple[str, Any]] | None = shape.__dict__.get("_lake_elsewhere")
    if found is None:
        members = () if shape.is_document_type else shape.members.items()
        found = [(name, m) for name, m in members if "location" in m.serialization]
        shape.__dict__["_lake_elsewhere"] = found
    return found


def _text_of_element(parser: Any, request: Any, shape: Any, node: Any, uri_params: Any) -> Any:
    """In the place of LocalStack's, which gives a handler the list of a repeated element."""
    if isinstance(node, list):
        raise WireError(f"The element of {shape.name} is there more than once")
    return parser._noop_parser(request, shape, node, uri_params)


def _in_range(shape: Any, value: Any, name: str) -> None:
    """Numbers of a path or query string have as many bits as those of a body."""
    limit = INTEGERS.get(shape.type_name)
    if limit is not None and not -limit <= value < limit:
        raise WireError(f"'{name}': {str(value)[:40]} is out of range")


def _meant(exception: Exception, context: RequestContext) -> Any:
    """What an error of moto's or LocalStack's says to the client; the error itself if nothing."""
    if not context.service or isinstance(exception, ServiceException | NotImplementedError):
        return exception
    codes = codes_for(context.service.service_name, context.protocol or context.service.protocol)
    meant = meant_by(exception, context.operation, context.service_request, codes)
    return _error(meant.code, meant.message, meant.status) if meant else exception


def _log(self: Any, _chain: Any, exception: Exception, context: Any, _response: Any) -> None:
    known = (ServiceException, NotImplementedError, HTTPException, InvalidArnException)
    if isinstance(exception, (*known, MotoError)):
        return
    operation = context.operation.name if context.operation else "?"
    service = context.service.service_name if context.service else "?"
    self.logger.error("exception in %s.%s", service, operation, exc_info=exception)
