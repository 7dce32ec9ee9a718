"""Each role of the templates allows what runs under it, and nothing else that is not explained.

What our own code asks for is found in its text and in a recorded run; what a service does itself
under the role is listed here, with who does it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, Final

import botocore.session
import pytest
from botocore import xform_name

from pipeline.account.templates import parse, resources
from pipeline.cloudformation import template_text
from pipeline.settings import OPTIONAL, REACTIVE, SCHEDULE, TEMPLATES
from tests.iam.actions import actions_by_name, actions_of
from tests.integration.aws_target.account import ACCOUNT, REGION
from tests.integration.aws_target.calls import Call
from tests.integration.aws_target.recorded import Recorded
from tests.support import PROJECT

_LOGS: Final = dict.fromkeys(
    ("logs:CreateLogStream", "logs:PutLogEvents"), "Lambda writes each function's log"
)
_TABLES: Final = (
    "DMS loads its targets (user guide, 'Using an Amazon DynamoDB database as a target')"
)
_CONTROL: Final = "DMS makes its own control tables (same page)"
_MAPPING: Final = "Lambda polls the stream (developer guide, 'Using Lambda with Kinesis')"
_DELIVERY: Final = (
    "Firehose reads and delivers (guide, 'Controlling access with Amazon Data Firehose')"
)
_CATALOG: Final = "crawlers and Spark keep the catalog (managed policy AWSGlueServiceRole)"
_CONTAINER: Final = "SageMaker runs a container (developer guide, 'SageMaker AI execution roles')"

_SERVING: Final = "CloudFormation changes the serving stack with the function's permissions"
OF_ROLES: Final = ("001-storage-and-roles", SCHEDULE, REACTIVE)
"""Templates with roles: what is optional has its own, which go with it."""

_MACHINE: Final = "a state of pipeline/stacks/reactive.yaml"
_SYNC: Final = "Step Functions waits for the job and stops it (developer guide)"
_RETRAINING: Final = {
    **_LOGS,
    **dict.fromkeys(
        (
            *("cloudformation:DescribeStackEvents", "cloudformation:DescribeStackResources"),
            "cloudformation:DescribeStacks",
        ),
        "pipeline/cloudformation.py looks at the lake's stacks",
    ),
    **dict.fromkeys(
        ("s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"),
        "pipeline/lake.py, and the lock, records and rounds by its client",
    ),
    "iam:PassRole": "SageMaker takes the role of its jobs and models",
    "cloudformation:TagResource": "UpdateStack takes tags",
    **{
        f"sagemaker:{name}": "pipeline/retraining/registry.py, without what deletes"
        for name in (
            *("CreateModelPackage", "CreateModelPackageGroup", "DescribeModelPackage"),
            *("ListModelPackages", "UpdateModelPackage"),
        )
    },
    "sagemaker:AddTags": "CreateTrainingJob and CreateModelPackageGroup take tags",
    **{
        f"sagemaker:{name}": _SERVING
        for name in (
            *("CreateEndpointConfig", "CreateModel", "DeleteEndpointConfig", "DeleteModel"),
            *("DescribeEndpoint", "DescribeEndpointConfig", "DescribeModel", "ListTags"),
            "UpdateEndpoint",
        )
    },
}
"""Under the role of every function that goes on with a round."""

SERVICES: Final[dict[str, dict[str, str]]] = {
    "DmsRole": {
        "s3:GetObject": "DMS reads its source (user guide, 'Using Amazon S3 as a source')",
        "s3:ListBucket": "DMS lists its source (same page)",
        "dynamodb:DeleteItem": _TABLES,
        "dynamodb:DescribeTable": _TABLES,
        "dynamodb:ListTables": _TABLES,
        "dynamodb:PutItem": _TABLES,
        "dynamodb:UpdateItem": _TABLES,
        "dynamodb:CreateTable": _CONTROL,
        "dynamodb:DeleteTable": _CONTROL,
    },
    "LambdaExecutionRole": _LOGS,
    "LambdaKinesisRole": _LOGS,
    "StreamConsumerRole": {
        **_LOGS,
        "kinesis:DescribeStream": _MAPPING,
        "kinesis:DescribeStreamSummary": _MAPPING,
        "kinesis:GetRecords": _MAPPING,
        "kinesis:GetShardIterator": _MAPPING,
        "kinesis:ListShards": _MAPPING,
        "kinesis:ListStreams": _MAPPING,
        "sqs:SendMessage": "Lambda tells of batches that the mapping has given up",
    },
    "FirehoseRole": {
        "kinesis:DescribeStream": _DELIVERY,
        "kinesis:GetRecords": _DELIVERY,
        "kinesis:GetShardIterator": _DELIVERY,
        "kinesis:ListShards": _DELIVERY,
        "logs:PutLogEvents": _DELIVERY,
        "s3:AbortMultipartUpload": _DELIVERY,
        "s3:GetBucketLocation": _DELIVERY,
        "s3:GetObject": _DELIVERY,
        "s3:ListBucket": _DELIVERY,
        "s3:ListBucketMultipartUploads": _DELIVERY,
        "s3:PutObject": _DELIVERY,
    },
    "GlueRole": {
        **{
            f"glue:{name}": _CATALOG
            for name in (
                *("BatchCreatePartition", "BatchDeletePartition", "BatchDeleteTable"),
                *("BatchGetPartition", "BatchUpdatePartition", "CreatePartition", "CreateTable"),
                *("DeletePartition", "DeleteTable", "GetDatabase", "GetDatabases"),
                *("GetPartition", "GetPartitions", "GetTable", "GetTables"),
                *("UpdatePartition", "UpdateTable"),
            )
        },
        "glue:GetJob": "the job's commit of its bookmark",
        "glue:GetJobBookmark": "the job's commit of its bookmark",
        "glue:GetJobRun": "the job's commit of its bookmark",
        "glue:ResetJobBookmark": "the job's commit of its bookmark",
        "cloudwatch:PutMetricData": "Glue measures its jobs (AWSGlueServiceRole)",
        "logs:CreateLogGroup": "Glue writes logs of crawlers and jobs (AWSGlueServiceRole)",
        "logs:CreateLogStream": "Glue writes logs of crawlers and jobs (AWSGlueServiceRole)",
        "logs:PutLogEvents": "Glue writes logs of crawlers and jobs (AWSGlueServiceRole)",
        "s3:GetBucketLocation": "crawlers, and Spark's connector (AWSGlueServiceRole)",
        "s3:AbortMultipartUpload": "Spark's connector gives up an upload in parts",
        "s3:ListBucket": "crawlers and Spark's connector list objects",
        "dynamodb:DescribeTable": "crawlers and Spark's connector read tables",
        "dynamodb:Scan": "crawlers and Spark's connector read tables",
    },
    "SageMakerRole": dict.fromkeys(
        (
            *("s3:ListBucket", "s3:GetObject", "s3:PutObject"),
            *("s3:AbortMultipartUpload",),
            *("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams"),
            *("logs:PutLogEvents",),
            *("cloudwatch:PutMetricData",),
            *("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetAuthorizationToken"),
            *("ecr:GetDownloadUrlForLayer",),
        ),
        _CONTAINER,
    ),
    "RetrainingRole": _RETRAINING,
    "ReactRole": _RETRAINING,
    "MachineRole": {
        "lambda:InvokeFunction": _MACHINE,
        **{f"glue:{name}": _MACHINE for name in ("GetCrawler", "StartCrawler", "StartJobRun")},
        **dict.fromkeys(("glue:BatchStopJobRun", "glue:GetJobRun", "glue:GetJobRuns"), _SYNC),
        "sns:Publish": _MACHINE,
    },
    "RuleRole": {"states:StartExecution": "EventBridge starts the state machine"},
    "DmsVpcRole": {},  # managed policies of AWS's, and no other
    "DmsLogsRole": {},
}
"""What services do under each role, and who says so; our own code's calls are not in here."""

