"""A real browser's hostile pages get nothing from the emulator and its processes.

From another origin, another port of 127.0.0.1 and a rebound name; by image, form, fetch, beacon and
WebSocket. What counts is the effect: nothing was made, changed, run or read.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lakestack.services.sagemaker import serving
from tests import support
from tests.contract.front_guard.guard_helpers import SIGNATURE, engine_port
from tests.contract.lambda_.helpers import create, packed
from tests.integration.front_guard.browser import chromium
from tests.integration.front_guard.browser.chromium import PAGE, Server, served, visit
from tests.support import unique, wait_until

SECRET = "what only the user reads"
TEMPLATE = json.dumps({"Resources": {"T": {"Type": "AWS::SNS::Topic"}}})
RUNS = "def handler(event, context):\n    open({proof!r}, 'w').close()\n"
MODEL = """
from pathlib import Path
def model_fn(folder): return folder
def predict_fn(data, model): Path({proof!r}).touch(); return "answered by the model"
"""
TABLE = json.dumps(
    {
        "TableName": "planted",
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
)


@dataclass
class Target:
    """An emulator with a bucket, a function and a table; a model server; DynamoDB's engine."""

    aws: Any
    port: int
    engine: int
    model: int
    bucket: str
    function: str
    table: str
    proof: Path

    def bases(self) -> list[str]:
        names = ["127.0.0.1", "localhost", "localhost.localstack.cloud", "a.attacker.example"]
        names += ["a.execute-api.attacker.example", "a.execute-api.localhost.localstack.cloud"]
        names += [f"{self.bucket}.s3.localhost.localstack.cloud", "[::ffff:127.0.0.1]"]
        others = [f"http://127.0.0.1:{port}" for port in (self.engine, self.model)]
        return [f"http://{name}:{self.port}" for name in names] + others

    def plan(self, mark: str, bases: list[str], report: str) -> dict[str, Any]:
        code = packed({"index.py": RUNS.format(proof=str(self.proof))})
        role = "arn:aws:iam::000000000000:role/x"
        function = {"Runtime": "python3.11", "Handler": "index.handler", "Role": role}
        key = "000000000000useast1"  # what LocalStack would name the engine's database
        return {
            "mark": mark,
            "bases": bases,
            "report": report,
            "template": TEMPLATE,
            "bucket": self.bucket,
            "fn": self.function,
            "table": TABLE,
            "lambda": {**function, "Code": {"ZipFile": base64.b64encode(code).decode()}},
            "authorization": SIGNATURE.format(service="SERVICE").replace("000000000000", key),
            "signedQuery": "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=0"
            "&X-Amz-Credential=test/20260101/us-east-1/cloudformation/aws4_request",
        }

    def check(self, report: list[dict[str, Any]]) -> None:
        """Nothing was read, made, changed or run."""
        read = [text for each in report for text in each["read"]]
        told = (SECRET, '"services"', self.table, "answered by the model", "<StackId>")
        assert [text for text in read if any(part in text for part in told)] == []
        assert [each["base"] for each in report if each["socket"]] == []
        made = self.aws("cloudformation").describe_stacks()["Stacks"]
        assert made == []
        listed = self.aws("s3").list_objects_v2(Bucket=self.bucket)["Contents"]
        assert [item["Key"] for item in listed] == ["secret"]
        functions = self.aws("lambda").list_functions()["Functions"]
        assert [f["FunctionName"] for f in functions] == [self.function]
        assert self.aws("dynamodb").list_tables()["TableNames"] == [self.table]
        assert not self.proof.exists()


