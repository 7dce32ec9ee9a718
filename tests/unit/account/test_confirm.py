"""Nothing is made in an account before it was looked at, its costs shown and both confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline import runner
from pipeline.account import preflight
from pipeline.account.confirm import require_confirmed, require_named
from pipeline.account.pause import pause_lake
from pipeline.account.templates import parse
from pipeline.check import Check
from pipeline.cli import commands
from pipeline.cloudformation import template_text
from pipeline.errors import AccountRefusedError
from pipeline.lake import Lake
from pipeline.runner import RunResult
from pipeline.settings import NESTED, ROOT
from tests.unit.account.fakes import ACCOUNT, READS, REGION, account_lake, record_operations

READY = [Check("quotas", True, "enough")]


def call(*arguments: str, stdin: str = "") -> Result:
    return CliRunner().invoke(commands.app, [*arguments, "--target", "aws"], input=stdin)


@pytest.fixture
def lake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setattr(preflight, "account_checks", lambda *_: READY)
    with account_lake(monkeypatch) as lake:
        yield lake


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The accounts in which a run began."""
    begun: list[str] = []

    def run(lake: Lake, **_: Any) -> RunResult:
        begun.append(lake.target.account)
        return RunResult("nothing")

    monkeypatch.setattr(runner, "run", run)
    return begun


@pytest.mark.usefixtures("lake")
def test_a_person_sees_plan_cost_and_place_before_the_question(runs: list[str]) -> None:
    result = call("run", stdin=f"{ACCOUNT}\n")
    assert result.exit_code == 0, result.stderr
    assert runs == [ACCOUNT]
    order = [
        f"account {ACCOUNT} · region {REGION}",
        "resources to make",
        "Outside CloudFormation",
        "This run costs about",
        "in 30 days, until lake destroy",
        "prices from memory as of",
        "Type the account id to go on",
    ]
    places = [result.stderr.index(text) for text in order]
    assert places == sorted(places)
    assert "resources to make" not in result.stdout


@pytest.mark.parametrize("command", ["run", "pause", "destroy"])
@pytest.mark.usefixtures("lake")
def test_what_a_person_may_type_wrong(command: str, runs: list[str]) -> None:
    result = call(command, stdin="999999999999\n")
    assert result.exit_code == 1
    assert f"lake: The account is {ACCOUNT}, not 999999999999; nothing was done." in result.stderr
    assert f"--yes-account {ACCOUNT}:{REGION}" in result.stderr
    assert call(command).exit_code == 1  # nobody answers
    assert runs == []


@pytest.mark.parametrize(
    ("options", "refused"),
    [
        ([f"{ACCOUNT}:{REGION}"], ""),
        ([ACCOUNT, "--region", REGION], ""),
        ([f"{ACCOUNT}:{REGION}", "--region", REGION], ""),
        ([ACCOUNT], "names no region"),
        ([f"{ACCOUNT}:us-east-1"], f"The region is {REGION}, not us-east-1"),
        ([f"999999999999:{REGION}"], "not 999999999999"),
        (["yes"], "not yes"),
    ],
)
@pytest.mark.usefixtures("lake")
def test_a_program_names_account_and_region(
    options: list[str], refused: str, runs: list[str]
) -> None:
    result = call("run", "--yes-account", *options)
    assert refused in result.stderr
    assert (result.exit_code, runs) == ((1, []) if refused else (0, [ACCOUNT]))
    assert "Type the account id" not in result.stderr


