"""Custom entity types of sensitive data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support import unique


def refusal(call: Callable[..., Any], **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return str(caught.value.response["Error"]["Code"])


def test_a_custom_entity_type_is_kept_until_it_is_deleted(aws: Callable[[str], Any]) -> None:
    glue, name = aws("glue"), unique("type")
    made = {"Name": name, "RegexString": "[A-Z]{3}-[0-9]+", "ContextWords": ["order"]}
    assert glue.create_custom_entity_type(**made, Tags={"a": name})["Name"] == name
    assert refusal(glue.create_custom_entity_type, **made) == "AlreadyExistsException"
    found = glue.get_custom_entity_type(Name=name)
    assert {key: found[key] for key in made} == made
    both = glue.batch_get_custom_entity_types(Names=[name, "none-such"])
    assert both["CustomEntityTypes"] == [made]
    assert both["CustomEntityTypesNotFound"] == ["none-such"]
    assert glue.list_custom_entity_types(Tags={"a": name})["CustomEntityTypes"] == [made]
    assert name in [e["Name"] for e in glue.list_custom_entity_types()["CustomEntityTypes"]]
    assert glue.delete_custom_entity_type(Name=name)["Name"] == name
    for call in (glue.get_custom_entity_type, glue.delete_custom_entity_type):
        assert refusal(call, Name=name) == "EntityNotFoundException"


def test_a_pattern_must_be_valid(aws: Callable[[str], Any]) -> None:
    create = aws("glue").create_custom_entity_type
    assert refusal(create, Name=unique("type"), RegexString="(a") == "InvalidInputException"
