"""What `make notebook` gives Jupyter: one target's endpoint, and nothing that opens the server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pipeline import notebook
from pipeline.target import open_target

OWN = {
    "HOME": "/home/user",
    "PATH": "/usr/bin",
    "AWS_PROFILE": "work",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SESSION_TOKEN": "real",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
    "LAKE_PORT": "4999",
}


def test_a_kernel_of_the_local_target_has_nothing_of_the_users_account() -> None:
    found = notebook.environment(open_target("local", environ=OWN), OWN)
    assert found["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4999"
    assert found["AWS_ACCESS_KEY_ID"] == found["AWS_SECRET_ACCESS_KEY"] == "test"
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"} & set(found)
    assert found["HOME"] == "/home/user"


def test_boto3_speaks_to_the_emulator_in_that_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    found = notebook.environment(open_target("local", environ=OWN), OWN)
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in found.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    client = boto3.session.Session().client("s3")
    assert client.meta.endpoint_url == "http://127.0.0.1:4999"
    assert client.meta.region_name == "us-east-1"


def test_jupyter_listens_on_loopback_with_a_token_of_its_own(tmp_path: Path) -> None:
    words, own = notebook.command(tmp_path, {})
    _, other = notebook.command(tmp_path, {})
    assert "--ServerApp.ip=127.0.0.1" in words
    assert "--ServerApp.allow_remote_access=False" in words
    assert len(own["JUPYTER_TOKEN"]) == 48 and own["JUPYTER_TOKEN"] != other["JUPYTER_TOKEN"]
    assert own["JUPYTER_TOKEN"] not in " ".join(words)  # which every user of the machine can read
    assert own["JUPYTER_CONFIG_DIR"].startswith(str(tmp_path))


def test_an_unknown_target_is_named_with_the_valid_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(notebook, "_require_jupyter", lambda: None)
        with pytest.raises(SystemExit) as ended:
            notebook.main(["--target", "moon"])
    assert "the targets are local and aws" in str(ended.value)


def test_without_jupyter_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SystemExit) as ended:
        notebook.main(["--target", "local"])
    assert "make notebook" in str(ended.value)
