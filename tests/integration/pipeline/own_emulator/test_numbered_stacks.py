"""Lab 1 by hand: the numbered templates and the tables one after another, through boto3 alone.

One run through all of it; each test looks at one thing of it. What a template needs of the one
before it comes through exports, and no parameter is given.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from pipeline.data.synthetic import Shape, generate
from tests.support import ACCOUNT, PROJECT, wait_until

pytestmark = pytest.mark.large

Aws = Callable[[str], Any]

BUCKET = f"{ACCOUNT}-movielens-lake-us-east-1"
ALL = (
    "001-storage-and-roles",
    "002-network",
    "tables",
    "003-full-load",
    "004-copy-files",
    "005-start-task",
)
IMPORTED = ("001-storage-and-roles", "002-network", "003-full-load")
"""Those that the later ones need."""
KEYS = {
    "ratings": ("userId", "movieId"),
    "movies": ("movieId",),
    "links": ("movieId",),
    "tags": ("userId", "movieId", "tag"),
}
EXCEPTIONS = "awsdms_full_load_exceptions"
ACCOUNT_ROLES = {
    "dms-vpc-role": "AmazonDMSVPCManagementRole",
    "dms-cloudwatch-logs-role": "AmazonDMSCloudWatchLogsRole",
}
SMALL = Shape(users=60, movies=180, ratings=1_500, streamed=300, tags=90, links_without_tmdb=5)
SOON = {"Delay": 0.2, "MaxAttempts": 300}


@dataclass
class Seen:
    """What the run left to be looked at."""

    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    too_soon: list[str] = field(default_factory=list)
    made: dict[str, dict[str, Any]] = field(default_factory=dict)
    copied: list[str] = field(default_factory=list)
    task: dict[str, Any] = field(default_factory=dict)
    statistics: dict[str, dict[str, Any]] = field(default_factory=dict)
    items: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    refused: dict[str, dict[str, Any]] = field(default_factory=dict)
    copies_left: list[str] = field(default_factory=list)
    before: dict[str, set[str]] = field(default_factory=dict)
    after: dict[str, set[str]] = field(default_factory=dict)

    def outputs(self, template: str) -> dict[str, str]:
        return {o["OutputKey"]: o["OutputValue"] for o in self.made[template]["Outputs"]}


@dataclass
class Attendee:
    """Does what a person does at the command line."""

    aws: Aws

    def create(self, template: str) -> dict[str, Any]:
        """Create a stack from its file, wait until it is complete, and return it."""
        cfn, name = self.aws("cloudformation"), stack(template)
        text = (PROJECT / "pipeline" / "stacks" / f"{template}.yaml").read_text(encoding="utf-8")
        cfn.create_stack(StackName=name, TemplateBody=text, Capabilities=["CAPABILITY_NAMED_IAM"])
        cfn.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=SOON)
        return dict(cfn.describe_stacks(StackName=name)["Stacks"][0])

    def delete(self, template: str) -> None:
        cfn, name = self.aws("cloudformation"), stack(template)
        cfn.delete_stack(StackName=name)
        cfn.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=SOON)

    def try_to_delete(self, template: str) -> dict[str, Any]:
        """Delete a stack that others need; what it is after that."""
        cfn, name = self.aws("cloudformation"), stack(template)
        cfn.delete_stack(StackName=name)

        def settled() -> dict[str, Any] | None:
            (found,) = cfn.describe_stacks(StackName=name)["Stacks"]
            return None if found["StackStatus"].endswith("IN_PROGRESS") else dict(found)

        return wait_until(settled, what=f"{name} settles")

    def reasons(self, template: str) -> list[str]:
        events = self.aws("cloudformation").describe_stack_events(StackName=stack(template))
        return [
            f"{e['LogicalResourceId']}: {e.get('ResourceStatusReason')}"
            for e in events["StackEvents"]
            if e["ResourceStatus"] == "CREATE_FAILED"
        ]

    def put_code(self) -> None:
        """Zip the two functions, each with what it imports, to where the templates look."""
        for function in ("copy_files", "start_task"):
            packed = io.BytesIO()
            with zipfile.ZipFile(packed, "w") as archive:
                for module in (function, "custom_resource"):
                    archive.write(PROJECT / "pipeline" / "lambdas" / f"{module}.py", f"{module}.py")
            self.aws("s3").put_object(
                Bucket=BUCKET, Key=f"code/lambdas/{function}.zip", Body=packed.getvalue()
            )

    def put_files(self, folder: Path) -> dict[str, list[dict[str, str]]]:
        """Put the data and its manifest into landing/; the rows by table."""
        generate(folder, SMALL)
        s3, rows, files = self.aws("s3"), {}, []
        for table in (*KEYS, "ratings-partial-load"):
            body = (folder / f"{table}.csv").read_bytes()
            s3.put_object(Bucket=BUCKET, Key=f"landing/{table}.csv", Body=body)
            files.append(
                {
                    "from": f"landing/{table}.csv",
                    "to": f"data/{table}/{table}.csv",
                    "sha256": hashlib.sha256(body).hexdigest(),
                }
            )
            rows[table] = list(csv.DictReader(io.StringIO(body.decode("utf-8"), newline="")))
        manifest = json.dumps({"files": files}).encode("utf-8")
        s3.put_object(Bucket=BUCKET, Key="landing/manifest.json", Body=manifest)
        return rows

    def ended_task(self) -> dict[str, Any]:
        dms = self.aws("dms")
        query = [{"Name": "replication-task-id", "Values": ["movielens-lake-full-load"]}]
        dms.get_waiter("replication_task_stopped").wait(Filters=query, WaiterConfig=SOON)
        return dict(dms.describe_replication_tasks(Filters=query)["ReplicationTasks"][0])

    def items(self, table: str) -> list[dict[str, Any]]:
        pages = self.aws("dynamodb").get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"]]

    def keys(self, prefix: str) -> list[str]:
        found = self.aws("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [o["Key"] for o in found.get("Contents", [])]

    def remove_what_is_in_no_stack(self) -> None:
        """The bucket's content, and what DMS has made by itself."""
        for key in self.keys(""):
            self.aws("s3").delete_object(Bucket=BUCKET, Key=key)
        self.aws("dynamodb").delete_table(TableName=EXCEPTIONS)
        self.aws("logs").delete_log_group(logGroupName="dms-tasks-movielens-lake-instance")

    def remove_account_roles(self) -> None:
        """Those that DMS wants under fixed names stay when their stack goes."""
        iam = self.aws("iam")
        for role, policy in ACCOUNT_ROLES.items():
            arn = f"arn:aws:iam::aws:policy/service-role/{policy}"
            iam.detach_role_policy(RoleName=role, PolicyArn=arn)
            iam.delete_role(RoleName=role)

    def whole_account(self) -> dict[str, set[str]]:
        """Names of all that the account has, in every service that they have to do with."""

        def names(service: str, operation: str, member: str, name: str = "") -> set[str]:
            found = getattr(self.aws(service), operation)()[member]
            return {each[name] if name else each for each in found}

        return {
            "stacks": names("cloudformation", "describe_stacks", "Stacks", "StackName"),
            "exports": names("cloudformation", "list_exports", "Exports", "Name"),
            "buckets": names("s3", "list_buckets", "Buckets", "Name"),
            "roles": names("iam", "list_roles", "Roles", "RoleName"),
            "networks": names("ec2", "describe_vpcs", "Vpcs", "VpcId"),
            "subnets": names("ec2", "describe_subnets", "Subnets", "SubnetId"),
            "routes": names("ec2", "describe_route_tables", "RouteTables", "RouteTableId"),
            "gateways": names(
                "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
            ),
            "groups": names("ec2", "describe_security_groups", "SecurityGroups", "GroupId"),
            "subnet groups": names(
                "dms",
                "describe_replication_subnet_groups",
                "ReplicationSubnetGroups",
                "ReplicationSubnetGroupIdentifier",
            ),
            "instances": names(
                "dms",
                "describe_replication_instances",
                "ReplicationInstances",
                "ReplicationInstanceArn",
            ),
            "endpoints": names("dms", "describe_endpoints", "Endpoints", "EndpointArn"),
            "tasks": names(
                "dms", "describe_replication_tasks", "ReplicationTasks", "ReplicationTaskArn"
            ),
            "functions": names("lambda", "list_functions", "Functions", "FunctionName"),
            "logs": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
            "tables": names("dynamodb", "list_tables", "TableNames"),
        }


