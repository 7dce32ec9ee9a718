"""Each property of the API model is in the table, and docs/firehose.md has the table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from localstack.aws.api.firehose import InvalidArgumentException
from localstack.aws.spec import load_service

from lakestack.services.firehose import destinations, properties
from lakestack.services.firehose.processing import PROCESSORS
from lakestack.services.firehose.properties import COMMAND, DOCUMENT, OPERATIONS, TABLE


def _shapes(shape: Any, seen: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Structures of a request, but for what is below a property that is refused."""
    if shape.type_name == "list":
        yield from _shapes(shape.member, seen)
    if shape.type_name != "structure" or shape.name in seen:
        return
    seen.add(shape.name)
    yield shape.name, set(shape.members)
    for name, member in shape.members.items():
        if not TABLE.get(shape.name, {}).get(name, "").startswith("refused"):
            yield from _shapes(member, seen)


def _model() -> dict[str, set[str]]:
    service, seen = load_service("firehose"), set[str]()
    shapes = [service.operation_model(operation).input_shape for operation in OPERATIONS]
    return {name: members for shape in shapes for name, members in _shapes(shape, seen)}


def test_every_property_of_the_model_is_in_the_table_and_no_other() -> None:
    assert {shape: set(members) for shape, members in TABLE.items()} == _model()


def test_every_use_says_what_becomes_of_it() -> None:
    uses = {use.partition(":")[0] for members in TABLE.values() for use in members.values()}
    assert uses == {"applied", "kept", "refused"}


def test_what_is_refused_is_refused_by_its_name() -> None:
    service = load_service("firehose")
    for operation in OPERATIONS:
        shape = service.operation_model(operation).input_shape
        for name, use in TABLE[shape.name].items():
            if use.startswith("refused"):
                with pytest.raises(InvalidArgumentException, match=f"Firehose {name} is not part"):
                    properties.check(operation, {name: {}})
            else:
                properties.check(operation, {name: {}})


def test_every_destination_of_the_table_is_one_that_is_made() -> None:
    taken = {
        name.removesuffix("Configuration")
        for name, use in TABLE["CreateDeliveryStreamInput"].items()
        if name.endswith("DestinationConfiguration") and not use.startswith("refused")
    }
    assert taken == set(destinations.KINDS)


def test_every_processor_and_parameter_of_the_model_is_known() -> None:
    service = load_service("firehose")
    assert set(PROCESSORS) == set(service.shape_for("ProcessorType").enum)
    parameters = {name for each in PROCESSORS.values() for name in each}
    assert parameters == set(service.shape_for("ProcessorParameterName").enum)


def test_the_document_has_the_tables() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    if document != properties.updated(document):
        pytest.fail(f"docs/firehose.md is out of date; run: {COMMAND}", pytrace=False)
