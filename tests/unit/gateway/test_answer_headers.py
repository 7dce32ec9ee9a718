"""Headers of AWS's answers are those that LocalStack writes, in the same order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from localstack.aws.protocol import serializer as serializers
from localstack.aws.protocol.serializer import create_serializer
from localstack.aws.spec import load_service
from werkzeug.datastructures import Headers

from lakestack import patches
from lakestack.services import answer_headers

SERVICES = {"s3": "rest-xml", "cloudfront": "rest-xml", "lambda": "rest-json", "glue": "json"}
NAMES = {
    "answer_headers.split": "BaseRestResponseSerializer._partition_members",
    "answer_headers.write": "BaseRestResponseSerializer._process_header_members",
    "answer_headers.start": "ResponseSerializer._create_default_response",
    "answer_headers.accepted": "ResponseSerializer._get_mime_type",
}
ACCEPTED: tuple[dict[str, str], ...] = (
    *({}, {"Accept": "*/*"}, {"Accept": "application/json"}, {"Accept": "text/xml;q=0.1"}),
    *({"Content-Type": "application/cbor"}, {"Accept": "*/*", "Content-Type": "text/xml"}),
    *({"Accept": ""}, {"Accept": "a", "Content-Type": "application/x-amz-json-1.0"}),
    *({"Accept": "text/xml, " * 50}, {"Content-Type": "audio/x"}),
)


@contextmanager
def ours() -> Iterator[None]:
    """Our methods in the place of LocalStack's."""
    accepted = answer_headers.reader(patches.original("answer_headers.accepted"))
    made = [answer_headers.split, answer_headers.write, answer_headers.start, accepted]
    with pytest.MonkeyPatch.context() as patch:
        for target, method in zip(NAMES.values(), made, strict=True):
            owner, attribute = target.split(".")
            patch.setattr(getattr(serializers, owner), attribute, method)
        yield


def _value(shape: Any, chance: random.Random) -> Any:
    values: dict[str, Any] = {
        "string": chance.choice(("text", "ü", "")),
        "boolean": chance.random() < 0.5,
        "timestamp": datetime(2026, 11, 28, tzinfo=UTC),
        "map": {"b": "1", "A": "2"},
        "blob": b"body",
        "structure": {},
    }
    if shape.type_name == "list":
        return [_value(shape.member, chance)]
    return values.get(shape.type_name, chance.choice((0, 7)))


def _answer(service: str, operation: Any, seed: int, headers: dict[str, str]) -> Any:
    chance = random.Random(seed)
    answer: dict[str, Any] = {"NotOfTheModel": 1}
    members = list(operation.output_shape.members.items())
    chance.shuffle(members)
    for name, shape in members:
        if chance.random() < 0.6 and not shape.serialization.get("eventstream"):
            answer[name] = None if chance.random() < 0.1 else _value(shape, chance)
    serializer = create_serializer(operation.service_model, SERVICES[service])
    try:
        made = serializer.serialize_to_response(answer, operation, Headers(headers), "id")
    except Exception as e:
        return type(e), str(e)
    return made.status, list(made.headers), made.get_data()


@pytest.mark.parametrize("service", SERVICES)
def test_answers(service: str) -> None:
    """Of any members, in any order, some without a value, for clients that accept anything."""
    model = load_service(service)
    for name in model.operation_names:
        operation = model.operation_model(name)
        if operation.output_shape is None or operation.has_event_stream_output:
            continue
        for seed in range(2):
            headers = ACCEPTED[seed % len(ACCEPTED)]
            expected = _answer(service, operation, seed, headers)
            with ours():
                assert _answer(service, operation, seed, headers) == expected, name


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("headers", ACCEPTED)
def test_what_a_client_accepts(service: str, headers: dict[str, str]) -> None:
    """The same format, asked twice: the second time it is remembered."""
    serializer = create_serializer(load_service(service), SERVICES[service])
    expected = serializer._get_mime_type(Headers(headers))
    with ours():
        for given in (Headers(headers), headers):
            assert serializer._get_mime_type(given) == expected
        assert serializer._get_mime_type(None) == serializer.SUPPORTED_MIME_TYPES[0]


def test_declared() -> None:
    """What is compared here is what the emulator replaces."""
    for name, target in NAMES.items():
        (declared,) = (each.targets for each in patches.PATCHES if each.name == name)
        assert declared[0].endswith(f":{target}")
