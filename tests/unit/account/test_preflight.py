"""What is found of an account before a run; and that it is found without a write call."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pipeline.account import quotas
from pipeline.account.deployed import Standing
from pipeline.account.images import TAGS, WHEELS, newest_with_wheels, python_of, without_wheel
from pipeline.account.names import name_checks
from pipeline.account.offers import dms_roles, wheels
from pipeline.account.preflight import account_checks, require_ready
from pipeline.account.templates import Resource
from pipeline.check import Check
from pipeline.errors import ChecksError, SettingsError
from pipeline.infrastructure import deploy_bucket
from pipeline.lake import Lake
from pipeline.sizes import VARIABLES, Sizes
from tests.support import PROJECT
from tests.unit.account.fakes import (
    ACCOUNT,
    GOOD_QUOTAS,
    READS,
    Dms,
    Ecr,
    Quotas,
    account_lake,
    make_ready,
    put_client,
    record_operations,
)
from tests.unit.pipeline.fakes import client_error

TRUST = (
    '{"Statement": [{"Effect": "Allow", "Principal": {"Service": "%s"}, '
    '"Action": "sts:AssumeRole"}]}'
)


def off(lake: Lake) -> dict[str, Check]:
    return {check.name: check for check in account_checks(lake, Standing.of(lake)) if not check.ok}


def test_an_account_that_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        called = record_operations(lake)
        checks = account_checks(lake, Standing.of(lake))
        assert called
        assert [name for name in called if not name.startswith(READS)] == []
    assert [check for check in checks if check.fix or not check.ok] == []
    names = next(check for check in checks if check.name == "names")
    free, needed = map(int, re.findall(r"\d+", names.detail))
    assert free == needed > 20
    require_ready(lake.target, checks)


def test_a_quota_of_nothing_is_named_with_what_mends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        **GOOD_QUOTAS,
        "ml.m5.large for training job usage": ("L-611FA074", 0.0),
        "ml.c5.xlarge for training job usage": ("L-OTHER", 3.0),
        "ml.c5.xlarge for endpoint usage": ("L-HOST", 3.0),
    }
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        put_client(lake, "service-quotas", Quotas(values))
        found = off(lake)
        assert list(found) == ["quota ml.m5.large for training job usage"]
        check = found["quota ml.m5.large for training job usage"]
        assert check.detail == "0 (L-611FA074), 0 used; a run needs 1 more"
        assert check.fix == (
            "aws --region eu-central-1 service-quotas request-service-quota-increase "
            "--service-code sagemaker --quota-code L-611FA074 --desired-value 1; or: export "
            "LAKE_TRAINING_INSTANCE_TYPE=ml.c5.xlarge (there is a quota for ml.c5.xlarge)"
        )
        with pytest.raises(ChecksError, match="nothing was done") as raised:
            require_ready(lake.target, account_checks(lake, Standing.of(lake)))
        assert raised.value.hint == f"{check.fix}; then: lake run"


def test_a_code_that_is_another_quotas_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        quotas, "CODES", {**quotas.CODES, "ml.t2.medium for endpoint usage": "L-WRONG"}
    )
    values = {**GOOD_QUOTAS, "something else": ("L-WRONG", 9.0)}
    values["ml.t2.medium for endpoint usage"] = ("L-RIGHT", 0.0)
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        put_client(lake, "service-quotas", Quotas(values))
        assert "L-RIGHT" in off(lake)["quota ml.t2.medium for endpoint usage"].detail


def test_vpcs_that_are_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        for number in range(4):  # moto's account has a default one
            lake.client("ec2").create_vpc(CidrBlock=f"10.{number}.0.0/16")
        assert off(lake)["quota VPCs per Region"].detail.startswith("5 (L-F678F1CE), 5 used")


def test_what_may_not_be_asked_keeps_nobody_from_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Denied(Quotas):
        def get_service_quota(self, **_: Any) -> Any:
            raise client_error("AccessDeniedException", "GetServiceQuota")

    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        put_client(lake, "service-quotas", Denied({}))
        checks = account_checks(lake, Standing.of(lake))
    unknown = [check for check in checks if check.fix]
    assert [check.name for check in unknown] == ["quotas"]
    assert unknown[0].ok
    assert unknown[0].detail == "not known: GetServiceQuota was answered with AccessDeniedException"
    require_ready(lake.target, checks)


def test_an_expired_token_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    class Expired(Quotas):
        def get_service_quota(self, **_: Any) -> Any:
            raise client_error("ExpiredTokenException", "GetServiceQuota")

    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        put_client(lake, "service-quotas", Expired({}))
        with pytest.raises(Exception, match="ExpiredTokenException"):
            account_checks(lake, Standing.of(lake))


def test_a_class_that_the_region_does_not_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        put_client(lake, "dms", Dms("dms.t3.small", "dms.r5.24xlarge"))
        check = off(lake)["DMS class dms.t3.medium"]
    assert check.detail == (
        "not offered in eu-central-1, two zones are needed; offered are dms.t3.small"
    )
    assert check.fix == "export LAKE_DMS_INSTANCE_CLASS=dms.t3.small"


def test_a_class_that_only_one_zone_offers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replication subnet group covers two zones, each of which has to offer the class."""
    dms = Dms("dms.t3.medium")
    dms.zones = ("eu-central-1c",)
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        put_client(lake, "dms", dms)
        check = off(lake)["DMS class dms.t3.medium"]
    assert check.detail == (
        "only offered in eu-central-1c of eu-central-1, two zones are needed; offered are none"
    )