def stack(template: str) -> str:
    return f"lab-{template}"


@pytest.fixture(scope="module")
def seen(aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    attendee, seen = Attendee(aws), Seen()
    seen.before = attendee.whole_account()
    with pytest.raises(WaiterError):
        attendee.create("003-full-load")
    seen.too_soon = attendee.reasons("003-full-load")
    attendee.delete("003-full-load")

    for template in ALL:
        if template == "004-copy-files":
            attendee.put_code()
            seen.rows = attendee.put_files(tmp_path_factory.mktemp("data"))
        seen.made[template] = attendee.create(template)
    seen.copied = attendee.keys("data/")
    seen.task = attendee.ended_task()
    found = aws("dms").describe_table_statistics(ReplicationTaskArn=seen.task["ReplicationTaskArn"])
    seen.statistics = {s["TableName"]: s for s in found["TableStatistics"]}
    seen.items = {t: attendee.items(t) for t in (*(f"{t}_t" for t in KEYS), EXCEPTIONS)}

    seen.refused = {template: attendee.try_to_delete(template) for template in IMPORTED}
    for template in reversed(ALL[1:]):
        attendee.delete(template)
    seen.copies_left = attendee.keys("data/")
    attendee.remove_what_is_in_no_stack()
    attendee.delete(ALL[0])
    attendee.remove_account_roles()
    seen.after = attendee.whole_account()
    return seen


def test_each_is_complete_and_hands_on_what_the_next_imports(seen: Seen) -> None:
    assert {s["StackStatus"] for s in seen.made.values()} == {"CREATE_COMPLETE"}
    exported = {
        output["ExportName"]
        for made in seen.made.values()
        for output in made["Outputs"]
        if "ExportName" in output
    }
    for name in ("bucket", "dms-role", "first-subnet", "security-group", "full-load-task"):
        assert f"movielens-lake-{name}" in exported
    assert seen.outputs("001-storage-and-roles")["BucketName"] == BUCKET
    assert seen.outputs("003-full-load")["TaskArn"] == seen.task["ReplicationTaskArn"]
    assert seen.outputs("004-copy-files") == {"Files": "5"}
    assert seen.outputs("005-start-task") == {"StartType": "start-replication"}


def test_one_made_too_soon_names_the_export_that_it_misses(seen: Seen) -> None:
    assert seen.too_soon
    assert "No export named movielens-lake-" in seen.too_soon[-1]
    assert seen.too_soon[-1].endswith(" found")


def test_the_files_are_where_dms_reads_them(seen: Seen) -> None:
    tables = (*KEYS, "ratings-partial-load")
    assert seen.copied == sorted(f"data/{table}/{table}.csv" for table in tables)


def test_the_task_has_loaded_the_four_tables(seen: Seen) -> None:
    assert seen.task["Status"] == "stopped"
    assert seen.task["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    assert seen.task["ReplicationTaskStats"]["FullLoadProgressPercent"] == 100
    assert {
        table: (s["FullLoadRows"], s["FullLoadErrorRows"], s["TableState"])
        for table, s in seen.statistics.items()
    } == {table: (len(seen.rows[table]), 0, "Table completed") for table in KEYS}


@pytest.mark.parametrize("table", KEYS)
def test_every_row_is_an_item(seen: Seen, table: str) -> None:
    """By key; the values of all columns are another test's business (test_dms_movielens)."""
    rows = {tuple(row[column] for column in KEYS[table]) for row in seen.rows[table]}
    items = [tuple(item[name]["S"] for name in KEYS[table]) for item in seen.items[f"{table}_t"]]
    assert len(items) == len(seen.rows[table]) > 0
    assert set(items) == rows


def test_no_row_was_an_exception(seen: Seen) -> None:
    assert seen.items[EXCEPTIONS] == []


@pytest.mark.parametrize(
    ("template", "export", "first"),
    [
        ("001-storage-and-roles", "bucket", "003-full-load"),
        ("002-network", "first-subnet", "003-full-load"),
        ("003-full-load", "full-load-task", "005-start-task"),
    ],
)
def test_one_that_others_import_from_is_not_deleted(
    seen: Seen, template: str, export: str, first: str
) -> None:
    refused = seen.refused[template]
    assert refused["StackStatus"] == "CREATE_COMPLETE"
    assert refused["StackStatusReason"].startswith(
        f"Export movielens-lake-{export} cannot be deleted as it is in use by {stack(first)}"
    )


def test_deletion_in_reverse_leaves_nothing(seen: Seen) -> None:
    assert seen.copies_left == []
    assert seen.after == seen.before
