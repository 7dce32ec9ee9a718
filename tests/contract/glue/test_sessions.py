"""Interactive sessions: statements of one Spark driver, states, ends and errors."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.glue.helpers import ROLE, Aws
from tests.support import REGION, unique, wait_until

pytestmark = pytest.mark.large

COMMAND = {"Name": "glueetl", "PythonVersion": "3"}
DONE = {"AVAILABLE", "CANCELLED", "ERROR"}


class Sessions:
    """Makes sessions and follows their statements."""

    def __init__(self, aws: Aws) -> None:
        self.glue, self.logs = aws("glue"), aws("logs")

    def create(self, **settings: Any) -> str:
        name = unique("session")
        given = {"Role": ROLE, "Command": COMMAND, **settings}
        answer = self.glue.create_session(Id=name, **given)["Session"]
        assert (answer["Id"], answer["Status"]) == (name, "PROVISIONING")
        return name

    def session(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.glue.get_session(Id=name)["Session"]
        return found

    def wait(self, name: str, *states: str) -> dict[str, Any]:
        def reached() -> dict[str, Any] | None:
            found = self.session(name)
            if found["Status"] == "FAILED" and "FAILED" not in states:
                raise AssertionError(found.get("ErrorMessage"))
            return found if found["Status"] in states else None

        return wait_until(reached, timeout=240, what=f"{name} in {states}")

    def begin(self, name: str, code: str) -> int:
        return int(self.glue.run_statement(SessionId=name, Code=code)["Id"])

    def statement(self, name: str, number: int) -> dict[str, Any]:
        found: dict[str, Any] = self.glue.get_statement(SessionId=name, Id=number)["Statement"]
        return found

    def ended(self, name: str, number: int, *states: str) -> dict[str, Any]:
        wanted = set(states) or DONE

        def over() -> dict[str, Any] | None:
            found = self.statement(name, number)
            return found if found["State"] in wanted else None

        return wait_until(over, timeout=240, what=f"statement {number} in {wanted}")

    def run(self, name: str, code: str) -> dict[str, Any]:
        output: dict[str, Any] = self.ended(name, self.begin(name, code), "AVAILABLE")["Output"]
        return output


@pytest.fixture
def sessions(aws: Aws) -> Sessions:
    return Sessions(aws)


@pytest.fixture(scope="module")
def ready(aws: Aws) -> Iterator[str]:
    """A session that is READY, for all tests that leave it so."""
    sessions = Sessions(aws)
    name = sessions.create(
        Tags={"k": "v"}, Description="d", WorkerType="G.1X", NumberOfWorkers=2, IdleTimeout=60
    )
    sessions.wait(name, "READY")
    yield name
    sessions.glue.delete_session(Id=name)


def code(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return str(caught.value.response["Error"]["Code"])


def test_what_a_session_shows(sessions: Sessions, ready: str) -> None:
    found = sessions.session(ready)
    assert (found["Description"], found["Role"], found["Command"]) == ("d", ROLE, COMMAND)
    assert (found["WorkerType"], found["NumberOfWorkers"], found["MaxCapacity"]) == ("G.1X", 2, 2.0)
    assert (found["IdleTimeout"], found["Progress"]) == (60, 1.0)
    listed = sessions.glue.list_sessions(Tags={"k": "v"})
    assert ready in listed["Ids"]
    assert ready in [each["Id"] for each in listed["Sessions"]]
    assert ready not in sessions.glue.list_sessions(Tags={"k": "other"})["Ids"]
    arn = f"arn:aws:glue:{REGION}:000000000000:session/{ready}"
    assert sessions.glue.get_tags(ResourceArn=arn)["Tags"] == {"k": "v"}
    again = {"Id": ready, "Role": ROLE, "Command": COMMAND}
    assert code(sessions.glue.create_session, **again) == "AlreadyExistsException"


def test_statements_of_spark_share_a_namespace(sessions: Sessions, ready: str) -> None:
    assert sessions.run(ready, "frame = spark.range(3)")["Data"]["TextPlain"] == ""
    shown = sessions.run(ready, "frame.show()\nsc.defaultParallelism > 0")
    assert "|  2|" in shown["Data"]["TextPlain"]
    assert shown["Data"]["TextPlain"].endswith("True\n")
    assert shown["Status"] == "ok"
    mapped = "def twice(x):\n    return 2 * x\nsc.parallelize([1, 2]).map(twice).collect()"
    assert sessions.run(ready, mapped)["Data"]["TextPlain"] == "[2, 4]\n"
    glue = "from awsglue.context import GlueContext\nGlueContext(sc).spark_session is not None"
    assert sessions.run(ready, glue)["Data"]["TextPlain"] == "True\n"
    listed = sessions.glue.list_statements(SessionId=ready)["Statements"]
    assert [each["Id"] for each in listed] == list(range(len(listed)))
    assert listed[-1]["CompletedOn"] >= listed[-1]["StartedOn"]


def test_an_error_of_a_statement(sessions: Sessions, ready: str) -> None:
    found = sessions.run(ready, "print('before')\nspark.sql('select nothing')")
    assert (found["Status"], found["ErrorName"]) == ("error", "AnalysisException")
    assert "nothing" in found["ErrorValue"]
    assert "select nothing" in "".join(found["Traceback"])
    assert found["Data"]["TextPlain"] == "before\n"


def test_statements_wait_and_are_cancelled(sessions: Sessions, ready: str) -> None:
    slow = "import time\nspark.range(4).rdd.map(lambda x: time.sleep(600)).count()"
    running = sessions.begin(ready, slow)
    waiting, last = sessions.begin(ready, "'never'"), sessions.begin(ready, "'after'")
    sessions.ended(ready, running, "RUNNING")
    assert sessions.statement(ready, waiting)["State"] == "WAITING"
    sessions.glue.cancel_statement(SessionId=ready, Id=waiting)
    assert sessions.statement(ready, waiting)["State"] == "CANCELLED"
    sessions.glue.cancel_statement(SessionId=ready, Id=running)
    assert sessions.ended(ready, running)["State"] == "CANCELLED"
    after = sessions.ended(ready, last)
    assert after["Output"]["Data"]["TextPlain"] == "'after'\n"
    sessions.glue.cancel_statement(SessionId=ready, Id=last)
    assert sessions.statement(ready, last)["State"] == "AVAILABLE"


def test_a_session_is_stopped_and_deleted(sessions: Sessions) -> None:
    name = sessions.create()
    assert (
        code(sessions.glue.run_statement, SessionId=name, Code="1")
        == "IllegalSessionStateException"
    )
    sessions.wait(name, "READY")
    running = sessions.begin(name, "import time\nprint('to the log')\ntime.sleep(600)")
    sessions.ended(name, running, "RUNNING")
    assert sessions.glue.stop_session(Id=name)["Id"] == name
    stopped = sessions.wait(name, "STOPPED")
    assert stopped["CompletedOn"] >= stopped["CreatedOn"]
    assert stopped["ExecutionTime"] > 0
    assert sessions.statement(name, running)["State"] == "CANCELLED"
    for call, request in (
        (sessions.glue.stop_session, {"Id": name}),
        (sessions.glue.run_statement, {"SessionId": name, "Code": "1"}),
    ):
        assert code(call, **request) == "IllegalSessionStateException"
    assert sessions.glue.delete_session(Id=name)["Id"] == name
    assert code(sessions.glue.get_session, Id=name) == "EntityNotFoundException"
    assert code(sessions.glue.get_statement, SessionId=name, Id=0) == "EntityNotFoundException"


def test_a_process_that_ends_fails_its_session(sessions: Sessions) -> None:
    name = sessions.create()
    sessions.wait(name, "READY")
    number = sessions.begin(name, "import os\nos._exit(3)")
    failed = sessions.wait(name, "FAILED")
    assert "exit code" in failed["ErrorMessage"]
    assert sessions.statement(name, number)["State"] == "ERROR"


def test_an_idle_session_times_out(sessions: Sessions, emulator: str) -> None:
    name = sessions.create(IdleTimeout=5, DefaultArguments={"--conf": "spark.app.name=mine"})
    sessions.wait(name, "READY")
    assert sessions.run(name, "sc.appName")["Data"]["TextPlain"] == "'mine'\n"
    clock = f"{emulator}/_lakestack/clock"
    asked = urllib.request.Request(  # noqa: S310 - the emulator
        clock, json.dumps({"seconds": 301}).encode(), {"Content-Type": "application/json"}
    )
    try:
        urllib.request.urlopen(asked).close()  # noqa: S310
        sessions.wait(name, "TIMEOUT")
    finally:
        back = urllib.request.Request(clock, method="DELETE")  # noqa: S310
        urllib.request.urlopen(back).close()  # noqa: S310
    assert code(sessions.glue.run_statement, SessionId=name, Code="1") == (
        "IllegalSessionStateException"
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"Command": {"Name": "glueray"}},
        {"GlueVersion": "9.0"},
        {"IdleTimeout": 10081},
        {"WorkerType": "G.1X"},
        {"DefaultArguments": {"a": "b"}},
    ],
)
def test_what_is_refused(sessions: Sessions, settings: dict[str, Any]) -> None:
    request = {"Id": unique("session"), "Role": ROLE, "Command": COMMAND, **settings}
    assert code(sessions.glue.create_session, **request) == "InvalidInputException"


def test_an_argument_that_cannot_be_used_fails_the_session(sessions: Sessions) -> None:
    name = sessions.create(DefaultArguments={"--job-language": "scala"})
    assert "scala is not emulated" in sessions.wait(name, "FAILED")["ErrorMessage"]
