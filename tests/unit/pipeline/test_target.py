"""The target's safety: `local` cannot reach AWS, `aws` cannot be pointed elsewhere."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import boto3
import botocore.endpoint
import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError
from moto import mock_aws

from pipeline.errors import AccountRefusedError, EndpointRefusedError, SettingsError, TargetError
from pipeline.target import LOCAL_ACCOUNT, open_target, require_loopback
from tests.own_sleep import replace_sleep
from tests.support import PROJECT

IN_A_REGION = {"AWS_REGION": "eu-central-1"}


@pytest.mark.parametrize(
    ("given", "endpoint"),
    [
        ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
        ("http://127.9.8.7:1/", "http://127.9.8.7:1"),
        ("http://[::1]:4566", "http://[::1]:4566"),
        ("HTTP://LocalHost:4566", "http://localhost:4566"),
        (" https://127.0.0.1 ", "https://127.0.0.1"),
    ],
)
def test_loopback_is_accepted(given: str, endpoint: str) -> None:
    assert require_loopback(given) == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://s3.amazonaws.com",
        "http://0.0.0.0:4566",
        "http://10.0.0.1:4566",
        "http://localhost.example.com:4566",
        "http://localhost.localstack.cloud:4566",
        "http://127.0.0.1@example.com",
        "http://example.com\\@127.0.0.1",
        "http://example.com#@127.0.0.1",
        "http://127.0.0.1.example.com",
        "http://127.0.0.1:99999",
        "http://127.0.0.1:4566/path",
        "http://[::ffff:10.0.0.1]:4566",
        "http://2130706433",
        "http://0x7f.1",
        "ftp://127.0.0.1",
        "127.0.0.1:4566",
        "",
    ],
)
def test_everything_else_is_refused(endpoint: str) -> None:
    with pytest.raises(EndpointRefusedError) as refused:
        require_loopback(endpoint)
    assert repr(endpoint) in refused.value.message
    assert "LAKE_ENDPOINT" in refused.value.hint


def test_endpoint_option_then_variable_then_port_then_default() -> None:
    both = {"LAKE_ENDPOINT": "http://127.0.0.1:2", "LAKE_PORT": "3"}
    assert open_target("local", endpoint="http://127.0.0.1:1", environ=both).endpoint == (
        "http://127.0.0.1:1"
    )
    assert open_target("local", environ=both).endpoint == "http://127.0.0.1:2"
    assert open_target("local", environ={"LAKE_PORT": "3"}).endpoint == "http://127.0.0.1:3"
    assert open_target("local", environ={}).endpoint == "http://127.0.0.1:4566"


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "4_566", "٤"])
def test_a_port_that_is_none(port: str) -> None:
    with pytest.raises(SettingsError) as raised:
        open_target("local", environ={"LAKE_PORT": port})
    assert raised.value.message == (
        f"LAKE_PORT is {port!r}, which is no port; valid are 1 to 65535."
    )
    assert raised.value.hint == "export LAKE_PORT=4566"


def test_local_reads_nothing_of_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[default]\nregion = eu-west-1\nendpoint_url = http://192.0.2.1\n"
        "[profile real]\nregion = eu-west-2\n"
    )
    credentials = tmp_path / "credentials"
    credentials.write_text("[real]\naws_access_key_id=AKIAREAL\naws_secret_access_key=secret\n")
    for name, value in {
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_PROFILE": "real",
        "AWS_REGION": "ap-south-1",
        "AWS_DEFAULT_REGION": "ap-south-1",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": "http://192.0.2.1",
        "AWS_ENDPOINT_URL_S3": "http://192.0.2.1",
        "AWS_CA_BUNDLE": "/nowhere",
        "HTTP_PROXY": "http://192.0.2.1:3128",
        "HTTPS_PROXY": "http://192.0.2.1:3128",
        "http_proxy": "http://192.0.2.1:3128",
    }.items():
        monkeypatch.setenv(name, value)
    target = open_target("local")
    found = target.session.get_credentials()
    assert (found.access_key, found.secret_key, found.token) == ("test", "test", None)
    assert target.account == LOCAL_ACCOUNT
    for service in ("s3", "sts", "dynamodb", "sagemaker-runtime"):
        client = target.client(service)
        assert client.meta.endpoint_url == "http://127.0.0.1:4566"
        assert client.meta.region_name == "us-east-1"
        assert client.meta.config.proxies == {}
        assert client is target.client(service)


def test_local_goes_past_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request to a closed loopback port is refused there, not sent to the proxy."""
    with socket.socket() as proxy, socket.socket() as closed:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()
        proxy.settimeout(0.2)
        closed.bind(("127.0.0.1", 0))
        endpoint = f"http://127.0.0.1:{closed.getsockname()[1]}"
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        target = open_target("local", endpoint=endpoint)
        client = target.client("sts")
        with pytest.raises(Exception, match="Could not connect"):
            client.get_caller_identity()
        with pytest.raises(TimeoutError):
            proxy.accept()


