"""Who we are on AWS, and what is said when nobody knows or nobody answers."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import (
    EndpointConnectionError,
    NoCredentialsError,
    UnauthorizedSSOTokenError,
)
from typer.testing import CliRunner

from pipeline import access
from pipeline.access import account_ids, is_denied, is_login_lost
from pipeline.cli.commands import app
from pipeline.cli.errors import explain
from pipeline.errors import (
    AccountRefusedError,
    SettingsError,
    StackError,
    TargetError,
    TargetUnreachableError,
)
from pipeline.target import open_target
from tests.unit.account.fakes import ACCOUNT, account_lake
from tests.unit.pipeline.fakes import client_error

HERE = {"AWS_REGION": "eu-central-1"}


def _answer(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    class Sts:
        meta = SimpleNamespace(endpoint_url="https://sts.eu-central-1.amazonaws.com")

        def get_caller_identity(self) -> dict[str, str]:
            if isinstance(answer, BaseException):
                raise answer
            return dict(answer() if callable(answer) else answer)

    monkeypatch.setattr(boto3.session.Session, "client", lambda *_, **__: Sts())


def test_no_network_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    error = EndpointConnectionError(endpoint_url="https://sts.eu-central-1.amazonaws.com/")
    _answer(monkeypatch, error)
    with pytest.raises(TargetUnreachableError) as raised:
        open_target("aws", environ=HERE)
    assert raised.value.message == (
        "AWS cannot be reached from here in region eu-central-1: Could not connect to the "
        'endpoint URL: "https://sts.eu-central-1.amazonaws.com/".'
    )
    assert raised.value.hint.endswith("then: lake doctor --target aws")


@pytest.mark.parametrize("online", [False, True])
def test_a_resolver_that_says_nothing_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, online: bool
) -> None:
    """Nor, where AWS can be reached, whatever looks for the credentials forever."""
    ended = threading.Event()

    def late() -> dict[str, str]:
        ended.wait(60)
        return {"Account": ACCOUNT}

    monkeypatch.setattr(access, "_PROMPT", 0.05)
    monkeypatch.setattr(access, "_DEADLINE", 0.2 if online else 60)
    monkeypatch.setattr(access, "_reaches", lambda _: online)
    _answer(monkeypatch, late)
    began = time.monotonic()
    try:
        with pytest.raises(TargetUnreachableError, match="there is no connection"):
            open_target("aws", environ=HERE)
        assert time.monotonic() - began < 30
    finally:
        ended.set()


def test_a_late_answer_is_waited_for_where_aws_can_be_reached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = threading.Event()

    def late() -> dict[str, str]:
        asked.wait(60)
        return {"Account": ACCOUNT}

    def reached(_: str) -> bool:
        asked.set()
        return True

    monkeypatch.setattr(access, "_PROMPT", 0.05)
    monkeypatch.setattr(access, "_reaches", reached)
    _answer(monkeypatch, late)
    assert open_target("aws", environ=HERE).account == ACCOUNT


def test_what_can_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        place = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert access._reaches(place)
    assert not access._reaches(place)
    hung = threading.Event()

    def hang(*_: object) -> None:
        hung.wait(60)
        raise OSError

    monkeypatch.setattr(access, "_CONNECTED", 0.1)
    monkeypatch.setattr(socket, "create_connection", hang)
    try:
        assert not access._reaches(place)
        monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")  # then it is the proxy that knows
        assert access._reaches(place)
    finally:
        hung.set()


def test_an_unknown_profile_is_told_which_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_PROFILE", "wrok")
    for text, named, hint in [
        ("[profile work]\n[profile home]\n", "home, work", "export AWS_PROFILE=home"),
        ("", "none", "aws configure sso"),
    ]:
        config.write_text(text)
        with pytest.raises(SettingsError) as raised:
            open_target("aws", environ=HERE)
        assert raised.value.message == (
            f"The config profile (wrok) could not be found; the profiles are {named}."
        )
        assert hint in raised.value.hint


def test_credentials_that_are_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer(monkeypatch, client_error("ExpiredToken", "GetCallerIdentity", "it has expired"))
    with pytest.raises(TargetError, match="it has expired") as raised:
        open_target("aws", environ=HERE)
    assert raised.value.hint.startswith("Log in with: aws sso login")


def test_only_allowed_accounts_are_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer(monkeypatch, {"Account": ACCOUNT})
    environ = {**HERE, "LAKE_ALLOWED_ACCOUNTS": "999999999999, 888888888888"}
    with pytest.raises(AccountRefusedError) as raised:
        open_target("aws", environ=environ)
    assert raised.value.message == (
        f"Account {ACCOUNT} is not allowed; allowed are 888888888888, 999999999999."
    )
    assert open_target("aws", allowed_accounts=ACCOUNT, environ=environ).account == ACCOUNT
    assert open_target("aws", allowed_accounts="", environ=environ).account == ACCOUNT


@pytest.mark.parametrize("text", ["12345678901", "1234567890123", "me", "12345678901a"])
def test_what_is_no_account_id(text: str) -> None:
    with pytest.raises(SettingsError, match=repr(text)):
        account_ids(f"123456789012,{text}")


def test_the_local_target_has_one_region() -> None:
    assert open_target("local", region="us-east-1", environ={}).region == "us-east-1"
    with pytest.raises(SettingsError, match="not in eu-west-1"):
        open_target("local", region="eu-west-1", environ={})


def test_the_region_given_wins_and_is_named_in_the_next_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _answer(monkeypatch, {"Account": ACCOUNT})
    target = open_target("aws", region="eu-west-1", environ=HERE)
    assert (target.region, target.lake_options) == (
        "eu-west-1",
        " --target aws --region eu-west-1",
    )


@pytest.mark.parametrize(
    "error",
    [
        *(
            client_error(code)
            for code in (
                "AuthFailure",  # EC2
                "ExpiredToken",
                "ExpiredTokenException",
                "InvalidAccessKeyId",  # S3
                "InvalidClientTokenId",
                "InvalidToken",
                "RequestExpired",
                "TokenRefreshRequired",
                "UnrecognizedClientException",
            )
        ),
        NoCredentialsError(),
        UnauthorizedSSOTokenError(),
    ],
)
def test_a_lost_login_is_told_with_what_goes_on_from_there(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    with account_lake(monkeypatch) as lake:
        message, hint = explain(error, lake.target, "lake run")
        assert message.startswith("AWS does not accept the credentials any more: ")
        assert message.endswith("What AWS is at work on goes on by itself.")
        assert hint == "Log in again: aws sso login; then go on with: lake run --target aws"
        assert explain(error, lake.target, "lake destroy")[1].endswith("lake destroy --target aws")


def test_a_lost_login_is_seen_behind_what_came_after(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        try:
            raise client_error("ExpiredToken", "DescribeStacks")
        except Exception:
            raise client_error("400", "HeadBucket")  # noqa: B904 - as a handler that looks on fails

    with pytest.raises(Exception, match="HeadBucket") as raised:
        fail()
    wrapped = StackError("refused")
    wrapped.__cause__ = client_error("ExpiredTokenException")
    for error in (raised.value, wrapped):
        assert is_login_lost(error)
        with account_lake(monkeypatch) as lake:
            assert "ExpiredToken" in explain(error, lake.target)[0]
    assert not is_login_lost(client_error("AccessDenied"))


def test_the_local_target_has_no_login_to_lose() -> None:
    message, _ = explain(client_error("ExpiredToken"), open_target("local", environ={}))
    assert "credentials" not in message


def test_a_plan_is_refused_an_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    result = CliRunner().invoke(app, ["plan", "--target", "aws"])
    assert (result.exit_code, result.stderr) == (
        1,
        "lake: The aws target refuses endpoint overrides, and found AWS_ENDPOINT_URL.\n"
        "  → unset AWS_ENDPOINT_URL\n",
    )


@pytest.mark.parametrize("code", ["403", "AccessDenied", "AccessDeniedException", "Throttling"])
def test_a_question_that_was_not_answered(code: str) -> None:
    """403 is all that a HEAD request is told."""
    assert is_denied(client_error(code))
    assert not is_denied(client_error("404"))


@pytest.mark.parametrize("region", ["us east", "eu_west_1", "https://eu-west-1"])
def test_what_is_no_region_is_not_taken_for_a_lost_login(
    region: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with pytest.raises(SettingsError, match="is no name of a region") as raised:
        open_target("aws", environ={"AWS_REGION": region})
    assert raised.value.hint == "export AWS_REGION=us-east-1"


@pytest.mark.parametrize("code", ["Throttling", "ServiceUnavailable"])
def test_who_we_are_is_not_said_now(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    error = client_error(code, "GetCallerIdentity", "later")
    status = 503 if code == "ServiceUnavailable" else 400
    error.response["ResponseMetadata"] = {"HTTPStatusCode": status}  # type: ignore[typeddict-item]
    _answer(monkeypatch, error)
    with pytest.raises(TargetUnreachableError, match="later") as raised:
        open_target("aws", environ=HERE)
    assert "log in" not in raised.value.hint.lower()
    assert "lake doctor --target aws" in raised.value.hint


def test_a_region_that_is_not_enabled_answers_as_to_a_stranger(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _answer(monkeypatch, client_error("InvalidClientTokenId", "GetCallerIdentity", "is invalid"))
    with pytest.raises(TargetError, match="is invalid") as raised:
        open_target("aws", environ={"AWS_REGION": "ap-east-1"})
    assert "aws sso login" in raised.value.hint
    assert "get-region-opt-status --region-name ap-east-1" in raised.value.hint


def test_a_missing_permission_names_place_and_policy(monkeypatch: pytest.MonkeyPatch) -> None:
    error = client_error("AccessDeniedException", "GetTable", "not authorized to glue:GetTable")
    monkeypatch.setenv("LAKE_PROJECT", "films")
    with account_lake(monkeypatch) as lake:
        message, hint = explain(error, lake.target)
    assert f"account {ACCOUNT}, region eu-central-1: not authorized to glue:GetTable" in message
    assert hint.endswith(
        f": LAKE_PROJECT=films lake iam-policy --account {ACCOUNT} --region eu-central-1"
    )


def test_a_service_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region may lack it, while all others answer."""
    error = EndpointConnectionError(endpoint_url="https://dms.eu-central-1.amazonaws.com/")
    with account_lake(monkeypatch) as lake:
        message, _ = explain(error, lake.target)
    assert "https://dms.eu-central-1.amazonaws.com/" in message


def test_a_note_is_a_sentence_of_its_own() -> None:
    error = client_error("AccessDenied", "GetJobRuns", "not authorized")
    error.add_note("It bills.")
    assert explain(error, None)[0].endswith("not authorized. It bills.")
