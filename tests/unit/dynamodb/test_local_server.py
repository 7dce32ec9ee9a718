"""How the process around DynamoDB Local's JVM ends: as the JVM did, which its watch reads."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from lakestack.services.dynamodb.local_server import _told, compiler_jars

ENDING = """
import subprocess, sys
from lakestack.services.dynamodb.local_server import _end_with
jvm = subprocess.Popen([sys.executable, "-c", sys.argv[1]])
sys.stdout.close()  # as Py4J does when the JVM has said its last word
_end_with(jvm)
"""


@pytest.mark.parametrize(
    ("last", "code"),
    [
        ("import os; os.kill(os.getpid(), 9)", -9),
        ("import os; os.kill(os.getpid(), 15)", -15),
        ("raise SystemExit(3)", 3),
        ("", 1),  # it was not asked to end
    ],
)
def test_it_ends_as_the_jvm_did(last: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING, last], capture_output=True, timeout=60, check=False
    )
    assert done.returncode == code, done.stderr


def test_a_control_file_is_for_the_owner_alone_and_a_full_disk_ends_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    control = tmp_path / "control.json"
    assert _told(1234, "secret", control)
    assert json.loads(control.read_text()) == {"port": 1234, "token": "secret"}
    assert control.stat().st_mode & 0o777 == 0o600
    assert not _told(1234, "secret", tmp_path / "absent" / "control.json")
    assert "no tables are saved" in capsys.readouterr().err


def test_without_pyspark_there_is_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(compiler_jars()) >= 2
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert compiler_jars() == []
