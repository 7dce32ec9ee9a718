"""Table mappings: selection rules, object-mapping rules, and AWS's words for wrong ones."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.dms.errors import DefinitionError
from lakestack.services.dms.table_mapping import parse_table_mappings, wildcard_matches


def selection(schema: str, table: str, action: str = "include") -> dict[str, Any]:
    return {
        "rule-type": "selection",
        "rule-id": "1",
        "rule-name": "1",
        "object-locator": {"schema-name": schema, "table-name": table},
        "rule-action": action,
    }


def mapping(
    table: str = "ratings", rule_id: str = "2", parameters: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "rule-type": "object-mapping",
        "rule-id": rule_id,
        "rule-name": rule_id,
        "rule-action": "map-record-to-record",
        "object-locator": {"schema-name": "lake", "table-name": table},
        "target-table-name": f"{table.replace('%', 'any')}_t",
        "mapping-parameters": parameters or {},
    }


def rules(*all_rules: dict[str, Any]) -> str:
    return json.dumps({"rules": all_rules})


def test_percent_selects_all_tables_of_a_schema() -> None:
    mappings = parse_table_mappings(rules(selection("lake", "%")))
    assert mappings.selects("lake", "ratings")
    assert not mappings.selects("other", "ratings")
    assert not mappings.selects("Lake", "ratings"), "names are case sensitive"


def test_an_exclusion_wins_over_an_inclusion() -> None:
    mappings = parse_table_mappings(
        rules(selection("lake", "%"), selection("lake", "t%", "exclude"))
    )
    assert mappings.selects("lake", "ratings")
    assert not mappings.selects("lake", "tags")


def test_an_explicit_rule_wins_over_an_exclusion() -> None:
    mappings = parse_table_mappings(
        rules(selection("lake", "%", "exclude"), selection("lake", "tags", "explicit"))
    )
    assert mappings.selects("lake", "tags")
    assert not mappings.selects("lake", "ratings")


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("%", "", True),
        ("%", "ratings", True),
        ("ratings", "ratings", True),
        ("rat%", "ratings", True),
        ("%ings", "ratings", True),
        ("r%t%s", "ratings", True),
        ("r%x%s", "ratings", False),
        ("ab%ba", "aba", False),
        ("a.c", "abc", False),
        ("%_t", "ratings_t", True),
    ],
)
def test_wildcards(pattern: str, text: str, fits: bool) -> None:
    assert wildcard_matches(pattern, text) is fits


@given(st.text("ab%", max_size=8), st.text("ab", max_size=8))
def test_wildcards_agree_with_a_regular_expression(pattern: str, text: str) -> None:
    regex = ".*".join(re.escape(part) for part in pattern.split("%"))
    assert wildcard_matches(pattern, text) is bool(re.fullmatch(regex, text, re.DOTALL))


def test_the_rule_that_names_the_table_wins() -> None:
    mappings = parse_table_mappings(
        rules(selection("lake", "%"), mapping("%"), mapping("tags", "3"))
    )
    assert mappings.mapping_of("lake", "tags").target_table == "tags_t"
    assert mappings.mapping_of("lake", "links").target_table == "any_t"
    assert mappings.mapping_of("other", "links").target_table is None


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"rule-type": "transformation", "rule-id": "7"}, "ruleId = 7 .*'transformation' is not"),
        ({**selection("a", "b"), "rule-action": "take"}, "rule-action 'take'; valid: include"),
        ({**selection("a", "b"), "object-locator": {}}, "needs schema-name and table-name"),
        ({**selection("a", "b"), "object-locator": []}, "needs schema-name and table-name"),
        ({**selection("a", "b"), "filters": [{"filter-type": "source"}]}, "filters are not"),
        (selection("a", "%", "explicit"), "without the wildcard"),
        ({**mapping(), "rule-action": "map"}, "valid: map-record-to-record"),
        ({**mapping(), "target-table-name": "a b"}, "is not a DynamoDB table name"),
        (mapping(parameters={"sort-key-name": "a"}), "needs another partition-key-name"),
        (mapping(parameters={"partition-key-name": ""}), "1 to 255 characters"),
        (mapping(parameters={"exclude-columns": "a"}), "must be an array of column names"),
        (mapping(parameters={"attribute-mappings": {}}), "attribute-mappings must be an array"),
        (mapping(parameters={"attribute-mappings": [1]}), "must be a JSON object"),
        (mapping(parameters={"attribute-mappings": [{}]}), "needs a target-attribute-name"),
        (mapping(parameters={"condition-expression": {}}), "condition-expression is not emulated"),
    ],
)
def test_a_wrong_rule_is_named(rule: dict[str, Any], says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        parse_table_mappings(rules(selection("lake", "%"), rule))


@pytest.mark.parametrize(
    ("attribute", "says"),
    [
        ({"value": 1}, "value must be a text"),
        ({"attribute-type": "set"}, "valid: scalar, document"),
        ({"attribute-sub-type": "date"}, "valid: string, number, boolean"),
        ({"attribute-type": "document", "value": "{"}, "value is not valid JSON"),
        ({"attribute-type": "document", "value": 3}, "must be a JSON object or array"),
    ],
)
def test_a_wrong_attribute_is_named(attribute: dict[str, Any], says: str) -> None:
    one = {"target-attribute-name": "x", "value": "${a}", **attribute}
    with pytest.raises(DefinitionError, match=says):
        parse_table_mappings(
            rules(selection("l", "%"), mapping(parameters={"attribute-mappings": [one]}))
        )


def test_an_attribute_may_be_given_once() -> None:
    one = {"target-attribute-name": "x", "value": "${a}"}
    with pytest.raises(DefinitionError, match="target-attribute-name twice"):
        parse_table_mappings(
            rules(selection("l", "%"), mapping(parameters={"attribute-mappings": [one, one]}))
        )


@pytest.mark.parametrize("document", ["{", "[]", "{}", '{"rules": []}', '{"rules": [1]}'])
def test_a_wrong_document_is_refused(document: str) -> None:
    with pytest.raises(DefinitionError, match="Error in mapping rules"):
        parse_table_mappings(document)


def test_something_has_to_be_included() -> None:
    with pytest.raises(DefinitionError, match="At least one selection rule must include"):
        parse_table_mappings(rules(selection("lake", "%", "exclude")))


WORDS = [
    "rules",
    "rule-type",
    "rule-action",
    "object-locator",
    "schema-name",
    "table-name",
    "mapping-parameters",
    "attribute-mappings",
    "target-attribute-name",
    "attribute-type",
    "attribute-sub-type",
    "value",
    "exclude-columns",
    "partition-key-name",
]
VALUES = ["selection", "include", "object-mapping", "map-record-to-document", "scalar", "document"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(VALUES) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6)
    ),
    max_leaves=25,
)


@given(JSON)
def test_no_document_makes_it_crash(document: Any) -> None:
    try:
        parse_table_mappings(document)
    except DefinitionError as e:
        assert e.message


@given(st.dictionaries(st.sampled_from(list(mapping())), JSON))
def test_no_rule_makes_it_crash(changes: dict[str, Any]) -> None:
    try:
        parse_table_mappings(rules(selection("lake", "%"), {**mapping(), **changes}))
    except DefinitionError as e:
        assert e.message


@given(st.dictionaries(st.sampled_from(WORDS), JSON))
def test_no_parameters_make_it_crash(parameters: dict[str, Any]) -> None:
    try:
        parse_table_mappings(rules(selection("lake", "%"), mapping(parameters=parameters)))
    except DefinitionError as e:
        assert e.message
