"""Settings that Lambda refuses, in AWS's words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.lambda_.helpers import ROLE, Aws, packed
from tests.contract.refusals import refusal
from tests.support import ACCOUNT, REGION

LONG = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{'a' * 100}"
LAYER = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:films"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:films"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/films"


def violated(value: str, member: str, rule: str) -> str:
    return (
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"{rule}"
    )


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        (
            {"FunctionName": LONG},
            "ValidationException",
            violated(LONG, "functionName", "Member must have length less than or equal to 140"),
        ),
        (
            {"Runtime": "cobol85"},
            "InvalidParameterValueException",
            "Value cobol85 at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            "value set: [",
        ),
        ({"Runtime": "nodejs22.x"}, "InvalidParameterValueException", "Runtime nodejs22.x is not"),
        (
            {"Timeout": 901},
            "ValidationException",
            violated("901", "timeout", "Member must have value less than or equal to 900"),
        ),
        (
            {"Handler": "index handler"},
            "ValidationException",
            violated(
                *("index handler", "handler"),
                r"Member must satisfy regular expression pattern: [^\s]+",
            ),
        ),
        (
            {"Layers": [LAYER]},
            "ValidationException",
            violated(
                *(f"[{LAYER}]", "layers"),
                "Member must satisfy constraint: [Member must have length less than or equal to "
                "140, Member must have length greater than or equal to 1, Member must satisfy",
            ),
        ),
    ],
)
def test_functions_that_are_not_created(
    aws: Aws, name: str, settings: dict[str, Any], code: str, said: str
) -> None:
    function = {
        "FunctionName": name,
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Role": ROLE,
        "Code": {"ZipFile": packed({"index.py": "def handler(event, context): pass"})},
    }
    found = refusal(lambda: aws("lambda").create_function(**{**function, **settings}))
    assert found[0] == code
    assert found[1].startswith(said)


@pytest.mark.parametrize(
    ("settings", "code", "said"),
    [
        (
            {"EventSourceArn": QUEUE, "StartingPosition": "LATEST"},
            "InvalidParameterValueException",
            "StartingPosition is not valid for SQS event sources.",
        ),
        (
            {"EventSourceArn": QUEUE, "StartingPosition": "0"},
            "ValidationException",
            violated(
                *("0", "startingPosition"),
                "Member must satisfy enum value set: [LATEST, AT_TIMESTAMP, TRIM_HORIZON]",
            ),
        ),
        (
            {
                "EventSourceArn": STREAM,
                "StartingPosition": "LATEST",
                "StartingPositionTimestamp": 1741010802,
            },
            "InvalidParameterValueException",
            "Timestamp only valid with StartingPosition AT_TIMESTAMP",
        ),
        (
            {
                "EventSourceArn": STREAM,
                "StartingPosition": "AT_TIMESTAMP",
                "StartingPositionTimestamp": -1,
            },
            "InvalidParameterValueException",
            "Received Exception while reading from provided stream. class java.lang.Long can not "
            "be converted to a Timestamp",
        ),
    ],
)
def test_positions_of_event_sources(
    aws: Aws, name: str, settings: dict[str, Any], code: str, said: str
) -> None:
    api = aws("lambda")
    found = refusal(lambda: api.create_event_source_mapping(FunctionName=name, **settings))
    assert found == (code, said)
