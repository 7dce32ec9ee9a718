"""What is the lake's own: clean-up deletes nothing else, and the full load replaces nothing else.

A name proves nothing: the tables are called as the workshop calls them, in many accounts. Proof is

- of a stack, a training job and a transform job: the tag ``project``;
- of what a stack has made, such as the bucket and the tables: the stack's own list;
- of the table of rejected rows, which only DMS makes: the tags that it gets after the load, and
  before that the record that the full load writes in the bucket before the task may start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from pipeline import exceptions_table
from pipeline.errors import ForeignResourceError
from pipeline.infrastructure import BUCKET
from pipeline.lake import Lake, error_code, is_missing
from pipeline.resource_looks import is_made
from pipeline.settings import EXCEPTIONS_TABLE, LOADED, OPTIONAL, STACKS, TABLES

__all__ = [
    "Belongings",
    "claim_exceptions",
    "foreign_tables",
    "loaded_tables",
    "own_bucket",
    "own_tables",
    "require_no_foreign_tables",
    "training_jobs",
    "transform_jobs",
]

_KINDS: Final = {
    "AWS::CloudFormation::Stack": "stack",
    "AWS::DynamoDB::Table": "table",
    "AWS::Events::Rule": "rule",
    "AWS::Glue::Crawler": "crawler",
    "AWS::Glue::Database": "database",
    "AWS::Glue::Job": "job",
    "AWS::Kinesis::Stream": "stream",
    "AWS::KinesisFirehose::DeliveryStream": "delivery stream",
    "AWS::Lambda::Function": "function",
    "AWS::S3::Bucket": "bucket",
    "AWS::SNS::Topic": "topic",
    "AWS::SQS::Queue": "queue",
    "AWS::SageMaker::Endpoint": "endpoint",
    "AWS::SageMaker::Model": "model",
    "AWS::StepFunctions::StateMachine": "state machine",
}
"""Resources of stacks that are named one by one."""


@dataclass(frozen=True)
class Belongings:
    """What the lake had when it was looked at."""

    contents: dict[str, list[str]]
    """By template of each stack that is ours: ``stream movielens-ratings`` and so on."""
    bucket: bool

    @classmethod
    def of(cls, lake: Lake) -> Belongings:
        """Look at the stacks and the bucket."""
        found = {template: _own_contents(lake, template) for template in (*STACKS, *OPTIONAL)}
        contents = {template: made for template, made in found.items() if made is not None}
        return cls(contents, own_bucket(lake))

    def __bool__(self) -> bool:
        """Whether there is a lake."""
        return self.bucket or bool(self.contents)

    def __contains__(self, text: str) -> bool:
        """Whether one of our stacks has made what `text` names, such as ``job x``."""
        return any(text in made for made in self.contents.values())


def own_bucket(lake: Lake) -> bool:
    """Whether the bucket is there and is the lake's."""
    return lake.has_bucket() and f"bucket {lake.bucket}" in (_own_contents(lake, BUCKET) or [])


def loaded_tables(lake: Lake) -> list[str]:
    """Names of the tables that the DMS task loads."""
    return [lake.settings.dynamodb_table(table) for table in TABLES]


def own_tables(lake: Lake) -> list[str]:
    """Those tables of the lake's names that are there and are the lake's."""
    there, made = _existing_tables(lake), _tables_of_stacks(lake)
    return [
        name
        for name in _names(lake)
        if name in there
        and (
            name in made
            or (_is_own_exceptions(lake) if name == EXCEPTIONS_TABLE else _is_own_table(lake, name))
        )
    ]


def foreign_tables(lake: Lake) -> list[str]:
    """Those that are there and are somebody else's."""
    there, own = _existing_tables(lake), own_tables(lake)
    return [
        name
        for name in _names(lake)
        if name in there
        and name not in own
        and not (name == EXCEPTIONS_TABLE and exceptions_table.users(lake))  # shared by lakes
    ]


def _names(lake: Lake) -> list[str]:
    return [*loaded_tables(lake), EXCEPTIONS_TABLE, lake.settings.streamed_table]


def _tables_of_stacks(lake: Lake) -> set[str]:
    contents = (_own_contents(lake, template) or [] for template in (LOADED, "streaming"))
    return {text.removeprefix("table ") for made in contents for text in made}


