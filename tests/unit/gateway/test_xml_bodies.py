"""Answers of S3 are what LocalStack's serializer writes, byte by byte."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import assume, given, strategies
from localstack.aws.protocol.serializer import ProtocolSerializerError, S3ResponseSerializer
from localstack.aws.spec import load_service

from lakestack import patches
from lakestack.services import xml_bodies

ORIGINAL = patches.original("xml_bodies.make")
MODEL = load_service("s3")
SERIALIZER = S3ResponseSerializer()
NAMED = sorted(
    name for name in MODEL.operation_names if MODEL.operation_model(name).output_shape is not None
)
st: Any = strategies
SCALARS = {
    "string": st.text(),
    "character": st.text(max_size=1),
    "integer": st.integers(0, 2**31),
    "long": st.integers(0, 2**62),
    "float": st.floats(),
    "double": st.floats(),
    "boolean": st.booleans(),
    "blob": st.binary() | st.text(),
    "timestamp": st.one_of(
        st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
        st.just("2026-01-01T00:00:00Z"),
        st.just(datetime(2026, 1, 1)),
    ),
}


def values(shape: Any, depth: int = 0) -> Any:
    """Values of a shape, with members that are absent or None."""
    if shape.type_name == "structure":
        members = {} if depth > 4 else shape.members
        return st.fixed_dictionaries(
            {}, optional={n: st.none() | values(m, depth + 1) for n, m in members.items()}
        )
    if shape.type_name == "list":
        return st.lists(st.none() | values(shape.member, depth + 1), max_size=2)
    if shape.type_name == "map":
        inner = st.none() | values(shape.value, depth + 1)
        return st.dictionaries(values(shape.key, depth + 1), inner, max_size=2)
    return SCALARS[shape.type_name]


def made(make: Any, operation: str, shape: Any, answer: Any) -> Any:
    model = MODEL.operation_model(operation)
    return make(SERIALIZER, answer, shape, model, "application/xml", "id")


def payload_of(operation: str) -> Any:
    """The shape that the body shows."""
    output = MODEL.operation_model(operation).output_shape
    named = output.serialization.get("payload")
    return output.members[named] if named else output


@given(data=st.data(), operation=st.sampled_from(NAMED))
def test_every_answer(data: Any, operation: str) -> None:
    shape = payload_of(operation)
    assume(shape.type_name == "structure")
    answer = data.draw(values(shape))

    expected = made(ORIGINAL, operation, shape, answer)

    assert made(xml_bodies._body, operation, shape, answer) == expected


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("ListObjectsV2", {"Contents": [{"Key": "a<b>&\"'\r\n\t\u00e9\U0001f600", "Size": 0}]}),
        ("ListObjectsV2", {"Contents": [], "Prefix": "", "IsTruncated": False}),
        ("ListObjectsV2", {"Unknown": 1, "KeyCount": 3}),
        ("ListObjectsV2", {"Prefix": "\ud800"}),
        (
            "GetBucketAcl",
            {"Grants": [{"Grantee": {"Type": 'Canonical"User', "ID": "1"}, "Permission": "READ"}]},
        ),
    ],
)
def test_what_handlers_give(operation: str, answer: Any) -> None:
    shape = payload_of(operation)

    expected = made(ORIGINAL, operation, shape, answer)

    assert made(xml_bodies._body, operation, shape, answer) == expected


@pytest.mark.parametrize("wrong", [{"Contents": 5}, {"Contents": [7]}])
def test_what_is_of_the_wrong_type_is_named(wrong: Any) -> None:
    shape = payload_of("ListObjectsV2")
    with pytest.raises(ProtocolSerializerError, match="ListObjectsV2Output"):
        made(xml_bodies._body, "ListObjectsV2", shape, wrong)
