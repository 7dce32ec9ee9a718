"""What the aws target refuses before it makes anything, one test each.

Each is asked of the command line: exit 1, one sentence, the next command, nothing was written.
"""

from __future__ import annotations

import re
from pathlib import Path

import boto3
import pytest
from botocore.session import get_session

from pipeline.access import refuse_overrides
from pipeline.errors import EndpointRefusedError
from pipeline.settings import EXCEPTIONS_TABLE, STACKS, TABLES, Settings
from tests.integration.aws_target.account import ACCOUNT, REGION, Account
from tests.integration.aws_target.faults import some

COMMANDS = (
    ("run",),
    ("plan",),
    ("status",),
    ("verify",),
    ("recommend", "1"),
    ("pause",),
    ("destroy",),
)
CHANGING = (("run",), ("pause",), ("destroy",))
_READS = re.compile(r"^(BatchGet|Get|List|Describe|Head|Scan|Query|Check)")


def changes(account: Account) -> list[str]:
    """What the pipeline has asked to be changed."""
    asked = [f"{call.service}:{call.operation}" for call in account.wire.own()]
    return [name for name in asked if not _READS.match(name.partition(":")[2])]


def variables() -> list[str]:
    """The variables that botocore takes an endpoint from: one for each service, one for all.

    AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
    """
    session = get_session()
    ids = {
        re.sub(r"[ -]", "_", session.get_service_model(name).service_id).upper()
        for name in some(session.get_available_services(), 40)
    }
    return ["AWS_ENDPOINT_URL", *(f"AWS_ENDPOINT_URL_{name}" for name in sorted(ids))]


def test_every_endpoint_variable() -> None:
    names = variables()
    assert len(names) >= 40
    for name in names:
        with pytest.raises(EndpointRefusedError, match=rf"{name}\."):
            refuse_overrides(None, {name: "http://127.0.0.1:4566"})


