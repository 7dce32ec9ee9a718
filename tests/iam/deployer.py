"""The policy of whoever deploys the lake, made from what a whole recorded run asks for.

What an action may be done to is found by the kinds of resources that the published list gives for
it, and the names that the templates give to such resources. Account, region and partition stay as
CloudFormation's pseudo parameters. That a tag guards what AWS names by chance, once it is there, is
our guess: no real account has tried it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, Final

from pipeline.account.templates import Resource, parse, resources
from pipeline.cloudformation import template_text
from pipeline.settings import EXCEPTIONS_TABLE, TEMPLATES, Settings
from tests.iam.actions import actions_by_name, actions_of
from tests.iam.behind_stacks import behind
from tests.iam.published import arn_format, condition_keys, kinds
from tests.integration.aws_target.calls import Call

ACCOUNT: Final = "${AWS::AccountId}"
REGION: Final = "${AWS::Region}"
PARTITION: Final = "${AWS::Partition}"
_TAG: Final = "aws:ResourceTag/${TagKey}"

RARE: Final[dict[tuple[str, str], str]] = {
    ("cloudformation", "DescribeStackEvents"): "why a stack failed",
    ("dms", "StopReplicationTask"): "destroy while a load is at work",
    ("ec2", "DescribeInternetGateways"): "a quota, where a template makes one",
    ("glue", "BatchStopJobRun"): "destroy while the job is at work",
    ("glue", "StopCrawler"): "destroy while a crawler is at work",
    ("events", "ListTargetsByRule"): "verify of a lake that reacts",
    ("dynamodb", "UntagResource"): "destroy beside a lake that shares DMS's table",
    ("lambda", "UpdateEventSourceMapping"): "a consumer that somebody has disabled",
    ("logs", "DeleteLogGroup"): "the recorded account writes no logs",
    ("logs", "DeleteLogStream"): "the recorded account writes no logs",
    ("logs", "GetLogEvents"): "the last lines of what failed",
    ("sagemaker", "DescribeEndpointConfig"): "evaluate: which model an endpoint serves",
    ("sagemaker", "DescribeModel"): "evaluate: which model an endpoint serves",
    ("s3", "AbortMultipartUpload"): "an upload in parts that broke off, of a large file",
    ("s3", "GetBucketNotificationConfiguration"): "verify of a lake that reacts",
    ("s3", "GetBucketTagging"): "destroy beside another lake: whose its bucket is",
    ("s3", "UploadPart"): "a large file",
    ("sagemaker", "StopTrainingJob"): "destroy while training is at work",
    ("sagemaker", "StopTransformJob"): "destroy while lists are made",
    **{
        ("sagemaker", operation): "lake retrain: the registry of models that were compared"
        for operation in (
            "CreateModelPackage",
            "CreateModelPackageGroup",
            "DeleteModelPackage",
            "DeleteModelPackageGroup",
            "DescribeModelPackage",
            "ListModelPackages",
            "UpdateModelPackage",
        )
    },
    ("service-quotas", "GetAWSDefaultServiceQuota"): "a quota that was never changed",
    ("service-quotas", "ListServiceQuotas"): "a quota whose code is another one",
    ("stepfunctions", "DescribeExecution"): "in the function of a lake that reacts",
    ("stepfunctions", "ListExecutions"): "verify and destroy of a lake that reacts",
    ("stepfunctions", "StopExecution"): "destroy while files are taken in",
}
"""What the pipeline asks for in cases that the recorded run has not, and when."""

NAMED: Final[dict[str, tuple[str, str]]] = {
    "AWS::CloudFormation::Stack": ("cloudformation", "stack"),
    "AWS::DynamoDB::Table": ("dynamodb", "table"),
    "AWS::Events::Rule": ("events", "rule"),
    "AWS::Glue::Crawler": ("glue", "crawler"),
    "AWS::Glue::Database": ("glue", "database"),
    "AWS::Glue::Job": ("glue", "job"),
    "AWS::IAM::Role": ("iam", "role"),
    "AWS::Kinesis::Stream": ("kinesis", "stream"),
    "AWS::KinesisFirehose::DeliveryStream": ("firehose", "deliverystream"),
    "AWS::Lambda::Function": ("lambda", "function"),
    "AWS::S3::Bucket": ("s3", "bucket"),
    "AWS::SNS::Topic": ("sns", "topic"),
    "AWS::SQS::Queue": ("sqs", "queue"),
    "AWS::SageMaker::Endpoint": ("sagemaker", "endpoint"),
    "AWS::StepFunctions::StateMachine": ("states", "statemachine"),
}
"""The published list's kind of resource by type, where templates give names."""

