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
    "AWS::S3::BucketPolicy",
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
    # DMS wants its two account-wide roles with these.
    assert managed == {"AmazonDMSVPCManagementRole", "AmazonDMSCloudWatchLogsRole"}


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


def test_tables_are_on_demand_and_have_the_keys_that_the_load_writes() -> None:
    """A table that DMS makes has 200 capacity units of each kind, paid by the hour."""
    made = {}
    for template in TEMPLATES:
        for resource in parse(template)["Resources"].values():
            if resource["Type"] == "AWS::DynamoDB::Table":
                properties = resource["Properties"]
                assert properties["BillingMode"] == "PAY_PER_REQUEST"
                keys = {k["KeyType"]: k["AttributeName"] for k in properties["KeySchema"]}
                types = {a["AttributeType"] for a in properties["AttributeDefinitions"]}
                assert types == {"S"}
                made[properties["TableName"]] = (keys["HASH"], keys.get("RANGE"))
    task = parse("003-full-load")["Resources"]["FullLoadTask"]["Properties"]
    for rule in json.loads(task["TableMappings"])["rules"]:
        if rule["rule-type"] == "object-mapping":
            mapping = rule["mapping-parameters"]
            wanted = (mapping["partition-key-name"], mapping.get("sort-key-name"))
            assert made[rule["target-table-name"]] == wanted
    settings = json.loads(task["ReplicationTaskSettings"])
    # DROP_AND_CREATE, the default, would make them anew as DMS makes tables.
    assert settings["FullLoadSettings"]["TargetTablePrepMode"] == "DO_NOTHING"
    # 200 times 3,600 s is 720,000 rows at the most: several threads, each with its buffer.
    assert settings["TargetMetadata"]["ParallelLoadThreads"] > 1
    assert 50 <= settings["TargetMetadata"]["ParallelLoadBufferSize"] <= 1000


def test_buckets_are_private_encrypted_and_only_over_tls() -> None:
    for template in TEMPLATES:
        resources = parse(template)["Resources"]
        for resource in resources.values():
            if resource["Type"] != "AWS::S3::Bucket":
                continue
            bucket = resource["Properties"]
            assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
            assert bucket["BucketEncryption"]
            policy = resources["BucketPolicy"]
            assert policy.get("Condition") == resource.get("Condition")
            (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
            assert statement["Effect"] == "Deny"
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            assert len(statement["Resource"]) == 2, "the bucket and what is in it"


def test_the_replication_instance_is_private_and_reaches_its_two_services() -> None:
    instance = parse("003-full-load")["Resources"]["ReplicationInstance"]["Properties"]
    assert instance["PubliclyAccessible"] is False
    network = parse("002-network")["Resources"].values()
    services = {
        resource["Properties"]["ServiceName"]["Fn::Sub"].rpartition(".")[2]
        for resource in network
        if resource["Type"] == "AWS::EC2::VPCEndpoint"
    }
    assert services == {"s3", "dynamodb"}
    assert not [r for r in network if r["Type"] in ("AWS::EC2::InternetGateway", "AWS::EC2::Route")]


CONFUSED = {
    "dms.amazonaws.com",
    "firehose.amazonaws.com",
    "glue.amazonaws.com",
    "sagemaker.amazonaws.com",
}
"""Services whose guides have a page "Cross-service confused deputy prevention" for their roles.

Lambda's has none for the role of a function, and refuses a role that it cannot assume.
"""


def test_services_take_the_lakes_roles_only_for_this_account() -> None:
    for name, resource in parse("001-storage-and-roles")["Resources"].items():
        if resource["Type"] != "AWS::IAM::Role" or resource.get("DeletionPolicy") == "Retain":
            continue  # the account's own two roles serve all of its DMS
        (statement,) = resource["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if statement["Principal"]["Service"] in CONFUSED:
            conditions = statement["Condition"]
            assert conditions["StringEquals"] == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}
            assert "aws:SourceArn" in conditions["ArnLike"], name


def test_the_function_controls_no_task_but_the_lakes() -> None:
    role = parse("001-storage-and-roles")["Resources"]["LambdaExecutionRole"]["Properties"]
    for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
        actions = statement["Action"]
        named = actions if isinstance(actions, list) else [actions]
        if any(a.startswith("dms:") and not a.startswith("dms:Describe") for a in named):
            tag = statement["Condition"]["StringEquals"]
            assert tag == {"aws:ResourceTag/project": {"Ref": "Project"}}


def test_rows_end_where_dms_expects_it() -> None:
    r"""DMS takes the two characters ``\n``, its default, for a line feed.

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
