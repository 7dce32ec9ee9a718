"""The end of a job's log, as the error that names the job shows it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from pipeline.lake import Lake
from pipeline.log_tail import log_tail
from tests.unit.pipeline.fakes import client_error

SPARK = [
    "java.io.IOException: No space left on device",
    "\tat java.base/java.io.FileOutputStream.writeBytes(Native Method)",
    "\tSuppressed: java.io.IOException: No space left on device",
    *[f"\t\tat org.apache.spark.Frame{number}.run(Frame.scala:1)" for number in range(20)],
    "\t\t... 21 more",
]


class Logs:
    """CloudWatch Logs with one group and one stream."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines

    def describe_log_streams(self, *, logGroupName: str, **_: Any) -> Any:  # noqa: N803
        if logGroupName != "group":
            raise client_error("ResourceNotFoundException")
        return {"logStreams": [{"logStreamName": "run"}]}

    def get_log_events(self, *, limit: int, **_: Any) -> Any:
        return {"events": [{"message": line} for line in self.lines[-limit:]]}


def tail(lines: list[str]) -> str:
    lake = SimpleNamespace(client=lambda _: Logs(lines))
    return log_tail(cast(Lake, lake), ("absent", "group"), "run", lines=2)


def test_the_last_lines_and_no_more() -> None:
    assert tail(["one", "two", "three"]) == "\n    two\n    three"


def test_no_log_no_tail() -> None:
    assert tail([]) == ""


def test_frames_of_a_java_stack_do_not_push_out_what_happened() -> None:
    assert tail(["begin", *SPARK]) == (
        "\n    java.io.IOException: No space left on device"
        "\n    \tSuppressed: java.io.IOException: No space left on device"
    )
