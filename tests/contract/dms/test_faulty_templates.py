"""DMS definitions with a mistake in a CloudFormation template: the stack fails, and says why.

Each template has one mistake. What had been made before it is taken back, and neither the emulator
nor a stack beside it notices anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.cloudformation.helpers import Stacks, outputs, template
from tests.contract.dms.helpers import ROLE, Lake, select_all, table, to_table

PAIRS = table("pairs", a="STRING", b="STRING")
INVALID = "InvalidParameterValueException"
NOT_VALID = r"Error in mapping rules\. Rule with ruleId = pairs failed validation\. "


@pytest.fixture
def lake(aws: Callable[[str], Any]) -> Lake:
    lake = Lake(aws)
    lake.put("data/pairs/1.csv", "a,b\n1,x\n2,y\n")
    return lake


@pytest.fixture
def neighbour(lake: Lake, stacks: Stacks) -> dict[str, Any]:
    """A stack with a migration of its own, made before the one under test."""
    made = stacks.create(migration(lake, mappings(rule(lake))))
    assert made["StackStatus"] == "CREATE_COMPLETE", stacks.events(made)
    return made


def rule(lake: Lake, **changes: Any) -> dict[str, Any]:
    """The mapping of `PAIRS`; what is changed to None is left out."""
    whole = {**to_table("pairs", lake.target("pairs"), "a"), **changes}
    return {name: value for name, value in whole.items() if value is not None}


def keyed(lake: Lake, partition: str, **attributes: str) -> dict[str, Any]:
    return to_table("pairs", lake.target("pairs"), partition, attributes=attributes)


def mappings(*rules: dict[str, Any]) -> str:
    return json.dumps({"rules": [select_all(), *rules]})


def migration(lake: Lake, table_mappings: Any, *tables: dict[str, Any], **s3: Any) -> Any:
    """A source, a target, an instance of the stack's own, and a task."""
    tables = tables or (PAIRS,)
    definition = {"TableCount": str(len(tables)), "Tables": tables}
    source = {
        "BucketName": lake.bucket,
        "BucketFolder": "data",
        "IgnoreHeaderRows": 1,
        "ServiceAccessRoleArn": ROLE,
        "ExternalTableDefinition": json.dumps(definition),
        **s3,
    }

    def endpoint(kind: str, engine: str, **settings: Any) -> dict[str, Any]:
        properties = {"EndpointType": kind, "EngineName": engine, **settings}
        return {"Type": "AWS::DMS::Endpoint", "Properties": properties}

    return template(
        {"Task": {"Ref": "Task"}},
        Source=endpoint("source", "s3", S3Settings=source),
        Target=endpoint("target", "dynamodb", DynamoDbSettings={"ServiceAccessRoleArn": ROLE}),
        Instance={
            "Type": "AWS::DMS::ReplicationInstance",
            "Properties": {"ReplicationInstanceClass": "dms.t3.medium"},
        },
        Task={
            "Type": "AWS::DMS::ReplicationTask",
            "Properties": {
                "MigrationType": "full-load",
                "SourceEndpointArn": {"Ref": "Source"},
                "TargetEndpointArn": {"Ref": "Target"},
                "ReplicationInstanceArn": {"Ref": "Instance"},
                "TableMappings": table_mappings,
            },
        },
    )


