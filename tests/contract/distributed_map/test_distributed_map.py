"""Distributed Map: batches, tolerated failures, results in S3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import Aws
from tests.contract.refusals import refusal
from tests.support import wait_until

ROLE = "arn:aws:iam::000000000000:role/any"
CHOICE = {
    "StartAt": "Look",
    "States": {
        "Look": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericEquals": 3, "Next": "Bad"}],
            "Default": "Good",
        },
        "Bad": {"Type": "Fail", "Error": "Three", "Cause": "no"},
        "Good": {"Type": "Pass", "End": True},
    },
}
PASS = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}


class Machines:
    """Makes state machines of one Map state, and runs them."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._states, self._name = aws("stepfunctions"), name
        self.arns: list[str] = []

    def make(self, processor: dict[str, Any], kind: str = "STANDARD", **fields: Any) -> str:
        config = {"Mode": "DISTRIBUTED", "ExecutionType": kind}
        state = {
            "Type": "Map",
            "ItemProcessor": {"ProcessorConfig": config, **processor},
            "End": True,
            **fields,
        }
        definition = json.dumps({"StartAt": "M", "States": {"M": state}})
        arn = self._states.create_state_machine(
            name=f"{self._name}-{len(self.arns)}", definition=definition, roleArn=ROLE
        )["stateMachineArn"]
        self.arns.append(arn)
        return str(arn)

    def run(self, arn: str, given: Any) -> dict[str, Any]:
        execution = self._states.start_execution(stateMachineArn=arn, input=json.dumps(given))

        def ended() -> Any:
            found = self._states.describe_execution(executionArn=execution["executionArn"])
            return found if found["status"] != "RUNNING" else None

        found: dict[str, Any] = wait_until(ended, what="the execution's end")
        return found


@pytest.fixture
def machines(aws: Aws, name: str) -> Iterator[Machines]:
    made = Machines(aws, name)
    yield made
    for arn in made.arns:
        aws("stepfunctions").delete_state_machine(stateMachineArn=arn)


def test_children_get_batches_of_selected_items(machines: Machines) -> None:
    arn = machines.make(
        PASS,
        ItemsPath="$.rows",
        ItemSelector={"row.$": "$$.Map.Item.Value", "day.$": "$.day"},
        ItemBatcher={"MaxItemsPerBatch": 2, "BatchInput": {"all.$": "$.day"}},
    )

    found = machines.run(arn, {"rows": [1, 2, 3], "day": "mon"})

    assert found["status"] == "SUCCEEDED", found
    assert json.loads(found["output"]) == [
        {"BatchInput": {"all": "mon"}, "Items": [{"row": n, "day": "mon"} for n in (1, 2)]},
        {"BatchInput": {"all": "mon"}, "Items": [{"row": 3, "day": "mon"}]},
    ]


def test_an_item_batcher_that_is_not_valid_is_refused(machines: Machines) -> None:
    with pytest.raises(ClientError, match="MaxItemsPerBatch must be a positive integer"):
        machines.make(PASS, ItemBatcher={"MaxItemsPerBatch": 0})


def test_one_failure_fails_the_map_unless_it_is_tolerated(machines: Machines) -> None:
    items = [{"n": n} for n in (1, 3, 5)]

    failed = machines.run(machines.make(CHOICE), items)
    tolerated = machines.run(machines.make(CHOICE, ToleratedFailurePercentage=40), items)

    assert failed["status"] == "FAILED"
    assert failed["error"] == "States.ExceedToleratedFailureThreshold"
    assert tolerated["status"] == "SUCCEEDED", tolerated


