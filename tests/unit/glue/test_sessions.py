"""Sessions without their process: what requests say, statements in their order, saved states."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from localstack.aws.api import CommonServiceException

from lakestack.services.glue.job import completed
from lakestack.services.glue.session_api import defined
from lakestack.services.glue.sessions.session import LOST, Session
from lakestack.services.glue.state import STORE
from lakestack.services.schedules.time import TIME
from tests.support import unique

REGION = "us-east-1"
REQUEST = {"Id": "s", "Role": "arn:aws:iam::1:role/glue", "Command": {"Name": "gluestreaming"}}


class Channel:
    """Notes what a session says to its process."""

    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []

    def say(self, document: dict[str, Any]) -> bool:
        self.said.append(document)
        return True


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def session(channel: Channel) -> Session:
    """A session that is READY."""
    made = Session("1", REGION, defined(REQUEST))
    made._channel = channel  # type: ignore[assignment]
    made._converse(_Says({"ready": True}, channel))  # type: ignore[arg-type]
    made._channel = channel  # type: ignore[assignment]
    return made


class _Says:
    def __init__(self, document: dict[str, Any], channel: Channel) -> None:
        self._document, self.say = document, channel.say

    def documents(self) -> list[dict[str, Any]]:
        return [self._document]


def done(session: Session, channel: Channel, number: int, **more: Any) -> None:
    said = {"done": number, "text": "", "error": None, "cancelled": False, **more}
    session._converse(_Says(said, channel))  # type: ignore[arg-type]


def test_defaults_of_a_session() -> None:
    found = defined(REQUEST)
    assert found["Command"] == {"Name": "gluestreaming", "PythonVersion": "3"}
    assert (found["GlueVersion"], found["IdleTimeout"], found["MaxCapacity"]) == ("5.1", 2880, 10.0)


def test_a_streaming_job_has_no_timeout_of_its_own() -> None:
    job = {"Name": "j", "Role": "r", "Command": {"ScriptLocation": "s3://b/k"}}
    for kind, timeout in (("gluestreaming", None), ("glueetl", 480)):
        command = {"Name": kind, "ScriptLocation": "s3://b/k"}
        assert completed({**job, "Command": command}).get("Timeout") == timeout
        assert completed({**job, "Command": command, "Timeout": 5})["Timeout"] == 5


def test_statements_are_sent_one_after_another(session: Session, channel: Channel) -> None:
    first, second, third = (session.run(text) for text in ("a", "b", "c"))
    assert channel.said == [{"run": 0, "code": "a"}]
    assert [each.state for each in session.statements] == ["RUNNING", "WAITING", "WAITING"]
    session.cancel(second)
    session.cancel(first)
    assert (first.state, second.state) == ("CANCELLING", "CANCELLED")
    assert channel.said[1:] == [{"cancel": 0}]
    done(session, channel, 0, cancelled=True)
    assert (first.state, third.state) == ("CANCELLED", "RUNNING")
    assert channel.said[2:] == [{"run": 2, "code": "c"}]
    error = {"name": "E", "value": "v", "traceback": ["t"]}
    done(session, channel, 2, text="out", error=error)
    shown = third.as_api()
    assert shown["State"] == "AVAILABLE"
    assert shown["Output"] == {
        "Data": {"TextPlain": "out"},
        "ExecutionCount": 2,
        "Status": "error",
        "ErrorName": "E",
        "ErrorValue": "v",
        "Traceback": ["t"],
    }


def test_a_session_is_idle_when_nothing_runs(session: Session, channel: Channel) -> None:
    now = TIME.now()
    assert session.due(now) == pytest.approx(2880 * 60, abs=60)
    session.definition["Timeout"] = 10080
    session.run("a")
    assert session.due(now + timedelta(days=6)) == pytest.approx(86400, abs=60)
    done(session, channel, 0)
    assert (session.due(now + timedelta(days=3)) or 0) < 0
    assert session.status == "STOPPING"
    with pytest.raises(CommonServiceException, match="STOPPING"):
        session.run("b")


def test_a_saved_session_comes_back_as_failed(session: Session) -> None:
    account = unique("a")
    session.run("a")
    state = STORE.get(account, REGION)
    state.sessions["s"] = session
    STORE.restore(STORE.snapshot(account))
    state = STORE.get(account, REGION)
    with state.lock:
        state.resume()
    found = state.sessions["s"]
    assert (found.status, found.error) == ("FAILED", LOST)
    assert found.statements[0].as_api()["State"] == "ERROR"
    assert found.statements[0].as_api()["Output"]["ErrorValue"] == LOST
