"""Each service's codes for a request that is not valid, and which constraints it enforces.

Sources: the error shapes of the API models; each service's API Reference, "Common Errors"; answers
of AWS that the tests of moto and LocalStack have recorded. A service that is not in the table has
its protocol's default.
"""

from __future__ import annotations

from dataclasses import dataclass

from lakestack.services.request_validation.constraints import (
    ENUMS,
    FULL,
    GLUE,
    REQUIRED_ONLY,
    SIZES,
    SIZES_NO_NULL,
    Rules,
)


@dataclass(frozen=True)
class Codes:
    """Error codes.

    Attributes:
        unreadable: the body or a value of it cannot be read
        invalid: a constraint is violated
        unknown: there is no such operation; with its HTTP status
        rules: constraints that are enforced
        payload_only: they are those of the body's document only; the handler sees to the rest
        constraint: a constraint of the API model is violated; empty: `invalid`
        words: all that is said of a violated constraint, without who is to blame; empty: each
            member and its constraint
    """

    unreadable: str
    invalid: str
    unknown: tuple[str, int] = ("UnknownOperationException", 400)
    rules: Rules = REQUIRED_ONLY
    payload_only: bool = False
    constraint: str = ""
    words: str = ""


_SERIALIZATION = "SerializationException"
_JSON = Codes(_SERIALIZATION, "ValidationException")
_QUERY = Codes("ValidationError", "ValidationError", ("InvalidAction", 400))
_BY_PROTOCOL = {
    "json": _JSON,
    "smithy-rpc-v2-cbor": _JSON,
    "rest-json": Codes(_SERIALIZATION, "ValidationException", ("UnknownOperationException", 404)),
    "query": _QUERY,
    "ec2": Codes("InvalidParameterValue", "MissingParameter", ("InvalidAction", 400)),
    "rest-xml": Codes(
        *("MalformedXML", "MalformedXML", ("MethodNotAllowed", 405)),
        payload_only=True,
        words="The XML you provided was not well-formed or did not validate against our published "
        "schema",  # S3 API Reference, "List of error codes"; its punctuation as recorded
    ),
}

_OURS = Codes(_SERIALIZATION, "ValidationException", rules=FULL)
_BY_SERVICE = {
    "kinesis": _OURS,
    # Its handler says itself what is valid, with the codes and words that its tests record.
    "firehose": _JSON,
    "glue": Codes(_SERIALIZATION, "ValidationException", rules=GLUE),
    "application-autoscaling": _OURS,
    "sagemaker": _OURS,
    "sagemaker-runtime": Codes(
        _SERIALIZATION, "ValidationError", ("UnknownOperationException", 404), FULL
    ),
    "scheduler": Codes(
        _SERIALIZATION, "ValidationException", ("UnknownOperationException", 404), FULL
    ),
    "pipes": Codes(_SERIALIZATION, "ValidationException", ("UnknownOperationException", 404), FULL),
    "events": _OURS,
    "stepfunctions": _OURS,
    "athena": Codes(_SERIALIZATION, "InvalidRequestException", rules=FULL),
    "lakeformation": Codes(
        _SERIALIZATION, "InvalidInputException", ("UnknownOperationException", 404), FULL
    ),
    # DMS takes its enumerations in any case (GZIP, gzip), so that the handler decides.
    "dms": Codes(_SERIALIZATION, "InvalidParameterValueException", rules=SIZES),
    # DynamoDB Local says the sizes itself, in DynamoDB's words, but stumbles over enumerations.
    "dynamodb": Codes(_SERIALIZATION, "ValidationException", rules=ENUMS),
    # LocalStack's handler has AWS's words for its enumerations and patterns, such as Runtime.
    "lambda": Codes(
        _SERIALIZATION,
        "ValidationException",
        ("UnknownOperationException", 404),
        SIZES_NO_NULL,
    ),
    "logs": Codes(_SERIALIZATION, "InvalidParameterException", rules=SIZES),
    "cloudwatch": Codes("ValidationError", "ValidationError", ("InvalidAction", 400), FULL),
    "cloudformation": Codes("ValidationError", "ValidationError", ("InvalidAction", 400), SIZES),
    "apigateway": Codes(_SERIALIZATION, "BadRequestException", ("UnknownOperationException", 404)),
    "apigatewayv2": Codes(
        _SERIALIZATION, "BadRequestException", ("UnknownOperationException", 404)
    ),
    "sns": Codes(
        "InvalidParameter", "InvalidParameter", ("InvalidAction", 400), constraint="ValidationError"
    ),
    "route53": Codes(
        "MalformedInput", "InvalidInput", ("UnknownOperationException", 404), payload_only=True
    ),
}
_MISSING = {"sqs": "MissingParameter", "ec2": "MissingParameter"}


def codes_for(service: str, protocol: str) -> Codes:
    """The service's codes.

    Args:
        protocol: of this request: ``json``, ``rest-json``, ``query``, ``rest-xml`` …
    """
    default = _BY_PROTOCOL.get(protocol, _JSON)
    if service in _MISSING:
        return Codes(default.unreadable, _MISSING[service], default.unknown, default.rules)
    return _BY_SERVICE.get(service, default)
