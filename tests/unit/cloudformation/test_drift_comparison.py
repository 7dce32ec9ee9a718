"""Which properties differ, and how that is said."""

from __future__ import annotations

from typing import Any

from lakestack.services.cloudformation.drift.comparison import comparable, differences, text_of

FUNCTION, QUEUE, BUCKET = "AWS::Lambda::Function", "AWS::SQS::Queue", "AWS::S3::Bucket"


def found(kind: str, specified: dict[str, Any], read: dict[str, Any]) -> list[tuple[str, ...]]:
    expected, actual = comparable(kind, specified, read)
    keys = ("PropertyPath", "DifferenceType", "ExpectedValue", "ActualValue")
    return [tuple(each[key] for key in keys) for each in differences(expected, actual)]


def test_only_what_the_template_sets_and_a_service_shows_is_compared() -> None:
    read = {"Timeout": 3, "Handler": "a.b", "Description": ""}
    given = {"Handler": "a.b", "Code": {"ZipFile": "…"}}
    assert comparable(FUNCTION, given, read) == ({"Handler": "a.b"}, {"Handler": "a.b"})
    assert found(FUNCTION, given, read) == []


def test_values_are_compared_in_the_types_of_the_schema() -> None:
    assert found(QUEUE, {"DelaySeconds": 5}, {"DelaySeconds": "5"}) == []
    assert found(QUEUE, {"DelaySeconds": 5}, {"DelaySeconds": "6"}) == [
        ("/DelaySeconds", "NOT_EQUAL", "5", "6")
    ]
    assert found(QUEUE, {"FifoQueue": True}, {"FifoQueue": "true"}) == []


def test_a_property_that_is_gone_was_removed() -> None:
    assert found(FUNCTION, {"Description": "a"}, {"Description": None}) == [
        ("/Description", "REMOVE", "a", "null")
    ]


def test_what_the_service_adds_to_a_structure_is_left_out_and_keys_of_a_map_are_not() -> None:
    given = {"TracingConfig": {"Mode": "Active"}, "Environment": {"Variables": {"A": "1"}}}
    read = {
        "TracingConfig": {"Mode": "Active", "More": 1},
        "Environment": {"Variables": {"A": "2", "B": "1"}},
    }
    assert found(FUNCTION, given, read) == [
        ("/Environment/Variables/A", "NOT_EQUAL", "1", "2"),
        ("/Environment/Variables/B", "ADD", "null", "1"),
    ]


def test_sets_have_no_order() -> None:
    a, b, c = ({"Key": key, "Value": "1"} for key in "abc")
    assert found(BUCKET, {"Tags": [a, b]}, {"Tags": [b, a]}) == []
    assert found(BUCKET, {"Tags": [a, b]}, {"Tags": [c, b, a]}) == [
        ("/Tags/2", "ADD", "null", '{"Key": "c", "Value": "1"}')
    ]
    assert found(BUCKET, {"Tags": [a, b]}, {"Tags": [a]}) == [
        ("/Tags/1", "REMOVE", '{"Key": "b", "Value": "1"}', "null")
    ]


def test_values_are_shown_as_texts() -> None:
    assert [text_of(v) for v in ("a", 1, True, None, {"b": 1})] == [
        *("a", "1", "true", "null"),
        '{"b": 1}',
    ]