_OWN_RETRAINING: Final = (
    *(f"pipeline/retraining/{p}.py" for p in ("champion", "jobs", "loop", "refresh", "swap")),
    *("pipeline/training_jobs.py", "pipeline/training_data.py", "pipeline/log_tail.py"),
    *("pipeline/run_lock.py", "pipeline/run_state.py"),
)
OWN_CODE: Final[dict[str, tuple[str, ...]]] = {
    "RetrainingRole": _OWN_RETRAINING,
    "ReactRole": (
        *_OWN_RETRAINING,
        *(f"pipeline/reactive/{p}.py" for p in ("batches", "delivery", "function", "turn")),
    ),
    "GlueRole": tuple(f"spark_jobs/{p.name}" for p in (PROJECT / "spark_jobs").glob("*.py")),
    "SageMakerRole": tuple(str(p.relative_to(PROJECT)) for p in (PROJECT / "models").rglob("*.py")),
}
"""Files that run under a role, where no function's template says so."""

TRANSFERS: Final = {
    "upload_file": ("PutObject",),
    "download_file": ("GetObject",),
    "copy": ("CopyObject", "CreateMultipartUpload", "UploadPartCopy", "AbortMultipartUpload"),
}
"""boto3's own methods of an S3 client, by the operations that they make, in other threads."""


