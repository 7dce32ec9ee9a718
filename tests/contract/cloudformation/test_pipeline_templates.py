"""Our CloudFormation templates: valid by cfn-lint, tagged, with the issue's names."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from cfnlint import decode
from cfnlint.api import lint

from pipeline.account.templates import parse as yaml_of
from pipeline.account.templates import resources
from pipeline.cloudformation import template_text
from pipeline.errors import SettingsError
from pipeline.settings import (
    LONGEST_PROJECT,
    NAMES,
    NESTED,
    OPTIONAL,
    ROOT,
    STACKS,
    TABLES,
    TEMPLATES,
    WORKSHOP,
    Settings,
)

TAGLESS = {
    "Custom::CopiedFiles",
    "Custom::StartedTask",
    "AWS::Lambda::Permission",
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


PSEUDO = {"AccountId": "000000000000", "Partition": "aws", "Region": "us-east-1"}


def name_of(value: Any) -> str:
    """A name as the workshop's project has it."""
    text = value["Fn::Sub"] if isinstance(value, dict) else value
    return str(text).replace("${TablePrefix}", "").replace("${Prefix}", "movielens")


def table_mappings(task: dict[str, Any]) -> dict[str, Any]:
    """The task's table mappings as CloudFormation gives them to DMS."""
    return dict(json.loads(name_of(task["Properties"]["TableMappings"]).replace("${!", "${")))


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
    """Without a parameter the templates make what the workshop's text names."""
    settings = Settings("000000000000")
    text = "".join(template_text(template) for template in TEMPLATES)
    made = {
        resource.name
        for template in TEMPLATES
        for resource in resources(template, yaml_of(template_text(template)), {}, **PSEUDO)
    }
    assert made >= {
        settings.bucket,
        settings.stream,
        settings.delivery_stream,
        settings.database,
        settings.stream_crawler,
        settings.tables_crawler,
        settings.job,
        settings.endpoint,
        settings.streamed_table,
        settings.replication_instance,
        *settings.functions,
        *(settings.dynamodb_table(table) for table in TABLES),
    }
    assert f": {settings.delivery_prefix}\n" in text
    assert settings.bucket == "000000000000-movielens-lake-us-east-1"
    assert f"/{settings.script_key}" in text
    assert f"/{settings.modules_key}" in text


def made_names(project: str, region: str) -> dict[str, set[str]]:
    """By resource type: the names that a project's templates give in a region."""
    settings = Settings("000000000000", region, project)
    values = {
        **settings.parameters("catalog"),
        **settings.parameters(ROOT),
        **dict.fromkeys(("ModelName", "ModelDataUrl"), settings.prefix),
    }
    found: dict[str, set[str]] = {}
    for template in TEMPLATES:
        document = yaml_of(template_text(template))
        given = {name: value for name, value in values.items() if name in document["Parameters"]}
        for made in resources(template, document, given, **{**PSEUDO, "Region": region}):
            if made.name and made.logical not in FIXED:
                found.setdefault(made.kind, set()).add(made.name)
    return found


FIXED = ("DmsVpcRole", "DmsLogsRole")
"""DMS wants these two under their names, one of each in an account."""
ONCE_IN_AN_ACCOUNT = {"AWS::IAM::Role", "AWS::S3::Bucket"}


def test_another_project_has_other_names() -> None:
    ours, theirs = made_names(WORKSHOP, "us-east-1"), made_names("films", "us-east-1")
    assert set(ours) == set(theirs)
    assert len(ours) > 15
    for kind, names in ours.items():
        assert not names & theirs[kind], kind
        assert len(names) == len(theirs[kind]), kind


def test_another_region_has_other_names_of_what_an_account_has_once() -> None:
    here, there = made_names(WORKSHOP, "us-east-1"), made_names(WORKSHOP, "ap-southeast-2")
    for kind in ONCE_IN_AN_ACCOUNT:
        assert not here[kind] & there[kind], kind


def test_names_are_short_enough_for_the_longest_project_and_region() -> None:
    """IAM User Guide, "IAM and AWS STS quotas"; S3 User Guide, "Bucket naming rules"."""
    made = made_names("p" * LONGEST_PROJECT, "ap-southeast-2")
    assert max(map(len, made["AWS::IAM::Role"])) <= 64
    for kind in set(made) - {"AWS::IAM::Role", "AWS::Logs::LogGroup"}:
        assert max(map(len, made[kind])) <= 63, kind


def test_each_stack_is_given_the_names_that_it_takes() -> None:
    naming = {"Database", "DatabaseName", "Prefix", "Project", "TablePrefix"}
    assert set(NAMES) == {*STACKS, *OPTIONAL}
    for template in (*STACKS, *OPTIONAL):
        known = set(parse(template)["Parameters"])
        assert set(Settings("000000000000").parameters(template)) == known & naming


@pytest.mark.parametrize("project", ["", "Films", "1films", "a--b", "a-", "a_b", "movielens", "ml"])
def test_a_project_that_no_name_can_begin_with_is_refused(project: str) -> None:
    with pytest.raises(SettingsError, match="LAKE_PROJECT is"):
        Settings("000000000000", project=project)
    with pytest.raises(SettingsError, match="up to 27"):
        Settings("000000000000", project="p" * (LONGEST_PROJECT + 1))


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
    rules = table_mappings(resources["FullLoadTask"])["rules"]
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
                made[name_of(properties["TableName"])] = (keys["HASH"], keys.get("RANGE"))
    task = parse("003-full-load")["Resources"]["FullLoadTask"]["Properties"]
    for rule in table_mappings({"Properties": task})["rules"]:
        if rule["rule-type"] == "object-mapping":
            mapping = rule["mapping-parameters"]
            wanted = (mapping["partition-key-name"], mapping.get("sort-key-name"))
            assert made[rule["target-table-name"]] == wanted
    settings = json.loads(task["ReplicationTaskSettings"])
    # DROP_AND_CREATE, the default, would make them again as DMS makes tables.
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
