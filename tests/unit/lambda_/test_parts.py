"""Small rules around functions: hosts, layers, environment, inline code, custom resources."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from lakestack.confinement.network import is_aws, is_loopback
from lakestack.services.cloudformation.types.custom_resource import strings, timeout_of
from lakestack.services.cloudformation.types.custom_resource_requests import (
    MAX_RESPONSE_BYTES,
    parsed,
)
from lakestack.services.lambda_.environment import environment_variables, layer_path
from lakestack.services.lambda_.inline_code import MAX_CHARACTERS, zipped
from lakestack.services.lambda_.runtimes import is_python
from lakestack.services.s3.hosts import legacy_bucket


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("s3.amazonaws.com", True),
        ("b.s3-us-west-2.AMAZONAWS.com.", True),
        ("amazonaws.com", True),
        ("notamazonaws.com", False),
        ("amazonaws.com.example.org", False),
        ("", False),
    ],
)
def test_hosts_of_aws(host: str, expected: bool) -> None:
    assert is_aws(host) is expected


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("", True),
        ("169.254.169.254", False),
        ("10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("localhost.example.org", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_old_names_of_buckets() -> None:
    assert legacy_bucket("my.bucket.s3-us-west-2.amazonaws.com") == "my.bucket"
    assert legacy_bucket("b.s3-us-gov-west-1.amazonaws.com:80") == "b"
    assert legacy_bucket("b.s3-website-us-east-1.amazonaws.com") is None
    assert legacy_bucket("s3-us-west-2.amazonaws.com") is None


def test_runtimes() -> None:
    assert is_python("python3.6")
    assert is_python("python3.14")
    assert not any(map(is_python, ("python2.7", "nodejs20.x", "", None, "python3.")))


def test_layers_later_ones_first(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one / "python", two / "python/lib/python3.12/site-packages"):
        folder.mkdir(parents=True)
    assert layer_path("python3.12", [one, two]) == [
        str(two / "python/lib/python3.12/site-packages"),
        str(two / "python"),
        str(one / "python"),
    ]


def test_nothing_of_the_emulators_environment_gets_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LAKE_HOME", "HTTPS_PROXY", "AWS_PROFILE", "PYTHONPATH"):
        monkeypatch.setenv(name, "leaked")
    given = {"LOCALSTACK_HOSTNAME": "x", "EDGE_PORT": "1", "AWS_REGION": "eu-west-1", "OWN": 5}
    found = environment_variables(given, runtime="python3.6", code=tmp_path, home=tmp_path)
    assert "leaked" not in found.values()
    assert not {"LOCALSTACK_HOSTNAME", "EDGE_PORT"} & set(found)
    assert found["OWN"] == "5"
    assert found["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.6"


def test_inline_code_is_packed_the_same_each_time() -> None:
    source = "import cfnresponse\ndef handler(event, context): pass"
    assert zipped(source) == zipped(source)
    with zipfile.ZipFile(io.BytesIO(zipped(source))) as archive:
        assert archive.namelist() == ["index.py", "cfnresponse.py"]
        assert archive.read("index.py").decode() == source
    with zipfile.ZipFile(io.BytesIO(zipped("x = 1"))) as archive:
        assert archive.namelist() == ["index.py"]
    with pytest.raises(ValueError, match="Put it into S3"):
        zipped("x" * (MAX_CHARACTERS + 1))


def test_properties_reach_the_function_as_strings() -> None:
    given = {"a": 1, "b": True, "c": [1.5, {"d": False}], "e": "x", "f": None}
    assert strings(given) == {"a": "1", "b": "true", "c": ["1.5", {"d": "false"}], "e": "x"}


def test_service_timeouts() -> None:
    assert timeout_of({}) == 3600
    assert timeout_of({"ServiceTimeout": "5"}) == 5
    for wrong in ("0", "3601", "soon", "-1"):
        with pytest.raises(ValueError, match=wrong):
            timeout_of({"ServiceTimeout": wrong})


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (b"", "not a JSON object"),
        (b"\xff", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b"{}", "Invalid Status"),
        (b'{"Status": "SUCCESS"}', "Invalid PhysicalResourceId"),
        (b'{"Status": "SUCCESS", "PhysicalResourceId": 5}', "Invalid PhysicalResourceId"),
        (b'{"Status": "SUCCESS", "PhysicalResourceId": "x", "Data": [1]}', "Invalid Data"),
        (b" " * (MAX_RESPONSE_BYTES + 1), "too long"),
    ],
)
def test_answers_that_are_refused(given: bytes, reason: str) -> None:
    answer = parsed(given)
    assert not answer.succeeded
    assert reason in answer.reason


def test_an_answer() -> None:
    given: dict[str, Any] = {"Status": "SUCCESS", "PhysicalResourceId": "x", "Data": {"a": 1}}
    answer = parsed(json.dumps(given).encode())
    assert (answer.succeeded, answer.physical_id, answer.data) == (True, "x", {"a": 1})
    failed = parsed(b'{"Status": "FAILED", "Reason": "no"}')
    assert (failed.succeeded, failed.reason) == (False, "no")