@pytest.fixture(scope="module")
def command() -> str:
    found = chromium.find()
    if found is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    return found


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory, command: str) -> Iterator[Target]:
    """An emulator of this module's own, so that everything in it is known."""
    del command
    folder = tmp_path_factory.mktemp("target")
    proof, bucket, function, table = folder / "ran", unique("b"), unique("f"), unique("t")
    with support.emulator() as running, model_server(folder, proof) as model:
        aws = support.clients(running.url)
        aws("s3").create_bucket(Bucket=bucket)
        aws("s3").put_object(Bucket=bucket, Key="secret", Body=SECRET.encode())
        create(aws, function, RUNS.format(proof=str(proof)))
        aws("dynamodb").create_table(**{**json.loads(TABLE), "TableName": table})
        engine = engine_port(running.pid)
        if engine is None:
            pytest.skip("no DynamoDB Local on this machine")
        yield Target(aws, running.port, engine, model, bucket, function, table, proof)


class model_server:  # noqa: N801 - used as a function
    """A model server as an endpoint starts it."""

    def __init__(self, folder: Path, proof: Path) -> None:
        self.folder = folder
        (folder / "inference.py").write_text(MODEL.format(proof=str(proof)))

    def __enter__(self) -> int:
        port_file = self.folder / "port"
        command = [sys.executable, "-P", serving.__file__, "--code", str(self.folder)]
        command += ["--model", str(self.folder), "--port-file", str(port_file)]
        environment = {**os.environ, serving.SECRET_VARIABLE: "a secret"}
        self.process = subprocess.Popen(command, env=environment)
        wait_until(port_file.exists, what="the model server")
        return int(port_file.read_text())

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1"])
def test_a_page_of_another_origin(target: Target, command: str, tmp_path: Path, name: str) -> None:
    with served() as page:
        report = f"http://{name}:{page.port}/__report"
        page.plan = target.plan(unique("page"), target.bases(), report)
        found = visit(
            command, f"http://{name}:{page.port}{PAGE}", page.reports, tmp_path, "MAP * 127.0.0.1"
        )
    assert len(found) == len(target.bases())
    target.check(found)


@pytest.mark.parametrize("program", ["port", "engine", "model"])
def test_a_page_whose_name_is_rebound(
    target: Target, command: str, tmp_path: Path, program: str
) -> None:
    """The page has the very origin that it asks, so that no rule of the browser's is in its way."""
    port: int = getattr(target, program)
    with served(forward=port) as page:
        own = f"http://rebound.example:{port}"
        page.plan = target.plan(unique("page"), [own], f"{own}/__report")
        rules = f"MAP rebound.example:{port} 127.0.0.1:{page.port}"
        found = visit(command, own + PAGE, page.reports, tmp_path, rules)
    assert [each["base"] for each in found] == [own]
    target.check(found)


def test_the_attacks_are_sent(target: Target, command: str, tmp_path: Path) -> None:
    """Against a server that only notes what comes: what the other tests rely on."""
    with served() as page, served() as victim:
        bases = [f"http://127.0.0.1:{victim.port}"]
        report = f"http://evil.example:{page.port}/__report"
        page.plan = target.plan("mark", bases, report)
        url = f"http://evil.example:{page.port}{PAGE}"
        visit(command, url, page.reports, tmp_path, "MAP * 127.0.0.1")
        wait_until(lambda: _kinds(victim) >= KINDS, what=f"{KINDS - _kinds(victim)}")


KINDS = {
    *("image", "form", "beacon", "upload", "no-cors POST", "preflight", "WebSocket", "read"),
}


def _kinds(victim: Server) -> set[str]:
    found = set()
    for method, path, headers in list(victim.seen):
        low = {name.lower(): value for name, value in headers.items()}
        kind, dest = low.get("content-type", ""), low.get("sec-fetch-dest", "")
        if low.get("upgrade") == "websocket":
            found.add("WebSocket")
        elif method == "OPTIONS":
            found.add("preflight")
        elif dest == "image" and "CreateStack" in path:
            found.add("image")
        elif method == "POST" and kind.startswith("multipart/"):
            found.add("upload")
        elif method == "POST" and kind.startswith("application/x-www-form"):
            found.add("form" if dest == "iframe" else "beacon")
        elif method == "POST" and kind == "text/plain":
            found.add("no-cors POST")
        elif method == "GET" and path.endswith("/secret"):
            found.add("read")
    return found