@dataclass(frozen=True)
class Statement:
    """Of a role's own policies.

    Attributes:
        actions: that it allows
        resources: patterns of ARNs
    """

    actions: frozenset[str]
    resources: tuple[str, ...]

    def takes(self, arn: str) -> bool:
        """Whether it is about what has this ARN."""
        return any(fnmatchcase(arn, pattern) for pattern in self.resources)


@cache
def statements() -> dict[str, list[Statement]]:
    """By role, in the account and region of the recorded run."""
    pseudo = {"AccountId": ACCOUNT, "Region": REGION, "Partition": "aws"}
    made = [
        one
        for template in OF_ROLES
        for one in resources(template, parse(template_text(template)), {}, **pseudo)
    ]
    return {
        role.logical: [
            Statement(frozenset(_listed(s["Action"])), tuple(_listed(s["Resource"])))
            for policy in role.properties.get("Policies", [])
            for s in policy["PolicyDocument"]["Statement"]
        ]
        for role in made
        if role.kind == "AWS::IAM::Role"
    }


def arns_of(call: Call) -> set[str]:
    """What a function's call is about.

    Raises:
        KeyError: a call of a kind that no function makes yet
    """
    params = call.params
    place = f"{REGION}:{ACCOUNT}"
    if call.service == "s3":
        found = {(params["Bucket"], params.get("Key", ""))}
        if "CopySource" in params:
            found.add((params["CopySource"]["Bucket"], params["CopySource"]["Key"]))
        keys = [o["Key"] for o in params.get("Delete", {}).get("Objects", [])]
        found |= {(params["Bucket"], key) for key in keys}
        return {f"arn:aws:s3:::{bucket}" + f"/{key}" * bool(key) for bucket, key in found}
    if call.service == "dynamodb":
        tables = [params["TableName"]] if "TableName" in params else params.get("RequestItems", {})
        tables = tables or {
            one["TableName"] for item in params["TransactItems"] for one in item.values()
        }
        return {f"arn:aws:dynamodb:{place}:table/{name}" for name in tables}
    if call.service == "kinesis":
        return {f"arn:aws:kinesis:{place}:stream/{params['StreamName']}"}
    if call.service == "dms":  # descriptions name nothing
        return {value for name, value in params.items() if name.endswith("Arn")} or {"*"}
    raise KeyError(f"{call.service} {call.operation}")


@cache
def roles() -> dict[str, set[str]]:
    """By logical name: the actions that a role's own policies allow."""
    resources = {
        name: resource
        for template in OF_ROLES
        for name, resource in parse(template_text(template))["Resources"].items()
    }
    return {
        name: {
            action
            for policy in resource["Properties"].get("Policies", [])
            for statement in policy["PolicyDocument"]["Statement"]
            for action in _listed(statement["Action"])
        }
        for name, resource in resources.items()
        if resource["Type"] == "AWS::IAM::Role"
    }


