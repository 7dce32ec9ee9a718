"""Glue's CloudFormation types: create, update, delete, Ref."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.glue.helpers import ROLE, Aws
from tests.support import wait_until


def _wait(aws: Aws, stack: str, *states: str) -> dict[str, Any]:
    def reached() -> dict[str, Any] | None:
        found: dict[str, Any] = aws("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return None if found["StackStatus"].endswith("_IN_PROGRESS") else found

    found = wait_until(reached, timeout=60)
    assert found["StackStatus"] in states, found
    return found


def _template(name: str, description: str) -> str:
    table = {
        "Name": "Static",
        "PartitionKeys": [{"Name": "day", "Type": "string"}],
        "StorageDescriptor": {"Columns": [{"Name": "a", "Type": "int"}], "Compressed": "false"},
        "Parameters": {"skip.header.line.count": 1},
    }
    database, catalog = {"Ref": "Database"}, {"CatalogId": {"Ref": "AWS::AccountId"}}
    resources: dict[str, Any] = {
        "Database": ("Database", {**catalog, "DatabaseInput": {"Name": name}}),
        "Table": ("Table", {**catalog, "DatabaseName": database, "TableInput": table}),
        "Partition": (
            "Partition",
            {
                **catalog,
                "DatabaseName": database,
                "TableName": {"Ref": "Table"},
                "PartitionInput": {"Values": ["1"]},
            },
        ),
        "Classifier": ("Classifier", {"CsvClassifier": {"Name": name, "Delimiter": "|"}}),
        "Crawler": (
            "Crawler",
            {
                "Name": name,
                "Role": ROLE,
                "Description": description,
                "DatabaseName": database,
                "Classifiers": [{"Ref": "Classifier"}],
                "Targets": {
                    "S3Targets": [{"Path": "s3://b/x/"}],
                    "DynamoDBTargets": [{"Path": "t", "ScanAll": False}],
                },
                "Schedule": {"ScheduleExpression": "cron(0 1 * * ? *)"},
                "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
                "Tags": {"k": "v"},
            },
        ),
        "Ruleset": (
            "DataQualityRuleset",
            {"Ruleset": "Rules = [RowCount > 0]", "Description": description, "Tags": {"k": "v"}},
        ),
        "EntityType": ("CustomEntityType", {"Name": name, "RegexString": "[0-9]{4}"}),
        "Job": (
            "Job",
            {
                "Role": ROLE,
                "Description": description,
                "GlueVersion": "5.1",
                "WorkerType": "G.1X",
                "NumberOfWorkers": 2,
                "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/x.py"},
                "DefaultArguments": {"--n": 1},
                "ExecutionProperty": {"MaxConcurrentRuns": 2},
            },
        ),
    }
    return json.dumps(
        {
            "Resources": {
                key: {"Type": f"AWS::Glue::{kind}", "Properties": properties}
                for key, (kind, properties) in resources.items()
            },
            "Outputs": {key: {"Value": {"Ref": key}} for key in resources},
        }
    )


def test_create_update_delete(aws: Aws, name: str) -> None:
    cloudformation, glue = aws("cloudformation"), aws("glue")
    cloudformation.create_stack(StackName=name, TemplateBody=_template(name, "first"))
    stack = _wait(aws, name, "CREATE_COMPLETE")
    refs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    assert (refs["Database"], refs["Table"], refs["Crawler"]) == (name, "static", name)
    assert refs["Classifier"] == refs["EntityType"] == name
    assert glue.get_custom_entity_type(Name=name)["RegexString"] == "[0-9]{4}"
    assert glue.get_data_quality_ruleset(Name=refs["Ruleset"])["Description"] == "first"
    crawler = glue.get_crawler(Name=name)["Crawler"]
    assert crawler["Schedule"]["ScheduleExpression"] == "cron(0 1 * * ? *)"
    assert crawler["Targets"]["DynamoDBTargets"][0]["scanAll"] is False
    job = glue.get_job(JobName=refs["Job"])["Job"]
    assert job["DefaultArguments"] == {"--n": "1"}
    assert glue.get_partition(DatabaseName=name, TableName="static", PartitionValues=["1"])

    cloudformation.update_stack(StackName=name, TemplateBody=_template(name, "second"))
    _wait(aws, name, "UPDATE_COMPLETE")
    assert glue.get_crawler(Name=name)["Crawler"]["Description"] == "second"
    assert glue.get_job(JobName=refs["Job"])["Job"]["Description"] == "second"
    assert glue.get_data_quality_ruleset(Name=refs["Ruleset"])["Description"] == "second"

    cloudformation.delete_stack(StackName=name)

    def gone() -> bool:
        try:
            found = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        except ClientError:
            return True
        assert found != "DELETE_FAILED"
        return bool(found == "DELETE_COMPLETE")

    wait_until(gone, timeout=60)
    for call in (
        lambda: glue.get_database(Name=name),
        lambda: glue.get_crawler(Name=name),
        lambda: glue.get_job(JobName=refs["Job"]),
        lambda: glue.get_classifier(Name=name),
        lambda: glue.get_custom_entity_type(Name=name),
        lambda: glue.get_data_quality_ruleset(Name=refs["Ruleset"]),
    ):
        with pytest.raises(ClientError, match="EntityNotFoundException"):
            call()


def test_an_invalid_crawler_fails_the_stack_with_the_reason(aws: Aws, name: str) -> None:
    template = {
        "Resources": {
            "Crawler": {
                "Type": "AWS::Glue::Crawler",
                "Properties": {"Role": ROLE, "DatabaseName": "x", "Targets": {}},
            }
        }
    }
    aws("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    _wait(aws, name, "CREATE_FAILED", "ROLLBACK_COMPLETE")
    events = aws("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    assert any("at least one target" in e.get("ResourceStatusReason", "") for e in events)
