"""What is outside the body of a REST-XML message is read and written as LocalStack does."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from localstack.aws.protocol.parser import RestXMLRequestParser, create_parser
from localstack.aws.protocol.serializer import S3ResponseSerializer
from localstack.aws.spec import load_service
from localstack.http import Request

from lakestack.services import rest_members

S3 = load_service("s3")
ROUNDS = 6
VALUES = {
    "string": "text",
    "integer": "7",
    "long": "12345678901",
    "boolean": "true",
    "timestamp": "Sat, 28 Nov 2026 05:00:00 GMT",
    "list": "ETag, Checksum",
}


def request_of(operation: Any, chance: random.Random) -> Request:
    """A request with some of the members that an operation knows, each in its place."""
    headers, query = {"Host": "127.0.0.1", "X-Other": "1"}, dict(_fixed_query(operation))
    for name, member in operation.input_shape.members.items():
        location, wire = (
            member.serialization.get("location"),
            member.serialization.get("name", name),
        )
        if location is None or chance.random() < 0.5:
            continue
        value = VALUES.get(member.type_name, "text")
        if member.serialization.get("timestampFormat") == "iso8601":
            value = "2026-11-28T05:00:00Z"
        if location == "header":
            headers[wire.upper() if chance.random() < 0.5 else wire] = value
        elif location == "headers":
            headers[f"{wire}one"] = value
        elif location == "querystring" and member.type_name in ("string", "integer"):
            query[wire] = value
    path = operation.http["requestUri"].partition("?")[0]
    path = path.replace("{Bucket}", "bucket").replace("{Key+}", "a/key//")
    query_string = urlencode(query)
    request = Request(operation.http["method"], path, headers=headers, query_string=query_string)
    for name in list(headers):
        if chance.random() < 0.1:
            request.headers.add(name.title(), headers[name])
            request.headers.add(name, VALUES["timestamp"])
    return request


def _fixed_query(operation: Any) -> list[tuple[str, str]]:
    pairs = (p.partition("=") for p in operation.http["requestUri"].partition("?")[2].split("&"))
    return [(name, value) for name, _, value in pairs if name]


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts ours in, where a test asks for it."""

    def put() -> None:
        original = RestXMLRequestParser._parse_structure
        monkeypatch.setattr(RestXMLRequestParser, "_parse_structure", rest_members.reader(original))

    return put


@pytest.mark.parametrize("name", S3.operation_names)
def test_a_request_is_read_as_localstack_reads_it(name: str, ours: Any) -> None:
    operation, chance = S3.operation_model(name), random.Random(name)
    if operation.input_shape is None:
        pytest.skip("nothing is read")
    parser = create_parser(S3)
    shape = operation.input_shape
    requests = [request_of(operation, chance) for _ in range(ROUNDS)]
    places = {"Bucket": "bucket", "Key": "a/key"}
    from_xml = parser._initial_body_parse(Request("GET", "/"))

    def read() -> list[Any]:
        return [parser._parse_shape(r, shape, from_xml, places) for r in requests]

    expected = read()
    ours()
    assert read() == expected


def test_what_is_in_the_body_is_read_too(ours: Any) -> None:
    parser = create_parser(load_service("cloudfront"))
    body = b"<DistributionConfig><CallerReference>x</CallerReference></DistributionConfig>"
    request = Request(
        "PUT", "/2020-05-31/distribution/ID/config", headers={"If-Match": "E"}, body=body
    )
    expected = parser.parse(request)
    ours()
    assert parser.parse(request) == expected
    assert expected[1]["IfMatch"] == "E"
    assert expected[1]["DistributionConfig"]["CallerReference"] == "x"


TIMES = [
    ("Sat, 28 Nov 2026 05:00:00 GMT", True),
    ("2026-11-28T05:00:00Z", False),
    ("Sat, 28 Nov 2026 05:00:00 +0100", False),
    (datetime(2026, 11, 28, 5, tzinfo=UTC), False),
    (1795842000, False),
]


@pytest.mark.parametrize(("value", "written"), TIMES)
def test_a_time_that_is_written_already_stays(value: Any, written: bool) -> None:
    serializer = S3ResponseSerializer()
    shape = S3.operation_model("GetObject").output_shape.members["LastModified"]
    assert rest_members.is_written(serializer, shape, value) is written
    original = type(serializer)._serialize_header_value
    assert rest_members.writer(original)(serializer, shape, value) == original(
        serializer, shape, value
    )


def test_a_time_in_another_format_is_converted() -> None:
    serializer = S3ResponseSerializer()
    shape = S3.operation_model("GetObject").output_shape.members["LastModified"]
    iso = type(shape)(shape.name, {"type": "timestamp", "timestampFormat": "iso8601"})
    assert not rest_members.is_written(serializer, iso, "Sat, 28 Nov 2026 05:00:00 GMT")