def test_results_are_written_with_a_manifest_that_names_them(
    aws: Aws, machines: Machines, bucket: str
) -> None:
    arn = machines.make(
        CHOICE,
        Label="Rows",
        ToleratedFailureCount=1,
        ResultWriter={
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": bucket, "Prefix": "results"},
        },
    )

    found = machines.run(arn, [{"n": n} for n in (1, 3, 5)])

    assert found["status"] == "SUCCEEDED", found
    output = json.loads(found["output"])
    details = output["ResultWriterDetails"]
    assert details["Bucket"] == bucket
    assert details["Key"].startswith("results/")

    def read(key: str) -> Any:
        return json.loads(aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read())

    manifest = read(details["Key"])
    assert manifest["DestinationBucket"] == bucket
    assert manifest["MapRunArn"] == output["MapRunArn"]
    files = manifest["ResultFiles"]
    assert files["PENDING"] == []
    good, bad = read(files["SUCCEEDED"][0]["Key"]), read(files["FAILED"][0]["Key"])
    assert [json.loads(child["Output"]) for child in good] == [{"n": 1}, {"n": 5}]
    assert [child["Status"] for child in good] == ["SUCCEEDED"] * 2
    assert good[0]["StateMachineArn"] == f"{arn}/Rows"
    assert (json.loads(bad[0]["Input"]), bad[0]["Error"], bad[0]["Cause"]) == (
        {"n": 3},
        "Three",
        "no",
    )
    size = aws("s3").head_object(Bucket=bucket, Key=files["FAILED"][0]["Key"])["ContentLength"]
    assert files["FAILED"][0]["Size"] == size
    run = aws("stepfunctions").describe_map_run(mapRunArn=output["MapRunArn"])
    assert (run["itemCounts"]["succeeded"], run["itemCounts"]["failed"]) == (2, 1)
    assert run["itemCounts"]["running"] == 0


def test_child_executions_of_a_map_run_are_listed(aws: Aws, machines: Machines) -> None:
    states = aws("stepfunctions")
    arn = machines.make(CHOICE, Label="Rows", ToleratedFailureCount=1)
    ended = machines.run(arn, [{"n": n} for n in (1, 3, 5)])
    runs = states.list_map_runs(executionArn=ended["executionArn"])["mapRuns"]
    run = runs[0]["mapRunArn"]

    found = states.list_executions(mapRunArn=run)["executions"]

    assert sorted(each["status"] for each in found) == ["FAILED", "SUCCEEDED", "SUCCEEDED"]
    for each in found:
        assert each["executionArn"].endswith(f"/Rows:{each['name']}")
        assert each["stateMachineArn"] == f"{arn}/Rows"
        assert (each["mapRunArn"], each["itemCount"]) == (run, 1)
        assert each["startDate"] <= each["stopDate"]
    failed = states.list_executions(mapRunArn=run, statusFilter="FAILED")["executions"]
    assert [each["status"] for each in failed] == ["FAILED"]
    pages = states.get_paginator("list_executions").paginate(
        mapRunArn=run, PaginationConfig={"PageSize": 2}
    )
    assert [each for page in pages for each in page["executions"]] == found


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_child_executions_are_described(aws: Aws, machines: Machines, kind: str) -> None:
    states = aws("stepfunctions")
    arn = machines.make(CHOICE, kind=kind, Label="Rows", ToleratedFailureCount=1)
    ended = machines.run(arn, [{"n": n} for n in (1, 3)])
    run = states.list_map_runs(executionArn=ended["executionArn"])["mapRuns"][0]["mapRunArn"]
    for listed in states.list_executions(mapRunArn=run)["executions"]:
        found = states.describe_execution(executionArn=listed["executionArn"])
        shared = found.keys() & listed.keys()
        assert {key: found[key] for key in shared} == {key: listed[key] for key in shared}
        assert (found["mapRunArn"], found["inputDetails"]["included"]) == (run, True)
        assert json.loads(found["input"])["n"] in (1, 3)
        succeeded = listed["status"] == "SUCCEEDED"
        assert ("output" in found, "error" in found) == (succeeded, not succeeded)
        bare = states.describe_execution(
            executionArn=listed["executionArn"], includedData="METADATA_ONLY"
        )
        assert (bare["status"], "input" in bare) == (listed["status"], False)
    missing = f"{arn.replace(':stateMachine:', ':execution:')}/Rows:none"
    refused = refusal(lambda: states.describe_execution(executionArn=missing))
    assert refused == ("ExecutionDoesNotExist", f"Execution Does Not Exist: '{missing}'")


