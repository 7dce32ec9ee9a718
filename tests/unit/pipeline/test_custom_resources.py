"""The functions behind the custom resources: what they do, and that they always answer."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.lambdas import copy_files, custom_resource, start_task
from tests.own_sleep import replace_sleep
from tests.unit.pipeline.fakes import FakeS3, client_error

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 300_000, log_stream_name="stream")


@pytest.fixture
def answers() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A place to answer to, and what was answered there."""
    found: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            found.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/", found
    server.shutdown()
    server.server_close()


def broken() -> Any:
    raise KeyError("nothing")


def request(url: str, kind: str = "Create", **properties: str) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": url,
        "StackId": "arn:stack",
        "RequestId": "1",
        "LogicalResourceId": "Thing",
        "ResourceProperties": properties,
    }


def test_success_and_failure_are_answered(answers: tuple[str, list[dict[str, Any]]]) -> None:
    url, found = answers
    custom_resource.answer(request(url), CONTEXT, lambda *_: ("id", {"A": "1"}))
    custom_resource.answer(request(url), CONTEXT, lambda *_: broken())
    assert found[0] == {
        "Status": "SUCCESS",
        "StackId": "arn:stack",
        "RequestId": "1",
        "LogicalResourceId": "Thing",
        "PhysicalResourceId": "id",
        "Data": {"A": "1"},
    }
    assert (found[1]["Status"], found[1]["PhysicalResourceId"]) == ("FAILED", "Thing")
    assert found[1]["Reason"] == "'nothing' (log stream stream)"


class Bucket(FakeS3):
    """Keeps metadata, and raises as the exceptions of a client."""

    exceptions = SimpleNamespace(ClientError=type(client_error("x")))

    def __init__(self) -> None:
        super().__init__()
        self.metadata: dict[str, dict[str, str]] = {}

    def head_object(self, *, Key: str, **_: str) -> dict[str, Any]:  # noqa: N803
        if Key not in self.objects:
            raise client_error("404", "HeadObject")
        return {"Metadata": self.metadata.get(Key, {})}

    def put_object(self, **given: Any) -> dict[str, Any]:
        self.metadata[given["Key"]] = given.get("Metadata", {})
        return super().put_object(**given)

    def copy(self, source: dict[str, str], bucket: str, key: str, **given: Any) -> None:
        found = self.get_object(Bucket=bucket, Key=source["Key"])
        extra = given["ExtraArgs"]
        assert extra["CopySourceIfMatch"] == found["ETag"]
        assert extra["MetadataDirective"] == "REPLACE"
        body = found["Body"].read()
        self.put_object(Bucket=bucket, Key=key, Body=body, Metadata=extra["Metadata"])


def staged(body: bytes = b"a,b\n") -> Bucket:
    s3 = Bucket()
    file = {
        "from": "landing/a.csv",
        "to": "data/a/a.csv",
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    s3.put_object(Bucket="b", Key="landing/a.csv", Body=b"a,b\n")
    s3.put_object(Bucket="b", Key="m", Body=json.dumps({"files": [file]}))
    return s3


def test_files_are_copied_once_and_deleted_with_the_resource() -> None:
    s3 = staged()
    assert copy_files.copy(s3, "b", "m") == {"Files": "1", "Copied": "1"}
    assert s3.objects["data/a/a.csv"] == b"a,b\n"
    assert copy_files.copy(s3, "b", "m") == {"Files": "1", "Copied": "0"}
    copy_files.delete(s3, "b", "m")
    assert set(s3.objects) == {"landing/a.csv", "m"}
    s3.exists = False
    copy_files.delete(s3, "b", "m")


def test_a_file_with_another_sha256_is_refused() -> None:
    s3 = staged(b"something else")
    with pytest.raises(copy_files.FileRefusedError, match=r"s3://b/landing/a\.csv has SHA-256"):
        copy_files.copy(s3, "b", "m")
    assert "data/a/a.csv" not in s3.objects


class Dms:
    """A task and two endpoints."""

    exceptions = SimpleNamespace(ResourceNotFoundFault=KeyError)

    def __init__(self, status: str, connections: str = "successful") -> None:
        self.status, self.connections = status, connections
        self.calls: list[str] = []

    def describe_replication_tasks(self, **_: Any) -> dict[str, Any]:
        task = {
            "Status": self.status,
            "ReplicationInstanceArn": "i",
            "SourceEndpointArn": "s",
            "TargetEndpointArn": "t",
        }
        if self.status == "stopping":
            self.status = "stopped"
        return {"ReplicationTasks": [task]}

    def describe_connections(self, *, Filters: Any) -> dict[str, Any]:  # noqa: N803
        (endpoint,) = Filters[0]["Values"]
        found = {"ReplicationInstanceArn": "i", "EndpointIdentifier": endpoint}
        return {"Connections": [found | {"Status": self.connections, "LastFailureMessage": "no"}]}

    def test_connection(self, *, EndpointArn: str, **_: str) -> None:  # noqa: N803
        self.calls.append(f"test {EndpointArn}")

    def start_replication_task(self, *, StartReplicationTaskType: str, **_: str) -> None:  # noqa: N803
        self.calls.append(StartReplicationTaskType)

    def stop_replication_task(self, **_: str) -> None:
        self.calls.append("stop")
        self.status = "stopping"


@pytest.mark.parametrize(
    ("status", "calls"),
    [
        ("ready", ["test s", "test t", "start-replication"]),
        ("stopped", ["test s", "test t", "reload-target"]),
        ("running", []),
    ],
)
def test_the_task_is_started_as_it_needs(status: str, calls: list[str]) -> None:
    dms = Dms(status)
    start_task.start(dms, "arn", lambda: 60.0)
    assert dms.calls == calls


def test_a_task_that_cannot_connect_is_not_started() -> None:
    dms = Dms("ready", "failed")
    with pytest.raises(start_task.TaskRefusedError, match="DMS cannot connect to s: no"):
        start_task.start(dms, "arn", lambda: 60.0)
    assert dms.calls == ["test s", "test t"]


def test_a_test_that_does_not_end_is_given_up() -> None:
    with pytest.raises(start_task.TaskRefusedError, match="the time ran out"):
        start_task.start(Dms("ready", "testing"), "arn", lambda: 0.0)


def test_a_running_task_is_stopped_with_the_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    replace_sleep(monkeypatch, start_task, lambda _: None)
    dms = Dms("running")
    start_task.stop(dms, "arn", lambda: 60.0)
    assert (dms.calls, dms.status) == (["stop"], "stopped")
    dms = Dms("ready")
    start_task.stop(dms, "arn", lambda: 60.0)
    assert dms.calls == []
