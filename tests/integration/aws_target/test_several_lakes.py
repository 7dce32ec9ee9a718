"""Lakes of two projects, and in two regions, of one account; and one of an earlier version."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest

from pipeline import cloudformation, infrastructure
from pipeline.account import deployed
from pipeline.cloudformation import template_text
from pipeline.settings import EXCEPTIONS_TABLE, WORKSHOP, Settings
from tests.integration.aws_target.account import ACCOUNT, REGION, Account, opened_elsewhere
from tests.integration.aws_target.guards import names

pytestmark = pytest.mark.large

ELSEWHERE = "us-east-1"


def fill(account: Account) -> None:
    ended = account.run()
    assert ended.code == 0, ended.stderr
    assert not any(stage["skipped"] for stage in ended.document["stages"])


def is_whole(account: Account) -> None:
    ended = account.lake("verify", "--json")
    assert ended.code == 0, ended.stderr
    assert ended.document["ok"]


def empty(account: Account) -> None:
    ended = account.lake("destroy", "--json")
    assert ended.code == 0, ended.stderr
    assert ended.document["leftovers"] == []


@pytest.mark.slow
def test_lakes_of_an_account_do_not_touch_each_other(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def project(name: str) -> None:
        monkeypatch.setenv("LAKE_PROJECT", name)

    with opened_elsewhere(account, ELSEWHERE, tmp_path) as other:
        before = account.left(), other.left()
        fill(account)
        project("films")
        fill(account)
        project(WORKSHOP)
        fill(other)
        for name, region in ((WORKSHOP, REGION), ("films", REGION), (WORKSHOP, ELSEWHERE)):
            assert f"{name}-{region}-glue-service-role" in roles()

        empty(account)
        assert "dms-vpc-role" in roles(), "the others use it"
        assert EXCEPTIONS_TABLE in boto3.client("dynamodb").list_tables()["TableNames"]
        project("films")
        is_whole(account)
        project(WORKSHOP)
        is_whole(other)
        empty(other)
        project("films")
        is_whole(account)
        empty(account)
        assert (account.left(), other.left()) == before


def roles() -> set[str]:
    return {role["RoleName"] for role in boto3.client("iam").list_roles()["Roles"]}


def test_a_lake_of_an_earlier_version_is_not_left_behind(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its bucket had no region: nothing is made beside it; it can be looked at and destroyed."""
    before = account.left()
    old = f"{ACCOUNT}-{WORKSHOP}"
    with monkeypatch.context() as patch:
        patch.setattr(Settings, "bucket", property(lambda _: old))
        text = template_text
        for module in (cloudformation, infrastructure, deployed):
            patch.setattr(module, "template_text", lambda t: text(t).replace(*WITHOUT_REGION))
        fill(account)
    assert f"bucket {old}" in account.left()
    made = account.left()
    for words in (("run", "--movielens", str(account.data)), ("plan",), ("pause",)):
        ended = account.lake(*words)
        assert ended.code == 1
        message, hint = ended.error
        assert f"earlier version: its bucket is {old}, and today's is {names().bucket}" in message
        assert "lake destroy --target aws" in hint
        assert account.left() == made, "nothing was touched"
    assert account.lake("status").code == 0
    empty(account)
    assert account.left() == before


WITHOUT_REGION = ("${AWS::AccountId}-${Project}-${AWS::Region}", "${AWS::AccountId}-${Project}")