@cache
def functions() -> dict[str, set[str]]:
    """By role: the modules of the functions that take it."""
    outputs = parse(template_text("001-storage-and-roles"))["Outputs"].values()
    exports = {o["Export"]["Name"]["Fn::Sub"]: o["Value"] for o in outputs}
    found: dict[str, set[str]] = {}
    for template in set(TEMPLATES) - set(OPTIONAL):  # the recorded life has no schedule
        for resource in parse(template_text(template))["Resources"].values():
            if resource["Type"] == "AWS::Lambda::Function":
                export = resource["Properties"]["Role"]["Fn::ImportValue"]["Fn::Sub"]
                role = exports[export]["Fn::GetAtt"][0]
                module = resource["Properties"]["Handler"].partition(".")[0]
                found.setdefault(role, set()).add(module)
    return found


def asked(role: str, recorded: Recorded) -> set[str]:
    """What our own code under a role asks for, by its text and by the recorded run."""
    modules = functions().get(role, set())
    files = [f"pipeline/lambdas/{module}.py" for module in modules]
    files += OWN_CODE.get(role, ())
    text = {action for file in files for action in _actions_in(file)}
    ran = {a for call in recorded.inside if call.code in modules for a in actions_of(call)}
    return text | ran


@pytest.mark.parametrize("role", sorted(SERVICES))
def test_a_role_allows_what_runs_under_it_and_nothing_else(role: str, recorded: Recorded) -> None:
    allowed, code = roles()[role], asked(role, recorded)
    # Without it a key that is not there gives 403 instead of 404: not every reader needs to know.
    must = code - {"s3:ListBucket"}
    assert must - allowed == set(), "the role lacks what its code asks for"
    assert allowed - code - SERVICES[role].keys() == set(), "allowed, and nobody asks for it"
    assert SERVICES[role].keys() - allowed == set(), "a service needs it"


@pytest.mark.parametrize("role", sorted(functions()))
def test_a_roles_statements_name_what_its_code_touched(role: str, recorded: Recorded) -> None:
    """An action that is allowed on something else is denied."""
    allowed = statements()[role]
    touched = {
        (action, arn)
        for call in recorded.inside
        if call.code in functions()[role]
        for action in actions_of(call) - {"s3:ListBucket"}
        for arn in arns_of(call)
    }
    assert touched
    denied = {
        (action, arn)
        for action, arn in touched
        if not any(action in s.actions and s.takes(arn) for s in allowed)
    }
    assert denied == set()


def test_a_resource_that_no_statement_names_is_seen() -> None:
    consumer = statements()["StreamConsumerRole"]
    table = "arn:aws:dynamodb:eu-central-1:123456789012:table/"
    write = [s for s in consumer if "dynamodb:PutItem" in s.actions]
    assert any(s.takes(f"{table}ratings_stream_t") for s in write)
    assert not any(s.takes(f"{table}ratings_t") for s in write)


def test_each_function_ran_and_was_seen(recorded: Recorded) -> None:
    modules = {module for found in functions().values() for module in found}
    assert {call.code for call in recorded.inside} - {""} == modules
    assert len(modules) == 4


def test_roles_are_only_in_the_template_of_roles() -> None:
    assert roles().keys() == SERVICES.keys()
    for template in TEMPLATES:
        kinds = {r["Type"] for r in parse(template_text(template))["Resources"].values()}
        assert template in OF_ROLES or "AWS::IAM::Role" not in kinds


def _actions_in(file: str) -> set[str]:
    """Of the calls of boto3's methods in a file, as far as their names tell."""
    tree = ast.parse((PROJECT / file).read_text(encoding="utf-8"))
    services = {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("client", "resource")
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    called |= {arg.value for node in ast.walk(tree) for arg in _paginated(node)}
    session = botocore.session.get_session()
    found: set[str] = set()
    for service in sorted(services):
        names = {xform_name(o): o for o in session.get_service_model(service).operation_names}
        # A transaction's actions depend on what is in it, which the recording knows.
        names.pop("transact_write_items", None)
        for name in called & names.keys():
            found |= actions_by_name(service, names[name])
    on_s3 = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "s3"
    }
    for name in on_s3 & TRANSFERS.keys():
        for operation in TRANSFERS[name]:
            found |= actions_by_name("s3", operation)
    return found


def _paginated(node: ast.AST) -> list[Any]:
    """The arguments of a call of get_paginator."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return []
    return node.args if node.func.attr == "get_paginator" else []


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