def _is_own_exceptions(lake: Lake) -> bool:
    """Whether no other lake's task writes to DMS's table, and the lake's own does."""
    found = exceptions_table.users(lake)
    return found == {lake.settings.project} or (found == set() and _exceptions_claimed(lake))


def _exceptions_claimed(lake: Lake) -> bool:
    """Whether there is a record of a full load, ended or not: DMS may have made its table since."""
    return own_bucket(lake) and lake.state.read("full_load") is not None


def require_no_foreign_tables(lake: Lake) -> None:
    """Let the full load not replace anything of somebody else's.

    Raises:
        ForeignResourceError: a table of a name that it needs is not the lake's
    """
    needed = (*loaded_tables(lake), EXCEPTIONS_TABLE)
    found = [table for table in foreign_tables(lake) if table in needed]
    if found:
        raise ForeignResourceError(
            f"DynamoDB table{'s' * (len(found) > 1)} {', '.join(found)} in account "
            f"{lake.target.account}, region {lake.target.region}, "
            f"{'are' if len(found) > 1 else 'is'} not the lake's, and the full load would replace "
            f"{'them' if len(found) > 1 else 'it'}; nothing was touched.",
            "If nobody needs what is in there: "
            f"for t in {' '.join(found)}; do "
            f"{lake.target.aws_cli} dynamodb delete-table --table-name $t; done; then: lake run",
        )


def claim_exceptions(lake: Lake) -> None:
    """If DMS has made its table of rejected rows for the lake's task, say so in its tags."""
    if _exceptions_claimed(lake):
        exceptions_table.claim(lake)


def training_jobs(lake: Lake, **filters: str) -> list[str]:
    """Names of the lake's training jobs."""
    return _jobs(lake, "Training", lake.settings.training_prefix, filters)


def transform_jobs(lake: Lake, **filters: str) -> list[str]:
    """Names of the lake's transform jobs."""
    return _jobs(lake, "Transform", lake.settings.lists_prefix, filters)


def _jobs(lake: Lake, kind: str, prefix: str, filters: Mapping[str, str]) -> list[str]:
    sagemaker = lake.client("sagemaker")
    named = re.compile(re.escape(prefix) + r"-[0-9a-f]{12}-\d+")
    try:
        pages = sagemaker.get_paginator(f"list_{kind.lower()}_jobs")
        return [
            job[f"{kind}JobName"]
            for page in pages.paginate(NameContains=prefix, **filters)
            for job in page[f"{kind}JobSummaries"]
            if named.fullmatch(job[f"{kind}JobName"])
            and lake.settings.owns(sagemaker.list_tags(ResourceArn=job[f"{kind}JobArn"])["Tags"])
        ]
    except ClientError as error:
        if error_code(error) in ("ValidationException", "ResourceNotFound"):
            return []
        raise


def _own_contents(lake: Lake, template: str) -> list[str] | None:
    """What the stack made from `template` has made, None when there is no such stack of ours."""
    stack = lake.stacks.describe(template)
    if stack is None or not lake.settings.owns(stack.get("Tags", [])):
        return None
    return list(_contents(lake, stack["StackName"]))


def _contents(lake: Lake, stack: str) -> Iterator[str]:
    """Resources of a stack and of the stacks in it, each with its kind."""
    try:
        found = lake.client("cloudformation").describe_stack_resources(StackName=stack)
    except ClientError as error:
        if "does not exist" in str(error):  # a former clean-up has come to it since
            return
        raise
    for resource in found["StackResources"]:
        kind = _KINDS.get(resource.get("ResourceType", ""))
        if not kind or not is_made(resource):
            continue
        identity = resource["PhysicalResourceId"]
        # Of an ARN or a URL its last part, of a nested stack's ARN its name.
        yield f"{kind} {identity.split('/')[1 if kind == 'stack' and '/' in identity else -1]}"
        if kind == "stack":
            yield from _contents(lake, identity)


def _existing_tables(lake: Lake) -> set[str]:
    pages = lake.client("dynamodb").get_paginator("list_tables").paginate()
    return {name for page in pages for name in page["TableNames"]}


def _is_own_table(lake: Lake, table: str) -> bool:
    dynamodb = lake.client("dynamodb")
    try:
        arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
        pages = dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
        return any(lake.settings.owns(page["Tags"]) for page in pages)
    except ClientError as error:
        if is_missing(error):
            return False
        raise