def test_the_command_that_reads_a_log_speaks_to_the_target() -> None:
    target = open_target("local", environ={"LAKE_PORT": "4567"})
    assert target.read_log("/aws/lambda/x") == (
        "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test "
        "aws --endpoint-url http://127.0.0.1:4567 --region us-east-1 "
        'logs filter-log-events --log-group-name /aws/lambda/x --query "events[].[message]" '
        "--output text"
    )


def test_unknown_target() -> None:
    with pytest.raises(SettingsError) as raised:
        open_target("azure")
    assert str(raised.value) == (
        "There is no target 'azure'; the targets are local and aws. lake doctor --target local"
    )


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"])
def test_aws_refuses_endpoint_variables(name: str) -> None:
    with pytest.raises(EndpointRefusedError, match=name):
        open_target("aws", environ={name: "http://127.0.0.1:4566"})


def test_aws_refuses_an_endpoint_option() -> None:
    with pytest.raises(EndpointRefusedError, match="--endpoint"):
        open_target("aws", endpoint="http://127.0.0.1:4566", environ={})


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("[default]\nendpoint_url = http://127.0.0.1\n", "endpoint_url"),
        (
            "[default]\nservices = mine\n[services mine]\ns3 =\n  endpoint_url = http://127.0.0.1\n",
            "services.s3.endpoint_url",
        ),
    ],
)
def test_aws_refuses_a_profile_with_endpoints(
    text: str, found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "config"
    config.write_text(text)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with pytest.raises(EndpointRefusedError, match=found):
        open_target("aws", environ={})


class _Sts:
    def __init__(self, account: str) -> None:
        self.account = account

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": self.account}


def _answer_as(monkeypatch: pytest.MonkeyPatch, account: str) -> None:
    def client(_session: Any, service: str, **_: Any) -> _Sts:
        assert service == "sts"
        return _Sts(account)

    monkeypatch.setattr(boto3.session.Session, "client", client)


def test_aws_refuses_an_emulators_account(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_as(monkeypatch, LOCAL_ACCOUNT)
    with pytest.raises(AccountRefusedError):
        open_target("aws", environ=IN_A_REGION)


def test_aws_takes_the_account_that_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_as(monkeypatch, "123456789012")
    target = open_target("aws", environ=IN_A_REGION)
    assert (target.account, target.endpoint, target.confirm_account) == (
        "123456789012",
        None,
        True,
    )


def test_aws_without_credentials_says_so() -> None:
    with pytest.raises(TargetError, match="does not know who you are"):
        open_target("aws", environ=IN_A_REGION)


def services_of_the_pipeline() -> set[str]:
    """boto3's names of all services that the pipeline makes clients of."""
    sources = (PROJECT / "pipeline").rglob("*.py")
    made = re.compile(r"client\(\s*\"([a-z0-9-]+)\"")
    return {name for source in sources for name in made.findall(source.read_text("utf-8"))}


def test_aws_makes_every_client_that_the_pipeline_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also S3's, to which boto3 adds methods: it does so once for a botocore session only."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    services = services_of_the_pipeline()
    assert {"s3", "dms", "glue", "sagemaker-runtime"} <= services
    with mock_aws():
        target = open_target("aws", environ=IN_A_REGION)
        assert target.account == "123456789012"
        for service in services:
            for client in (target.client(service), target.patient_client(service, 90)):
                whole_partition = service == "iam"
                assert client.meta.region_name == (
                    "aws-global" if whole_partition else "eu-central-1"
                )
                assert client.meta.endpoint_url.endswith(".amazonaws.com")
        assert target.client("s3").upload_file


@pytest.mark.parametrize(
    ("environ", "profile", "region"),
    [
        ({"AWS_REGION": "eu-west-1"}, "eu-west-3", "eu-west-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "", "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-3", "eu-west-2"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-2"}, "", "eu-west-2"),
        ({}, "eu-west-3", "eu-west-3"),
    ],
)
def test_aws_takes_the_region_as_the_aws_cli_does(
    environ: dict[str, str],
    profile: str,
    region: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = tmp_path / "config"
    config.write_text(f"[default]\nregion = {profile}\n" if profile else "")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    _answer_as(monkeypatch, "123456789012")
    assert open_target("aws").region == region


def test_aws_assumes_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    _answer_as(monkeypatch, "123456789012")
    with pytest.raises(SettingsError) as raised:
        open_target("aws", environ={})
    assert raised.value.message == (
        "The aws target needs a region, and found none in AWS_REGION, AWS_DEFAULT_REGION "
        "and the profile."
    )
    assert raised.value.hint == "export AWS_REGION=us-east-1"


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        (ReadTimeoutError(endpoint_url="x"), 1),
        (EndpointConnectionError(endpoint_url="x"), 3),
    ],
)
def test_a_patient_client_asks_again_unless_the_work_may_go_on(
    error: Exception, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that gives no answer in time may be at work; one that was not reached is not."""
    replace_sleep(monkeypatch, botocore.endpoint, lambda _: None)
    client = open_target("local", environ={}).patient_client("lambda", 90)
    calls: list[str] = []

    def fail(**_: object) -> None:
        calls.append("")
        raise error

    client.meta.events.register("before-send", fail)
    with pytest.raises(type(error)):
        client.invoke(FunctionName="f")
    assert len(calls) == asked
    assert client.meta.config.read_timeout == 90
