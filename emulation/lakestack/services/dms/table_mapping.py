"""Table mappings: which source tables a task takes, and how each becomes a DynamoDB table.

AWS DMS User Guide, "Specifying table selection and transformations rules using JSON" and "Using
an Amazon DynamoDB database as a target for AWS Database Migration Service", section "Using object
mapping to migrate data to DynamoDB".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from lakestack.services.dms.errors import DefinitionError

RECORD = "map-record-to-record"
DOCUMENT = "map-record-to-document"

_SCALARS = {"string": "S", "number": "N", "boolean": "BOOL"}
_DOCUMENTS = {
    "dynamodb-map": "M",
    "dynamodb-list": "L",
    "map": "M",
    "list": "L",
    "json-map": "M",
    "json-list": "L",
}
_TARGET_NAME = re.compile(r"[A-Za-z0-9_.-]{3,255}")


@dataclass(frozen=True)
class AttributeMapping:
    """One element of attribute-mappings.

    Args:
        kind: DynamoDB's type letter: S, N, BOOL, M or L
        value: text with ``${column}`` expressions, or for M and L also a JSON value
    """

    target: str
    kind: str
    value: Any


@dataclass(frozen=True)
class ObjectMapping:
    """What an object-mapping rule makes of a source table."""

    rule_id: str
    schema: str
    table: str
    action: str
    target_table: str | None
    partition_key: str | None
    sort_key: str | None
    excluded: frozenset[str]
    attributes: tuple[AttributeMapping, ...]

    def invalid(self, reason: str) -> DefinitionError:
        """The error that names this rule."""
        return _invalid(self.rule_id, reason)


@dataclass(frozen=True)
class Selection:
    """A selection rule; `explicit` ones name one table and win over exclusions."""

    schema: str
    table: str
    include: bool
    explicit: bool


@dataclass(frozen=True)
class TableMappings:
    """All rules of a task."""

    selections: tuple[Selection, ...]
    mappings: tuple[ObjectMapping, ...]

    def selects(self, schema: str, table: str) -> bool:
        """Whether a source table belongs to the task: included and not excluded."""
        hits = [s for s in self.selections if _matches(s.schema, s.table, schema, table)]
        if any(s.explicit for s in hits):
            return True
        return any(s.include for s in hits) and all(s.include for s in hits)

    def mapping_of(self, schema: str, table: str) -> ObjectMapping:
        """The object mapping of a source table: the rule naming it, else AWS's default mapping."""
        hits = [m for m in self.mappings if _matches(m.schema, m.table, schema, table)]
        exact = [m for m in hits if (m.schema, m.table) == (schema, table)]
        if hits:
            return (exact or hits)[0]
        return ObjectMapping(
            rule_id="",
            schema=schema,
            table=table,
            action=RECORD,
            target_table=None,
            partition_key=None,
            sort_key=None,
            excluded=frozenset(),
            attributes=(),
        )


def parse_table_mappings(document: str | dict[str, Any]) -> TableMappings:
    """Read and check a task's TableMappings.

    Raises:
        DefinitionError: naming the rule, what is wrong and what is valid
    """
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as e:
            raise DefinitionError(f"Error in mapping rules. Invalid JSON: {e}") from e
    rules = document.get("rules") if isinstance(document, dict) else None
    if not isinstance(rules, list) or not rules:
        raise DefinitionError('Error in mapping rules. The document needs {"rules": [...]}')
    selections: list[Selection] = []
    mappings: list[ObjectMapping] = []
    for number, rule in enumerate(rules, 1):
        if not isinstance(rule, dict):
            raise DefinitionError(f"Error in mapping rules. Rule {number} is not a JSON object")
        rule_id = str(rule.get("rule-id", number))
        kind = rule.get("rule-type")
        if kind == "selection":
            selections.append(_selection(rule, rule_id))
        elif kind == "object-mapping":
            mappings.append(_object_mapping(rule, rule_id))
        else:
            raise _invalid(
                rule_id,
                f"rule-type {kind!r} is not emulated for an S3 source and a DynamoDB target; "
                "valid: selection, object-mapping",
            )
    if not any(s.include for s in selections):
        raise DefinitionError("Error in mapping rules. At least one selection rule must include")
    return TableMappings(tuple(selections), tuple(mappings))


def wildcard_matches(pattern: str, text: str) -> bool:
    """Whether text fits a pattern in which ``%`` stands for any characters (case counts)."""
    if "%" not in pattern:
        return pattern == text
    first, *middle, last = pattern.split("%")
    if not text.startswith(first) or len(text) < len(first) + len(last):
        return False
    position, end = len(first), len(text) - len(last)
    for part in middle:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return text.endswith(last)


def _matches(schema_pattern: str, table_pattern: str, schema: str, table: str) -> bool:
    return wildcard_matches(schema_pattern, schema) and wildcard_matches(table_pattern, table)


def _invalid(rule_id: str, reason: str) -> DefinitionError:
    return DefinitionError(
        f"Error in mapping rules. Rule with ruleId = {rule_id} failed validation. {reason}"
    )