BY_CHANCE: Final = {
    "dms": ("endpoint", "replicationinstance", "replicationsubnetgroup", "replicationtask"),
    "ec2": ("network-interface", "route-table", "security-group", "subnet", "vpc", "vpc-endpoint"),
    "lambda": ("eventsourcemapping",),
}
"""Kinds of resources that AWS names, by service."""

UNTAGGED: Final = {"ec2:network-interface", "lambda:eventsourcemapping"}
"""Of those, what the lake's tag is not on: DMS makes the interfaces, the mapping has no tags."""

_CHANGES: Final = ("Delete", "Modify", "Start", "Stop", "Disassociate", "Replace", "Revoke")
"""Beginnings of actions on what is there already."""
_READS: Final = ("Describe", "Get", "List")


def policy(calls: Iterable[Call]) -> dict[str, Any]:
    """The policy's document.

    Args:
        calls: what the pipeline asked for in the life of a lake
    """
    return {"Version": "2012-10-17", "Statement": list(statements(calls))}


def statements(calls: Iterable[Call]) -> Iterator[dict[str, Any]]:
    """One for all actions on the same resources under the same condition, then PassRole."""
    names, groups = _names(), defaultdict(set)
    for action in wanted(calls):
        where = tuple(_where(action, names))
        groups[where, _condition(action)].add(action)
    for (where, condition), actions in sorted(groups.items(), key=lambda g: sorted(g[1])):
        yield _statement(actions, where, dict([condition] if condition else []))
    yield from _passing()


def wanted(calls: Iterable[Call]) -> set[str]:
    """All actions but `iam:PassRole`."""
    found = {action for call in calls for action in actions_of(call)}
    found |= {action for rare in RARE for action in actions_by_name(*rare)}
    return found | {action for made in templates() for action in behind(made.kind)}


def templates() -> list[Resource]:
    """What all templates make, with the pseudo parameters unresolved."""
    pseudo = {"AccountId": ACCOUNT, "Region": REGION, "Partition": PARTITION}
    return [
        made
        for template in TEMPLATES
        for made in resources(template, parse(template_text(template)), {"LoadRun": "x"}, **pseudo)
    ]


def _names() -> dict[tuple[str, str], set[str]]:
    lake = Settings(account=ACCOUNT, region=REGION)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for made in templates():
        if made.kind in NAMED and made.name:
            found[NAMED[made.kind]].add(made.name)
    found["cloudformation", "stack"] = {f"{lake.project}-*"}
    found["dynamodb", "table"].add(EXCEPTIONS_TABLE)
    # The images are AWS's, in an account of AWS's that is another one in each region.
    found["ecr", "repository"] = {"pytorch-inference", "pytorch-training"}
    found["glue", "rootcatalog"] = {""}
    found["glue", "table"] = {f"{lake.database}/*"}
    found["glue", "userdefinedfunction"] = {f"{lake.database}/*"}
    shared = ("/aws-glue/*", "/aws/sagemaker/TrainingJobs", "/aws/sagemaker/TransformJobs")
    own = (
        f"/aws/sagemaker/Endpoints/{lake.endpoint}",
        f"/aws/kinesisfirehose/{lake.delivery_stream}",
        f"dms-tasks-{lake.replication_instance}",
        *(f"/aws/lambda/{function}" for function in lake.functions),
    )
    found["logs", "log-group"] = {f"{name}:*" for name in (*own, *shared)}
    found["logs", "log-stream"] = {f"{name}:log-stream:*" for name in shared}
    found["s3", "object"] = {f"{bucket}/*" for bucket in found["s3", "bucket"]}
    found["sagemaker", "model"] = found["sagemaker", "endpoint-config"] = {"movielens-*"}
    found["events", "rule-on-default-event-bus"] = found["events", "rule"]
    found["sagemaker", "model-package-group"] = {lake.package_group}
    found["sagemaker", "model-package"] = {f"{lake.package_group}/*"}
    found["states", "execution"] = {f"{lake.reactive}:*"}
    found["states", "express"] = {f"{lake.reactive}:*:*"}
    found["states", "maprun"] = {f"{lake.reactive}/*:*"}
    found["sagemaker", "training-job"] = {f"{lake.training_prefix}-*"}
    found["sagemaker", "transform-job"] = {f"{lake.lists_prefix}-*"}
    for service, chance in BY_CHANCE.items():
        for kind in chance:
            found[service, kind] = {"*"}
    return found


