"""`lake` as a process of its own where AWS cannot be reached, or must not be asked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support import last_error

LAKE = Path(sys.executable).with_name("lake")
NOWHERE = "http://127.0.0.1:1"
"""A proxy that takes no connection."""


def plan(folder: Path, *before: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Ended `lake plan --target aws` with credentials that are none."""
    return subprocess.run(
        [*before, str(LAKE), "plan", "--target", "aws"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "y",
            "AWS_EC2_METADATA_DISABLED": "true",
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def in_one_sentence(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """Message and next command of a process that ended as it should."""
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if line.startswith("lake: ")]
    assert len(done.stderr.splitlines()) == 2, done.stderr
    return last_error(done.stderr)


def test_no_network(tmp_path: Path) -> None:
    began = time.monotonic()
    done = plan(tmp_path, AWS_REGION="eu-central-1", HTTPS_PROXY=NOWHERE)
    assert time.monotonic() - began < 60
    message, hint = in_one_sentence(done)
    assert "AWS cannot be reached" in message
    assert "eu-central-1" in message
    assert "lake doctor --target aws" in hint


def test_no_network_in_a_namespace_without_one(tmp_path: Path) -> None:
    unshare = shutil.which("unshare")
    known = unshare and subprocess.run([unshare, "-rn", "true"], check=False).returncode == 0
    if not unshare or not known:
        pytest.skip("this machine lets nobody make a network namespace")
    began = time.monotonic()
    done = plan(tmp_path, unshare, "-rn", AWS_REGION="eu-central-1")
    assert time.monotonic() - began < 60
    message, hint = in_one_sentence(done)
    assert "AWS cannot be reached" in message
    assert "lake doctor --target aws" in hint


def test_no_region_and_no_network(tmp_path: Path) -> None:
    message, hint = in_one_sentence(plan(tmp_path, HTTPS_PROXY=NOWHERE))
    assert "needs a region" in message
    assert "AWS_REGION" in hint


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"])
def test_an_endpoint_is_refused_and_named(tmp_path: Path, name: str) -> None:
    done = plan(tmp_path, HTTPS_PROXY=NOWHERE, **{name: "http://127.0.0.1:4566"})
    message, hint = in_one_sentence(done)
    assert name in message
    assert hint == f"unset {name}"


def test_no_credentials(tmp_path: Path) -> None:
    done = plan(
        tmp_path,
        AWS_REGION="eu-central-1",
        AWS_ACCESS_KEY_ID="",
        AWS_SECRET_ACCESS_KEY="",
        HTTPS_PROXY=NOWHERE,
    )
    message, hint = in_one_sentence(done)
    assert "AWS does not know who you are" in message
    assert "aws sso login" in hint
