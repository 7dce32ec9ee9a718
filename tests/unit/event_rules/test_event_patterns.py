"""Event patterns that AWS refuses are refused, with AWS's reason; right ones are taken."""

from __future__ import annotations

import json

import pytest

from lakestack.services.event_patterns import PatternError, checked

WRONG = {
    "{": "not valid JSON",
    "": "not valid JSON",
    "{'source': ['a']}": "not valid JSON",
    '{"source": ["a"]} more': "not valid JSON",
    '{"a":' * 5000: "not valid JSON",
    "[]": "not an object",
    "null": "not an object",
    "{}": "Empty objects",
    '{"detail": {}}': "Empty objects",
    '{"source": "x"}': '"source" must be an object or an array',
    '{"detail": {"a": 5}}': '"a" must be an object or an array',
    '{"source": []}': "Empty arrays",
    '{"source": [["a"]]}': "Match value must be",
    '{"source": [{}]}': "Match expression name",
    '{"source": [{"unknown": 1}]}': "Unrecognized match type unknown",
    '{"source": [{"prefix": "a", "suffix": "b"}]}': "Only one key",
    '{"source": [{"prefix": 1}]}': "must be a string",
    '{"source": [{"suffix": 1}]}': "must be a string",
    '{"source": [{"equals-ignore-case": 1}]}': "must be a string",
    '{"source": [{"wildcard": 1}]}': "must be a string",
    '{"source": [{"wildcard": "a**b"}]}': "Consecutive wildcard",
    '{"source": [{"exists": "yes"}]}': "must be either true or false",
    '{"source": [{"cidr": "10.0.0.0"}]}': "Malformed CIDR",
    '{"source": [{"cidr": "10.0.0.0/x"}]}': "Malformed CIDR",
    '{"n": [{"numeric": 1}]}': "must be an array",
    '{"n": [{"numeric": []}]}': "Invalid member",
    '{"n": [{"numeric": ["<", "x"]}]}': "Value of < must be numeric",
    '{"n": [{"numeric": ["!=", 1]}]}': "Unrecognized numeric range operator",
    '{"n": [{"numeric": ["<", 1, ">", 0]}]}': "Too many elements",
    '{"n": [{"numeric": [">", 5, "<", 1]}]}': "Bottom must be less than top",
    '{"source": [{"anything-but": []}]}': "Inside anything but list",
    '{"source": [{"anything-but": [1, "a"]}]}': "mixed type",
    '{"source": [{"anything-but": ["a", null]}]}': "Inside anything but list",
    '{"source": [{"anything-but": null}]}': "single string/number value",
    '{"source": [{"anything-but": {"foo": "a"}}]}': "Unsupported anything-but pattern",
    '{"source": [{"anything-but": {"prefix": ""}}]}': "Null prefix/suffix",
    '{"$or": {"a": ["b"]}}': "must be an Array",
    '{"$or": ["a", "b"]}': "Only JSON object",
    '{"$or": [{"a": ["b"]}]}': "at least 2 Objects",
    '{"detail": {"$or": []}}': "at least 2 Objects",
    '{"$or": [{"a": ["b"]}, {"a": "b"}]}': '"a" must be an object or an array',
}

RIGHT = (
    {"source": ["aws.s3"], "detail": {"bucket": {"name": ["b"]}}},
    {"source": [None, True, 5, "x", {"prefix": ""}]},
    {"$or": [{"source": ["a"]}, {"detail": {"$or": [{"a": [1]}, {"b": [2]}]}}]},
    {"n": [{"numeric": [">", 0, "<=", 5]}, {"numeric": ["=", 3.018e2]}]},
    {"n": [{"anything-but": [1, 2.5]}, {"anything-but": "x"}]},
    {"s": [{"anything-but": {"prefix": "a"}}, {"anything-but": {"suffix": ["a", "b"]}}]},
    {"s": [{"anything-but": {"wildcard": "*a*"}}, {"prefix": {"equals-ignore-case": "a"}}]},
    {"s": [{"cidr": "10.0.0.0/24"}, {"exists": False}, {"wildcard": "dt=*/part-*.parquet"}]},
)


@pytest.mark.parametrize("pattern", WRONG)
def test_a_wrong_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError) as refused:
        checked(pattern)
    assert WRONG[pattern] in str(refused.value)


@pytest.mark.parametrize("pattern", RIGHT)
def test_a_right_pattern_is_taken(pattern: dict[str, object]) -> None:
    assert checked(json.dumps(pattern)) == pattern
