"""The installed emulator starts, answers and stops, and names what is not installed."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from tests import support
from tests.integration.distribution.environments import Environment

pytestmark = pytest.mark.large

ROLE = "arn:aws:iam::000000000000:role/any"


def started(environment: Environment) -> tuple[int, dict[str, Any]]:
    port = support.free_port()
    done = environment.lakestack("start", "--port", str(port), "--json")
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return port, document


@pytest.fixture(scope="module")
def emulator_with_glue(whole: Environment) -> Iterator[tuple[int, dict[str, Any]]]:
    port, document = started(whole)
    yield port, document
    whole.lakestack("stop", "--port", str(port))


def test_it_starts_answers_and_stops(base: Environment) -> None:
    port, document = started(base)
    aws = support.clients(document["url"])
    try:
        assert (base.state / f"emulator-{port}" / "process.json").is_file()
        instance = aws("dms").create_replication_instance(
            ReplicationInstanceIdentifier="one", ReplicationInstanceClass="dms.t3.micro"
        )["ReplicationInstance"]
        assert instance["ReplicationInstanceArn"].startswith("arn:aws:dms:us-east-1:")
        aws("kinesis").create_stream(StreamName="one", ShardCount=1)
        aws("kinesis").get_waiter("stream_exists").wait(StreamName="one", WaiterConfig={"Delay": 1})
        put = aws("kinesis").put_record(StreamName="one", Data=b"x", PartitionKey="k")
        assert put["ShardId"] == "shardId-000000000000"
        assert invoked(aws("lambda"), {"n": 41}) == {"n": 42}
        assert table_item(aws("dynamodb")) == {"id": {"S": "a"}}
        with pytest.raises(ClientError) as refused:
            aws("glue").create_database(DatabaseInput={"Name": "one"})
        assert "pip install 'lakestack[glue]'" in str(refused.value)

        status = base.lakestack("status", "--port", str(port), "--json")
        assert (status.returncode, json.loads(status.stdout)["answers"]) == (0, True)
    finally:
        stopped = base.lakestack("stop", "--port", str(port), "--json")

    assert json.loads(stopped.stdout)["stopped"] is True
    support.wait_until(lambda: not psutil.pid_exists(document["pid"]), what="its process to end")
    after = base.lakestack("status", "--port", str(port))
    assert after.returncode == 1
    assert after.stderr == (
        f"lakestack: no emulator runs on port {port}\n  → lakestack start --port {port}\n"
    )


def test_with_its_extra_glue_has_a_catalog(emulator_with_glue: tuple[int, dict[str, Any]]) -> None:
    glue = support.clients(emulator_with_glue[1]["url"])("glue")
    glue.create_database(DatabaseInput={"Name": "films"})
    glue.create_table(DatabaseName="films", TableInput={"Name": "ratings"})
    assert [t["Name"] for t in glue.get_tables(DatabaseName="films")["TableList"]] == ["ratings"]


def test_with_its_extra_a_glue_job_runs(emulator_with_glue: tuple[int, dict[str, Any]]) -> None:
    aws = support.clients(emulator_with_glue[1]["url"])
    aws("s3").create_bucket(Bucket="scripts")
    script = b"from awsglue.context import GlueContext\nprint('ran')\n"
    aws("s3").put_object(Bucket="scripts", Key="job.py", Body=script)
    glue = aws("glue")
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/job.py", "PythonVersion": "3"}
    glue.create_job(Name="one", Role=ROLE, Command=command, GlueVersion="5.0")
    run = glue.start_job_run(JobName="one")["JobRunId"]

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = glue.get_job_run(JobName="one", RunId=run)["JobRun"]
        return found if found["JobRunState"] not in ("STARTING", "RUNNING", "WAITING") else None

    state = support.wait_until(ended, timeout=120, what="the job run to end")
    assert state["JobRunState"] == "SUCCEEDED", state


def test_its_messages_name_commands_that_are_there(base: Environment) -> None:
    code = (
        "from lakestack import commands as c\n"
        "print(c.setup(), c.end(1), c.again(1), c.restart(), c.at_port(1), c.status(), sep='; ')"
    )
    assert base.python("-c", code) == (
        "lakestack install; lakestack stop --port 1; lakestack start --port 1; "
        "lakestack stop, then lakestack start; lakestack start --port 1; lakestack status\n"
    )
    wrong = base.lakestack("start", "--port", "0")
    assert (wrong.returncode, wrong.stderr.splitlines()[0]) == (
        1,
        "lakestack: the port (--port or LAKE_PORT) is '0'; valid are 1 to 65535",
    )
    unknown = base.lakestack("begin", "--json")
    assert unknown.returncode == 2
    assert json.loads(unknown.stdout)["error"]["hint"] == "See: lakestack --help"


def test_the_application_is_not_in_the_environment(base: Environment) -> None:
    names = ["lakestack", "pipeline", "models", "spark_jobs", "tests", "emulation"]
    code = f"from importlib.util import find_spec\nprint([n for n in {names} if find_spec(n)])"
    assert base.python("-P", "-c", code) == "['lakestack']\n"


def test_a_test_suite_starts_one_of_its_own(base: Environment, tmp_path: Path) -> None:
    program = tmp_path / "suite.py"
    program.write_text(
        "import boto3, lakestack\n"
        "with lakestack.running() as emulator:\n"
        "    s3 = boto3.client('s3', **emulator.client_options())\n"
        "    s3.create_bucket(Bucket='films')\n"
        "    print([b['Name'] for b in s3.list_buckets()['Buckets']], lakestack.__version__)\n"
        "print(lakestack.find(emulator.port))\n"
    )
    assert base.python(program) == "['films'] 0.1.0\nNone\n"


def invoked(client: Any, event: dict[str, int]) -> Any:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("add.py", "def one(event, context):\n    return {'n': event['n'] + 1}\n")
    client.create_function(
        FunctionName="one",
        Runtime="python3.12",
        Handler="add.one",
        Role=ROLE,
        Code={"ZipFile": code.getvalue()},
    )
    client.get_waiter("function_active_v2").wait(FunctionName="one", WaiterConfig={"Delay": 1})
    answer = client.invoke(FunctionName="one", Payload=json.dumps(event))
    return json.loads(answer["Payload"].read())


def table_item(client: Any) -> Any:
    client.create_table(
        TableName="films",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    client.get_waiter("table_exists").wait(TableName="films", WaiterConfig={"Delay": 1})
    client.put_item(TableName="films", Item={"id": {"S": "a"}})
    return client.get_item(TableName="films", Key={"id": {"S": "a"}})["Item"]
