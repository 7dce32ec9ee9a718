"""Answers of S3 are the same bytes as before: what is made cheaper may change none of them.

``WIRE_ANSWERS=write`` writes what the emulator answers now, for a change that is meant.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from urllib.parse import urlsplit

from tests.contract.s3.wire_requests import answers

RECORDED = Path(__file__).with_name("wire_answers.txt")


def test_answers_on_the_wire(emulator: str, bucket: str) -> None:
    """Status, headers with their order and spelling, and body, of each request of the table."""
    port = urlsplit(emulator).port
    assert port is not None
    found = list(answers(port, bucket))
    if os.environ.get("WIRE_ANSWERS") == "write":
        RECORDED.write_text("\n".join(found) + "\n")
    expected = RECORDED.read_text().splitlines()
    changed = difflib.unified_diff(expected, found, "recorded", "answered", lineterm="", n=8)
    assert not (told := "\n".join(changed)), told