def _locator(rule: dict[str, Any], rule_id: str) -> tuple[str, str]:
    locator = rule.get("object-locator")
    names = (
        [locator.get(k) for k in ("schema-name", "table-name")] if isinstance(locator, dict) else []
    )
    if len(names) != 2 or not all(isinstance(n, str) and n for n in names):
        raise _invalid(rule_id, "object-locator needs schema-name and table-name")
    return str(names[0]), str(names[1])


def _selection(rule: dict[str, Any], rule_id: str) -> Selection:
    schema, table = _locator(rule, rule_id)
    action = rule.get("rule-action")
    if action not in ("include", "exclude", "explicit"):
        raise _invalid(rule_id, f"rule-action {action!r}; valid: include, exclude, explicit")
    if rule.get("filters"):
        raise _invalid(rule_id, "filters are not emulated; leave them out or give []")
    if action == "explicit" and "%" in schema + table:
        raise _invalid(rule_id, "an explicit rule names one table, without the wildcard %")
    return Selection(schema, table, action != "exclude", action == "explicit")


def _object_mapping(rule: dict[str, Any], rule_id: str) -> ObjectMapping:
    schema, table = _locator(rule, rule_id)
    action = rule.get("rule-action")
    if action not in (RECORD, DOCUMENT):
        raise _invalid(rule_id, f"rule-action {action!r}; valid: {RECORD}, {DOCUMENT}")
    target = rule.get("target-table-name")
    if target is not None and not (isinstance(target, str) and _TARGET_NAME.fullmatch(target)):
        raise _invalid(
            rule_id, f"target-table-name {target!r} is not a DynamoDB table name (A-Z a-z 0-9 _.-)"
        )
    parameters = rule.get("mapping-parameters", {})
    if not _is_map(parameters):
        raise _invalid(rule_id, "mapping-parameters must be a JSON object")
    if "condition-expression" in parameters:
        raise _invalid(rule_id, "condition-expression is not emulated")
    partition = _key_name(parameters, "partition-key-name", rule_id)
    sort = _key_name(parameters, "sort-key-name", rule_id)
    if sort is not None and (partition is None or partition == sort):
        raise _invalid(rule_id, "sort-key-name needs another partition-key-name beside it")
    excluded = parameters.get("exclude-columns", [])
    if not isinstance(excluded, list) or not all(isinstance(c, str) for c in excluded):
        raise _invalid(rule_id, "exclude-columns must be an array of column names")
    attributes = parameters.get("attribute-mappings", [])
    if not isinstance(attributes, list):
        raise _invalid(rule_id, "attribute-mappings must be an array")
    parsed = tuple(_attribute(value, rule_id) for value in attributes)
    targets = [a.target for a in parsed]
    if len(set(targets)) != len(targets):
        raise _invalid(rule_id, "attribute-mappings gives a target-attribute-name twice")
    return ObjectMapping(
        rule_id=rule_id,
        schema=schema,
        table=table,
        action=action,
        target_table=target,
        partition_key=partition,
        sort_key=sort,
        excluded=frozenset(excluded),
        attributes=parsed,
    )


def _key_name(parameters: dict[str, Any], key: str, rule_id: str) -> str | None:
    name = parameters.get(key)
    if name is not None and (not isinstance(name, str) or not 0 < len(name) <= 255):
        raise _invalid(rule_id, f"{key} must be a text of 1 to 255 characters")
    return name


def _attribute(value: Any, rule_id: str) -> AttributeMapping:
    if not _is_map(value):
        raise _invalid(rule_id, "an element of attribute-mappings must be a JSON object")
    target = value.get("target-attribute-name")
    if not isinstance(target, str) or not target:
        raise _invalid(rule_id, "an attribute mapping needs a target-attribute-name")
    where = f"attribute {target!r}:"
    kind, sub_type = value.get("attribute-type", "scalar"), value.get("attribute-sub-type")
    if kind == "scalar":
        letters, sub_type = _SCALARS, sub_type or "string"
    elif kind == "document":
        letters, sub_type = _DOCUMENTS, sub_type or "dynamodb-map"
    else:
        raise _invalid(rule_id, f"{where} attribute-type {kind!r}; valid: scalar, document")
    if not isinstance(sub_type, str) or sub_type not in letters:
        raise _invalid(
            rule_id, f"{where} attribute-sub-type {sub_type!r}; valid: {', '.join(letters)}"
        )
    template = value.get("value")
    if kind == "document":
        template = _document(template, rule_id, where)
    elif not isinstance(template, str):
        raise _invalid(rule_id, f"{where} value must be a text such as ${{column}}")
    return AttributeMapping(target, letters[sub_type], template)


def _document(template: Any, rule_id: str, where: str) -> Any:
    """A document's value may be JSON or a text that holds JSON."""
    if isinstance(template, str):
        try:
            template = json.loads(template)
        except (ValueError, RecursionError) as e:
            raise _invalid(rule_id, f"{where} value is not valid JSON: {e}") from e
    if not isinstance(template, dict | list):
        raise _invalid(rule_id, f"{where} value must be a JSON object or array")
    return template


def _is_map(value: Any) -> bool:
    return isinstance(value, dict)