MISTAKES: dict[str, tuple[Callable[[Lake], Any], str]] = {
    "not JSON": (
        lambda _: '{"rules": [',
        r"Error in mapping rules\. Invalid JSON: .*line 1 column",
    ),
    "no rules": (
        lambda _: '{"rule": []}',
        r'Error in mapping rules\. The document needs \{"rules": \[\.\.\.\]\}',
    ),
    "no object-locator": (
        lambda lake: mappings(rule(lake, **{"object-locator": None})),
        NOT_VALID + "object-locator needs schema-name and table-name",
    ),
    "half an object-locator": (
        lambda lake: mappings(rule(lake, **{"object-locator": {"table-name": "pairs"}})),
        NOT_VALID + "object-locator needs schema-name and table-name",
    ),
    "unknown rule-action": (
        lambda lake: mappings(rule(lake, **{"rule-action": "map-row-to-item"})),
        NOT_VALID + "rule-action 'map-row-to-item'; valid: map-record-to-record, ",
    ),
    "unknown rule-type": (
        lambda lake: mappings(rule(lake, **{"rule-type": "mapping"})),
        NOT_VALID + "rule-type 'mapping' is not emulated .*; valid: selection, object-mapping",
    ),
    "a partition key that is no column": (
        lambda lake: mappings(keyed(lake, "id")),
        NOT_VALID + r"Table lake\.pairs: key id is neither .*; the columns are a, b",
    ),
    "a partition key made of an unknown column": (
        lambda lake: mappings(keyed(lake, "id", id="${a}-${c}")),
        NOT_VALID + r"Table lake\.pairs: key id is neither .*; the columns are a, b",
    ),
    "no partition key, and no primary key in its place": (
        lambda lake: mappings(rule(lake, **{"mapping-parameters": {}})),
        NOT_VALID + r"Table lake\.pairs has 0 primary key columns; .* partition-key-name",
    ),
    "nothing selected": (
        lambda lake: json.dumps({"rules": [rule(lake)]}),
        r"Error in mapping rules\. At least one selection rule must include",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_mapping_fails_the_stack_with_its_reason(
    lake: Lake,
    stacks: Stacks,
    neighbour: dict[str, Any],
    mistake: str,
) -> None:
    table_mappings, says = MISTAKES[mistake]
    failed = stacks.create(migration(lake, table_mappings(lake)))
    refused(stacks, failed, "Task", rf"^{says}.* \(Error Code: {INVALID}\)$")
    nothing_is_left(lake, stacks, failed)
    unharmed(lake, stacks, neighbour)


def columns_total(total: str) -> dict[str, Any]:
    return {**PAIRS, "TableColumnsTotal": total}


@pytest.mark.parametrize("total", ["1", "3"])
def test_a_wrong_number_of_columns_fails_the_stack_with_its_reason(
    lake: Lake,
    stacks: Stacks,
    neighbour: dict[str, Any],
    total: str,
) -> None:
    failed = stacks.create(migration(lake, mappings(rule(lake)), columns_total(total)))
    says = f"table pairs: TableColumnsTotal is {total}, but TableColumns has 2 elements"
    refused(stacks, failed, "Source", rf"^{says} \(Error Code: {INVALID}\)$")
    nothing_is_left(lake, stacks, failed)
    unharmed(lake, stacks, neighbour)


def test_a_property_of_another_type_is_named(lake: Lake, stacks: Stacks) -> None:
    failed = stacks.create(migration(lake, {"rules": [select_all(), rule(lake)]}))
    refused(stacks, failed, "Task", "#/TableMappings: expected type: String, found: JSONObject")
    failed = stacks.create(migration(lake, mappings(rule(lake)), IgnoreHeaderRows="one"))
    says = "#/S3Settings/IgnoreHeaderRows: expected type: Number, found: String"
    refused(stacks, failed, "Source", says)


def test_a_wrong_update_leaves_the_task_as_it_was(
    lake: Lake,
    stacks: Stacks,
    neighbour: dict[str, Any],
) -> None:
    wrong = mappings(rule(lake, **{"rule-action": "map-row-to-item"}))
    changed = stacks.update(neighbour, migration(lake, wrong))
    assert changed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", stacks.events(changed)
    assert "rule-action 'map-row-to-item'; valid: " in stacks.reason(changed, "Task")
    unharmed(lake, stacks, changed)


def test_a_key_that_some_tables_of_a_rule_have_is_enough(lake: Lake, stacks: Stacks) -> None:
    """The rule is of use; the table that lacks the key is the load's to report."""
    lake.put("data/others/1.csv", "c\n1\n")
    both = mappings(rule(lake, **{"object-locator": {"schema-name": "lake", "table-name": "%"}}))
    made = stacks.create(migration(lake, both, PAIRS, table("others", c="STRING")))
    assert made["StackStatus"] == "CREATE_COMPLETE", stacks.events(made)
    lake.task = outputs(made)["Task"]
    lake.run()
    assert lake.counts("pairs") == (2, 0, "Table completed")
    assert lake.counts("others") == (0, 0, "Table error")


def refused(stacks: Stacks, stack: dict[str, Any], resource: str, says: str) -> None:
    """The stack was rolled back because of one resource, which says why."""
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE", stacks.events(stack)
    failures = [(n, r) for n, s, r in stacks.events(stack) if s == "CREATE_FAILED"]
    assert [name for name, _ in failures] == [resource], failures
    assert re.search(says, failures[0][1]), failures


def nothing_is_left(lake: Lake, stacks: Stacks, stack: dict[str, Any]) -> None:
    """What the stack had made before its failure is gone."""
    arns = {
        e["PhysicalResourceId"]
        for e in stacks.cfn.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
        if e["PhysicalResourceId"].startswith("arn:aws:dms:")
    }
    for describe, name in (
        (lake.dms.describe_endpoints, "endpoint-arn"),
        (lake.dms.describe_replication_instances, "replication-instance-arn"),
    ):
        for arn in arns:
            with pytest.raises(ClientError, match="ResourceNotFoundFault"):
                describe(Filters=[{"Name": name, "Values": [arn]}])


def unharmed(lake: Lake, stacks: Stacks, stack: dict[str, Any]) -> None:
    """Nothing has happened to another stack since, and its task still loads."""
    assert stacks.ended(stack["StackId"])["StackStatus"] == stack["StackStatus"]
    assert stacks.events(stack)[-1][:2] == (stack["StackName"], stack["StackStatus"])
    lake.task = outputs(stack)["Task"]
    assert lake.run()["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    assert lake.counts("pairs") == (2, 0, "Table completed")