def test_images_that_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        put_client(lake, "ecr", Ecr("1.0.0-cpu-py39-ubuntu20.04-sagemaker"))
        found = off(lake)
    assert set(found) == {"image for training", "image for inference"}
    assert "ImageNotFound" in found["image for training"].detail


@pytest.mark.parametrize(
    ("service", "attach", "detail"),
    [
        ("ec2.amazonaws.com", True, "there, but DMS may not assume it"),
        ("dms.amazonaws.com", False, "there, but without AmazonDMSVPCManagementRole"),
        ("dms.amazonaws.com", True, ""),
    ],
)
def test_the_accounts_role_for_dms(
    service: str, attach: bool, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        iam = lake.client("iam")
        iam.create_role(RoleName="dms-vpc-role", AssumeRolePolicyDocument=TRUST % service)
        if attach:
            arn = iam.create_policy(
                PolicyName="AmazonDMSVPCManagementRole",
                PolicyDocument='{"Version": "2012-10-17", "Statement": '
                '[{"Effect": "Allow", "Action": "ec2:DescribeVpcs", "Resource": "*"}]}',
            )["Policy"]["Arn"]
            iam.attach_role_policy(RoleName="dms-vpc-role", PolicyArn=arn)
        found = off(lake)
    if detail:
        assert found["role dms-vpc-role"].detail == detail
    else:
        assert found == {}


def test_names_that_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        lake.client("kinesis").create_stream(StreamName=lake.settings.stream, ShardCount=1)
        lake.client("logs").create_log_group(
            logGroupName=f"/aws/lambda/{lake.settings.simulator}-of-mine"
        )
        lake.client("dynamodb").create_table(
            TableName="ratings_t",
            AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
        found = off(lake)
    assert set(found) == {f"name {lake.settings.stream}", "name ratings_t"}


def test_the_names_of_a_lake_that_reacts(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        name = lake.settings.reactive
        new = [r for r in Standing.of(lake, reactive=True).new if r.name == name]
        kinds = {"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::Events::Rule"}
        assert {r.kind for r in new} == kinds
        assert [check for check in name_checks(lake, new) if not check.ok] == []
        lake.client("sns").create_topic(Name=name)
        states = lake.client("stepfunctions")
        role = f"arn:aws:iam::{ACCOUNT}:role/r"
        states.create_state_machine(name=name, definition="{}", roleArn=role)
        found = [check.detail for check in name_checks(lake, new) if not check.ok]
    assert found == [
        f"taken: {kind} {name} is there and not the lake's"
        for kind in ("SNS Topic", "StepFunctions StateMachine")
    ]


def test_a_stack_of_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        lake.client("cloudformation").create_stack(
            StackName=lake.settings.stack("bucket"),
            TemplateBody="Resources:\n  Q:\n    Type: AWS::SQS::Queue\n",
        )
        found = off(lake)
    assert found[f"name {lake.settings.stack('bucket')}"].detail == (
        "taken: a stack, not the lake's"
    )


def test_what_is_the_lakes_own_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        deploy_bucket(lake.stacks, lambda _: None)
        assert off(lake) == {}


# Images and sizes


def requirements() -> dict[str, str]:
    lines = (PROJECT / "models" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    return {re.split(r"[=<>]", line)[0]: line for line in wanted}


def test_the_image_is_the_newest_whose_python_has_all_wheels() -> None:
    assert set(WHEELS) == set(requirements())
    assert Sizes().framework_tag == newest_with_wheels()
    assert [tuple(map(int, tag.split("-")[0].split("."))) for tag in TAGS] == sorted(
        (tuple(map(int, tag.split("-")[0].split("."))) for tag in TAGS), reverse=True
    )


def test_an_image_without_wheels_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    tag = "9.0.0-cpu-py320-ubuntu30.04-sagemaker"
    assert python_of(tag) == "3.20"
    assert python_of("cuda") is None
    assert without_wheel(tag) == list(WHEELS)
    with account_lake(monkeypatch) as lake:
        object.__setattr__(
            lake.target, "sizes", Sizes.from_environment({"LAKE_FRAMEWORK_TAG": tag})
        )
        (check,) = wheels(lake)
    assert not check.ok
    assert check.fix == f"export LAKE_FRAMEWORK_TAG={newest_with_wheels()}"


@pytest.mark.parametrize("name", VARIABLES)
def test_a_size_is_a_setting(name: str) -> None:
    variable, _, example = VARIABLES[name]
    assert getattr(Sizes.from_environment({variable: example}), name) == example
    assert Sizes.from_environment({variable: " "}) == Sizes()
    with pytest.raises(SettingsError, match=variable) as raised:
        Sizes.from_environment({variable: "huge; rm"})
    assert raised.value.hint.startswith(f"export {variable}={example}")


def test_the_account_is_the_one_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch) as lake:
        assert lake.target.account == ACCOUNT


def test_a_project_may_begin_as_the_roles_of_dms_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKE_PROJECT", "dms-films")
    with account_lake(monkeypatch) as lake:
        make_ready(lake)
        name = f"dms-films-{lake.target.region}-glue-service-role"
        lake.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST % "x")
        assert list(off(lake)) == [f"name {name}"]


def test_a_managed_policy_is_of_the_regions_partition(monkeypatch: pytest.MonkeyPatch) -> None:
    with account_lake(monkeypatch, "cn-north-1") as lake:
        lake.client("iam").create_role(
            RoleName="dms-vpc-role", AssumeRolePolicyDocument=TRUST % "dms.amazonaws.com"
        )
        found = next(check for check in dms_roles(lake) if not check.ok)
    assert found.fix.endswith("arn:aws-cn:iam::aws:policy/service-role/AmazonDMSVPCManagementRole")


@pytest.mark.parametrize("code", ["403", "301"])
def test_a_bucket_of_another_account_or_region(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Elsewhere:
        def head_bucket(self, **_: str) -> None:
            raise client_error(code, "HeadBucket")

    with account_lake(monkeypatch) as lake:
        put_client(lake, "s3", Elsewhere())
        bucket = Resource("bucket", "Bucket", "AWS::S3::Bucket", lake.bucket, {})
        [_, found] = name_checks(lake, [bucket])
    assert not found.ok
    assert found.detail == "the bucket is there and not in this account and region"