@pytest.mark.parametrize(
    "name",
    ["AWS_ENDPOINT_URL", *(f"AWS_ENDPOINT_URL_{n}" for n in ("S3", "STS", "SAGEMAKER_RUNTIME"))],
)
def test_an_endpoint_variable(account: Account, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:4566")
    for command in COMMANDS:
        ended = account.lake(*command)
        message, hint = ended.error
        assert ended.code == 1
        assert name in message
        assert f"unset {name}" in hint
    assert account.wire.own() == []


@pytest.mark.parametrize(
    "text",
    [
        "[default]\nendpoint_url = http://127.0.0.1:4566\n",
        "[default]\nservices = mine\n[services mine]\ndynamodb =\n"
        "  endpoint_url = http://127.0.0.1:4566\n",
    ],
    ids=["profile", "services section"],
)
def test_an_endpoint_in_the_profile(
    account: Account, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(text)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for command in COMMANDS:
        ended = account.lake(*command)
        message, hint = ended.error
        assert ended.code == 1
        assert "endpoint_url" in message
        assert "AWS_PROFILE" in hint
    assert account.wire.own() == []


def test_an_endpoint_option(account: Account) -> None:
    ended = account.lake("run", "--endpoint", "http://127.0.0.1:4566")
    assert ended.code == 1
    assert "--endpoint" in ended.error[0]
    assert account.wire.own() == []


def test_an_emulators_account(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    # moto answers with the account of the key where it is twelve digits.
    account.wire.doubles["sts", "GetCallerIdentity"] = lambda _: {"Account": "000000000000"}
    for command in COMMANDS:
        ended = account.lake(*command, typed="000000000000\n")
        assert ended.code == 1
        assert "000000000000" in ended.error[0]
    assert changes(account) == []


def test_no_region(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    for command in COMMANDS:
        ended = account.lake(*command)
        message, hint = ended.error
        assert ended.code == 1
        assert "region" in message
        assert "AWS_REGION" in hint
    assert account.wire.own() == []


@pytest.mark.parametrize("by", ["option", "variable"])
def test_an_account_that_is_not_allowed(
    account: Account, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "999999999999"
    if by == "variable":
        monkeypatch.setenv("LAKE_ALLOWED_ACCOUNTS", other)
    for command in COMMANDS if by == "variable" else (*CHANGING, ("plan",)):
        ended = account.lake(*command, *(["--allowed-accounts", other] if by == "option" else []))
        message, hint = ended.error
        assert ended.code == 1
        assert ACCOUNT in message
        assert other in message
        assert "LAKE_ALLOWED_ACCOUNTS" in hint
    assert {call.operation for call in account.wire.own()} == {"GetCallerIdentity"}


@pytest.mark.parametrize("command", ["run", "plan"])
def test_a_cost_above_the_limit(account: Account, command: str) -> None:
    ended = account.lake(command, "--max-cost", "0.01")
    message, hint = ended.error
    assert ended.code == 1
    assert "0.01 USD" in message
    assert "nothing was done" in message
    assert "lake plan --target aws" in hint
    assert changes(account) == []


@pytest.mark.parametrize("typed", ["", "999999999999\n", "yes\n"])
@pytest.mark.parametrize("command", ["run", "pause", "destroy"])
def test_another_account_than_the_one_confirmed(account: Account, command: str, typed: str) -> None:
    ended = account.lake(command, typed=typed)
    assert ended.code == 1
    assert ACCOUNT in " ".join(ended.error)
    assert changes(account) == []


def names() -> Settings:
    """The lake's names in the test's account."""
    return Settings(account=ACCOUNT, region=REGION)


@pytest.mark.parametrize("table", [*(names().dynamodb_table(t) for t in TABLES), EXCEPTIONS_TABLE])
def test_a_foreign_table(account: Account, table: str) -> None:
    make_table(table)
    ended = account.run()
    message, hint = ended.error
    assert ended.code == 1
    assert table in message
    assert ACCOUNT in message
    assert "lake run" in hint
    assert "CreateStack" not in " ".join(changes(account))
    destroyed = account.lake("destroy", "--json")
    assert destroyed.code == 0
    assert boto3.client("dynamodb").describe_table(TableName=table)


def test_a_foreign_bucket(account: Account) -> None:
    bucket = names().bucket
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket=bucket, Key="theirs", Body=b"kept")
    ended = account.run()
    assert ended.code == 1
    assert bucket in ended.error[0] or "Bucket" in ended.error[0]
    assert account.lake("destroy", "--json").code == 0
    assert s3.get_object(Bucket=bucket, Key="theirs")["Body"].read() == b"kept"


@pytest.mark.parametrize("template", STACKS)
def test_a_foreign_stack(account: Account, template: str) -> None:
    name = names().stack(template)
    body = "Resources: {Queue: {Type: 'AWS::SQS::Queue'}}"
    boto3.client("cloudformation").create_stack(StackName=name, TemplateBody=body)
    ended = account.run()
    message, hint = ended.error
    assert ended.code == 1
    assert name in message
    assert "not the lake's" in message
    assert ACCOUNT in message
    assert "lake run" in hint
    destroyed = account.lake("destroy", "--json")
    assert destroyed.code == 0, destroyed.stderr
    [stack] = [s for s in account.formation.stacks if s.live]
    assert stack.name == name
    assert stack.status == "CREATE_COMPLETE"


def make_table(name: str) -> None:
    """Somebody else's table."""
    boto3.client("dynamodb").create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def test_a_foreign_log_group(account: Account) -> None:
    """Names of the lake's where there is no lake, such as of one made by hand from the workshop."""
    group = f"/aws/lambda/{names().simulator}"
    boto3.client("logs").create_log_group(logGroupName=group)
    destroyed = account.lake("destroy", "--json")
    assert destroyed.code == 0, destroyed.stderr
    assert destroyed.document["kept"] == [f"log group {group} (not the lake's)"]
    assert account.left() == [f"logs {group}"]