def test_executions_are_listed_of_one_machine_or_one_map_run(aws: Aws, machines: Machines) -> None:
    states = aws("stepfunctions")
    arn = machines.make(PASS)
    run = f"{arn.replace(':stateMachine:', ':mapRun:')}/M:none"

    both = refusal(lambda: states.list_executions(stateMachineArn=arn, mapRunArn=run))
    assert both[0] == "ValidationException"
    assert refusal(states.list_executions)[0] == "ValidationException"
    unknown = refusal(lambda: states.list_executions(mapRunArn=run))
    assert unknown == ("ResourceNotFound", f"Resource not found: '{run}'")
    assert refusal(lambda: states.list_executions(mapRunArn=arn))[0] == "InvalidArn"


def test_children_of_type_express_run(machines: Machines) -> None:
    found = machines.run(machines.make(PASS, kind="EXPRESS"), [1, 2])

    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", [1, 2])


def test_results_flattened_as_the_output(machines: Machines) -> None:
    config = {"WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}}

    found = machines.run(machines.make(PASS, ResultWriter=config), [[1, 2], [3], 4])

    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", [1, 2, 3, 4])


def test_results_written_as_lines(aws: Aws, machines: Machines, bucket: str) -> None:
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": bucket, "Prefix": "results"},
        "WriterConfig": {"Transformation": "COMPACT", "OutputType": "JSONL"},
    }

    found = machines.run(machines.make(PASS, ResultWriter=writer), [[1, 2], {"n": 3}])

    s3, details = aws("s3"), json.loads(found["output"])["ResultWriterDetails"]
    manifest = json.load(s3.get_object(Bucket=bucket, Key=details["Key"])["Body"])
    (file,) = manifest["ResultFiles"]["SUCCEEDED"]
    assert file["Key"].endswith("/SUCCEEDED_0.jsonl")
    body = s3.get_object(Bucket=bucket, Key=file["Key"])["Body"].read()
    assert body == b'[1,2]\n{"n":3}\n'


@pytest.mark.parametrize(
    ("writer", "message"),
    [
        ({}, "needs WriterConfig, or Resource and Parameters"),
        ({"WriterConfig": {"Transformation": "SHORT"}}, "must be one of NONE, COMPACT, FLATTEN"),
        ({"WriterConfig": {"OutputType": "JSONL"}}, "is emulated with Resource only"),
    ],
)
def test_result_writers_that_are_refused(
    machines: Machines, writer: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        machines.make(PASS, ResultWriter=writer)


def test_a_failed_run_writes_its_results_too(aws: Aws, machines: Machines, bucket: str) -> None:
    writer = {
        "Resource": "arn:aws:states:::s3:putObject",
        "Parameters": {"Bucket": bucket, "Prefix": "results"},
    }
    arn = machines.make(CHOICE, ResultWriter=writer, MaxConcurrency=1)

    found = machines.run(arn, [{"n": n} for n in (1, 3, 3, 5)])

    assert found["error"] == "States.ExceedToleratedFailureThreshold", found
    states, s3 = aws("stepfunctions"), aws("s3")
    run = states.list_map_runs(executionArn=found["executionArn"])["mapRuns"][0]["mapRunArn"]
    prefix = f"results/{run.rpartition(':')[2]}"
    manifest = json.load(s3.get_object(Bucket=bucket, Key=f"{prefix}/manifest.json")["Body"])
    files = manifest["ResultFiles"]
    keys = [each["Key"] for status in ("SUCCEEDED", "FAILED") for each in files[status]]
    written = [len(json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])) for key in keys]
    described = states.describe_map_run(mapRunArn=run)
    assert described["status"] == "FAILED"
    assert described["executionCounts"]["resultsWritten"] == sum(written) > 0
    assert described["itemCounts"]["resultsWritten"] == sum(written)
    assert files["FAILED"]


def test_a_thousand_items_one_after_another(machines: Machines) -> None:
    arn = machines.make(PASS, MaxConcurrency=1, ItemBatcher={"MaxItemsPerBatch": 2})

    found = machines.run(arn, list(range(1000)))

    assert found["status"] == "SUCCEEDED", found
    batches = json.loads(found["output"])
    assert [item for batch in batches for item in batch["Items"]] == list(range(1000))
