"""What only has a name of the lake's is not taken for its own."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline import exceptions_table
from pipeline.earlier import take_earlier
from pipeline.ownership import training_jobs
from pipeline.settings import EXCEPTIONS_TABLE
from tests.unit.account.fakes import Pages, account_lake, put_client

TEMPLATE = "Resources: {B: {Type: 'AWS::S3::Bucket', Properties: {BucketName: somebody-elses}}}"


def test_a_stack_of_somebody_else_is_no_earlier_lake(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        lake.client("cloudformation").create_stack(
            StackName=lake.settings.stack("bucket"), TemplateBody=TEMPLATE
        )
        before = lake.bucket
        take_earlier(lake, to_change=True)
        assert lake.bucket == before


@pytest.mark.parametrize(("project", "ours"), [("movielens-lake", True), ("theirs", False)])
def test_a_training_job_is_the_lakes_by_its_tag(
    project: str, ours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account_lake(monkeypatch) as lake:
        name = f"{lake.settings.training_prefix}-0123456789ab-1"

        class SageMaker:
            def get_paginator(self, _: str) -> Pages:
                job = {"TrainingJobName": name, "TrainingJobArn": "arn"}
                return Pages({"TrainingJobSummaries": [job]})

            def list_tags(self, **_: str) -> dict[str, Any]:
                return {"Tags": [{"Key": "project", "Value": project}]}

        put_client(lake, "sagemaker", SageMaker())
        assert training_jobs(lake) == ([name] if ours else [])


def test_the_tag_of_an_earlier_version_names_a_user_of_dmss_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with account_lake(monkeypatch) as lake:
        lake.client("dynamodb").create_table(
            TableName=EXCEPTIONS_TABLE,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
            Tags=[{"Key": "project", "Value": "films"}],
        )
        assert exceptions_table.users(lake) == {"films"}
