"""Our CloudFormation templates: valid by cfn-lint, tagged, with the issue's names."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from cfnlint import decode
from cfnlint.api import lint

from pipeline.cloudformation import template_text
from pipeline.settings import NESTED, ROOT, TEMPLATES, Settings

TAGLESS = {
    "Custom::CopiedFiles",
    "Custom::StartedTask",
    "AWS::Lambda::EventSourceMapping",  # tags since 2024; not in every tool
    "AWS::EC2::VPCGatewayAttachment",
    "AWS::EC2::Route",
    "AWS::EC2::SubnetRouteTableAssociation",
    "AWS::Glue::Database",
}


def parse(template: str) -> dict[str, Any]:
    parsed, problems = decode.decode_str(template_text(template))
    assert not problems
    return dict(parsed)


@pytest.mark.parametrize("template", TEMPLATES)
def test_passes_cfn_lint(template: str) -> None:
    found = lint(template_text(template), regions=["us-east-1", "eu-central-1", "ap-southeast-2"])
    assert [str(match) for match in found] == []


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_resource_that_can_be_tagged_is(template: str) -> None:
    untagged = [
        name
        for name, resource in parse(template)["Resources"].items()
        if resource["Type"] not in TAGLESS
        and not resource["Type"].startswith("Custom::")
        and not resource["Properties"].get("Tags")
    ]
    assert untagged == []


def test_the_issue_names_are_in_the_templates() -> None:
    settings = Settings("000000000000")
    text = "".join(template_text(template) for template in TEMPLATES)
    for name in (
        settings.stream,
        settings.delivery_stream,
        settings.delivery_prefix,
        settings.database,
        settings.stream_crawler,
        settings.tables_crawler,
        settings.job,
        settings.endpoint,
    ):
        assert f": {name}\n" in text
    assert settings.bucket == "000000000000-movielens-lake"
    assert f"/{settings.script_key}" in text
    assert f"/{settings.modules_key}" in text


def test_the_nested_stack_makes_the_five_and_gives_them_what_they_want() -> None:
    root = parse(ROOT)
    made = {
        resource["Properties"]["TemplateURL"]["Fn::Sub"].removeprefix("${TemplatesUrl}/"): name
        for name, resource in root["Resources"].items()
    }
    assert made == {f"{template}.yaml": name for template, name in NESTED.items()}
    for template, name in NESTED.items():
        known = parse(template)["Parameters"]
        given = root["Resources"][name]["Properties"]["Parameters"]
        assert set(given) <= set(known)
        # Their defaults are for who makes the five by hand.
        assert {"CodeKey", "Run"} & set(known) <= set(given)


def test_the_five_can_be_made_by_hand_without_a_parameter() -> None:
    for template in NESTED:
        assert all("Default" in given for given in parse(template)["Parameters"].values())


def test_functions_have_bounded_logs_and_time() -> None:
    for template in TEMPLATES:
        resources = parse(template)["Resources"]
        for resource in resources.values():
            if resource["Type"] != "AWS::Lambda::Function":
                continue
            group = resources[resource["DependsOn"]]["Properties"]
            name = resource["Properties"]["FunctionName"]
            name = name["Fn::Sub"] if isinstance(name, dict) else name
            found = group["LogGroupName"]
            found = found["Fn::Sub"] if isinstance(found, dict) else found
            assert found == f"/aws/lambda/{name}"
            assert group["RetentionInDays"]
            assert 60 <= resource["Properties"]["Timeout"] <= 480


UNNAMED = {
    "cloudwatch:PutMetricData",
    "dms:DescribeConnections",
    "dms:DescribeReplicationTasks",
    "dynamodb:ListTables",
    "ecr:GetAuthorizationToken",
    "glue:GetJobBookmark",
    "glue:ResetJobBookmark",
    "kinesis:ListStreams",
}
"""Actions that know no resource (Service Authorization Reference)."""


def test_roles_name_their_resources_and_actions() -> None:
    managed = set()
    for name, resource in parse("001-storage-and-roles")["Resources"].items():
        for policy in resource["Properties"].get("ManagedPolicyArns", []):
            managed.add(policy["Fn::Sub"].rpartition("/")[2])
        for policy in resource["Properties"].get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                actions, where = statement["Action"], statement["Resource"]
                actions = {actions} if isinstance(actions, str) else set(actions)
                assert not [action for action in actions if "*" in action], name
                assert where != "*" or actions <= UNNAMED, name
                if where == "*" and "cloudwatch:PutMetricData" in actions:
                    assert statement["Condition"], name
    # DMS wants the role dms-vpc-role with this one.
    assert managed == {"AmazonDMSVPCManagementRole"}


def test_mapped_columns_exist_in_the_external_tables() -> None:
    resources = parse("003-full-load")["Resources"]
    source = json.loads(
        resources["SourceEndpoint"]["Properties"]["S3Settings"]["ExternalTableDefinition"]
    )
    columns = {
        table["TableName"]: [column["ColumnName"] for column in table["TableColumns"]]
        for table in source["Tables"]
    }
    for table in source["Tables"]:
        assert int(table["TableColumnsTotal"]) == len(table["TableColumns"])
    rules = json.loads(resources["FullLoadTask"]["Properties"]["TableMappings"])["rules"]
    for rule in rules:
        if rule["rule-type"] != "object-mapping":
            continue
        known = columns[rule["object-locator"]["table-name"]]
        parameters = rule["mapping-parameters"]
        assert parameters["exclude-columns"] == known
        mapped = {m["target-attribute-name"]: m["value"] for m in parameters["attribute-mappings"]}
        for expression in mapped.values():
            for part in expression.split("${")[1:]:
                assert part.split("}")[0] in known
        assert parameters["partition-key-name"] in mapped
        assert parameters.get("sort-key-name", parameters["partition-key-name"]) in mapped


def test_rows_end_where_dms_expects_it() -> None:
    """DMS takes the two characters ``\\n``, its default, for a line feed.

    DMS User Guide, "Endpoint settings when using Amazon S3 as a source": a line feed itself is none
    of the values that it shows for csvRowDelimiter.
    """
    settings = parse("003-full-load")["Resources"]["SourceEndpoint"]["Properties"]["S3Settings"]
    assert settings["CsvDelimiter"] == ","
    assert settings.get("CsvRowDelimiter", "\\n") == "\\n"


def test_templates_are_plain_yaml_with_a_description() -> None:
    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's short forms as plain values."""

    Loader.add_multi_constructor("!", lambda _loader, _suffix, node: node.value)
    for template in TEMPLATES:
        parsed = yaml.load(template_text(template), Loader=Loader)  # noqa: S506 - a SafeLoader
        assert parsed["Description"].startswith("Lab ")