def _where(action: str, names: dict[tuple[str, str], set[str]]) -> list[str]:
    service = action.partition(":")[0]
    taken = kinds(action)
    if not taken:
        return ["*"]
    found = {_arn(service, kind, name) for kind in taken for name in names.get((service, kind), ())}
    # Amazon CloudWatch Logs API Reference, "LogGroup": the ARN of tags has no :* at its end.
    if action in ("logs:TagResource", "logs:UntagResource", "logs:ListTagsForResource"):
        found = {arn.removesuffix(":*") for arn in found}
    if not found:
        raise KeyError(f"{action} takes {taken}, and the lake has no name for any of them")
    return sorted(found)


def _arn(service: str, kind: str, name: str) -> str:
    text = arn_format(service, kind)
    for ours, theirs in ((PARTITION, "${Partition}"), (REGION, "${Region}")):
        text = text.replace(theirs, ours)
    text = text.replace("${Account}", "*" if service == "ecr" else ACCOUNT)
    return text.removesuffix(".*") + name if text.endswith(".*") else text


def _condition(action: str) -> tuple[str, Any] | None:
    service, _, name = action.partition(":")
    taken = kinds(action)
    if not taken and not name.startswith(_READS):
        return "StringEquals", _Frozen({"aws:RequestedRegion": REGION})
    chance = [kind for kind in taken if kind in BY_CHANCE.get(service, ())]
    guarded = chance and not any(f"{service}:{kind}" in UNTAGGED for kind in chance)
    if guarded and name.startswith(_CHANGES):
        assert all(_TAG in condition_keys(service, kind) for kind in chance)
        return "StringEquals", _Frozen({"aws:ResourceTag/project": Settings(ACCOUNT).project})
    if service == "iam" and name in ("AttachRolePolicy", "DetachRolePolicy"):
        managed = {
            arn for made in templates() for arn in made.properties.get("ManagedPolicyArns", [])
        }
        return "ArnEquals", _Frozen({"iam:PolicyARN": sorted(managed)})
    return None


class _Frozen(dict[str, Any]):
    """A part of a condition that can stand in a key."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(str(self))


def _passing() -> Iterator[dict[str, Any]]:
    """PassRole, to the service that each role trusts and to no other."""
    trusted: dict[str, set[str]] = defaultdict(set)
    for made in templates():
        if made.kind == "AWS::IAM::Role":
            for statement in made.properties["AssumeRolePolicyDocument"]["Statement"]:
                trusted[statement["Principal"]["Service"]].add(_arn("iam", "role", made.name))
    for service, roles in sorted(trusted.items()):
        condition = {"StringEquals": {"iam:PassedToService": service}}
        yield _statement({"iam:PassRole"}, tuple(sorted(roles)), condition)


def _statement(
    actions: Iterable[str], where: tuple[str, ...], condition: dict[str, Any]
) -> dict[str, Any]:
    found = {"Effect": "Allow", "Action": sorted(actions), "Resource": list(where)}
    return {**found, "Condition": condition} if condition else found
