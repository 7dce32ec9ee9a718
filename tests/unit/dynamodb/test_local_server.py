"""How the process around DynamoDB Local's JVM ends: as the JVM did, which its watch reads."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