@pytest.mark.usefixtures("lake")
def test_a_wrong_account_is_refused_before_anything_is_asked(
    runs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(_: Lake) -> list[Check]:
        raise AssertionError

    monkeypatch.setattr(preflight, "account_checks", never)
    assert "nothing was done" in call("run", "--yes-account", f"1{ACCOUNT[1:-1]}9:x").stderr
    assert runs == []


@pytest.mark.usefixtures("lake")
def test_an_account_that_is_not_ready(runs: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    checks = [*READY, Check("quota x", False, "0", "ask for more"), Check("y", True, "?", "look")]
    monkeypatch.setattr(preflight, "account_checks", lambda *_: checks)
    result = call("run", "--yes-account", f"{ACCOUNT}:{REGION}")
    assert result.exit_code == 1
    assert "FAILED  quota x: 0\n         → ask for more\n" in result.stderr
    assert "?       y: ?\n         → look\n" in result.stderr
    assert f"lake: Account {ACCOUNT} is not ready in region {REGION}" in result.stderr
    assert ", and nothing was done: quota x: 0." in result.stderr
    assert "→ ask for more; then: lake run --target aws" in result.stderr
    assert runs == []


@pytest.mark.usefixtures("lake")
def test_a_limit_of_cost(runs: list[str]) -> None:
    confirmed = ("--yes-account", f"{ACCOUNT}:{REGION}")
    result = call("run", *confirmed, "--max-cost", "0.01")
    assert result.exit_code == 1
    assert "more than the 0.01 USD allowed; nothing was done." in result.stderr
    assert runs == []
    assert call("run", *confirmed, "--max-cost", "100").exit_code == 0
    plan = call("plan", "--max-cost", "0.01", "--json")
    assert plan.exit_code == 1
    assert '"error"' in plan.stdout
    assert '"changes"' in plan.stdout


def test_a_plan_writes_nothing(lake: Lake) -> None:
    called = record_operations(lake)
    result = call("plan")
    assert result.exit_code == 0, result.stderr
    assert "This run costs about" in result.stdout
    assert [name for name in called if not name.startswith(READS)] == []


@pytest.mark.usefixtures("lake")
def test_an_account_that_is_not_allowed(runs: list[str]) -> None:
    result = call("run", "--allowed-accounts", "999999999999")
    assert f"Account {ACCOUNT} is not allowed" in result.stderr
    assert runs == []


def test_an_answer_that_is_typed_may_have_the_region(lake: Lake) -> None:
    require_confirmed(lake.target, "run", f" {ACCOUNT}:{REGION} ")
    with pytest.raises(AccountRefusedError):
        require_confirmed(lake.target, "run", f"{ACCOUNT}:us-east-1")
    with pytest.raises(AccountRefusedError):
        require_named(lake.target, "run", ACCOUNT, "us-east-1")


# Pause


def test_what_a_pause_takes_away_holds_no_data() -> None:
    """The nested stacks that the root makes only while it is not paused."""
    root = parse(template_text(ROOT))["Resources"]
    paused = [t for t, logical in NESTED.items() if "Condition" in root[logical]]
    assert paused == ["003-full-load", "005-start-task"]
    data = ("AWS::DynamoDB::", "AWS::S3::", "AWS::Kinesis::", "AWS::SQS::", "AWS::Glue::")
    for template in (*paused, "serving"):
        for name, resource in parse(template_text(template))["Resources"].items():
            assert not resource["Type"].startswith(data), f"{template}: {name} would be deleted"


def test_what_is_billed_after_a_pause_is_seen_in_a_full_account(lake: Lake) -> None:
    """ListTables shows a hundred at a time; a table that DMS has made is among the last."""
    dynamodb = lake.client("dynamodb")
    for name in (*(f"a{number:03}" for number in range(100)), "ratings_t"):
        dynamodb.create_table(
            TableName=name,
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )
    still = [item.what for item in pause_lake(lake).still]
    assert still == [f"table ratings_t, made by DMS: {what}" for what in ("writes", "reads")]


@pytest.mark.usefixtures("lake")
def test_the_next_commands_after_a_pause_go_to_the_same_place() -> None:
    result = call("pause", "--yes-account", f"{ACCOUNT}:{REGION}")
    assert "lake run --target aws" in result.stdout
    assert "lake destroy --target aws" in result.stdout


@pytest.mark.usefixtures("lake")
def test_the_question_names_what_is_to_be_done_and_to_which_lake(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAKE_PROJECT", "films")
    result = call("destroy", stdin="no\n")
    assert result.exit_code == 1
    assert "lake destroy, project films" in result.stderr


def test_a_pause_of_nothing(lake: Lake) -> None:
    assert pause_lake(lake).as_dict() == {"removed": [], "still": []}
