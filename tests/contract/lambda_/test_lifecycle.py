"""Functions over time: new code, versions, layers, asynchronous invocation, deletion."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import UNTIL_TOLD, Aws, create, invoke, log_of, packed
from tests.contract.refusals import refusal
from tests.support import wait_until


def test_new_code_and_new_settings_reach_the_next_invocation(aws: Aws, name: str) -> None:
    create(aws, name, "def handler(event, context): return 'one'")
    assert invoke(aws, name).payload == "one"
    code = packed(
        {"index.py": "import os\ndef handler(event, context): return os.environ.get('V', 'two')"}
    )
    aws("lambda").update_function_code(FunctionName=name, ZipFile=code)
    aws("lambda").get_waiter("function_updated_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 1}
    )
    assert invoke(aws, name).payload == "two"
    aws("lambda").update_function_configuration(
        FunctionName=name, Environment={"Variables": {"V": "three"}}
    )
    aws("lambda").get_waiter("function_updated_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 1}
    )
    assert invoke(aws, name).payload == "three"


def test_versions_and_aliases(aws: Aws, name: str) -> None:
    create(aws, name, "def handler(event, context): return 'one', context.function_version")
    version = aws("lambda").publish_version(FunctionName=name)["Version"]
    aws("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    code = packed({"index.py": "def handler(event, context): return 'two'"})
    aws("lambda").update_function_code(FunctionName=name, ZipFile=code)
    aws("lambda").get_waiter("function_updated_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 1}
    )
    answer = invoke(aws, name, Qualifier="live")
    assert (answer.payload, answer.version) == (["one", "1"], "1")
    assert invoke(aws, name).payload == "two"

    def delete() -> None:
        aws("lambda").delete_function(FunctionName=name, Qualifier=version)

    assert refusal(delete) == (
        "ResourceConflictException",
        "Unable to delete version because the following aliases reference it: [live]",
    )
    aws("lambda").delete_alias(FunctionName=name, Name="live")
    delete()


def test_a_layer_of_pure_python_is_on_the_path(aws: Aws, name: str) -> None:
    layers = []
    for order, (path, text) in enumerate(
        [("python/shelf.py", "ORDER = 0"), ("python/shelf.py", "ORDER = 1")]
    ):
        content = {path: text, "python/lib/python3.11/site-packages/deep.py": f"DEEP = {order}"}
        published = aws("lambda").publish_layer_version(
            LayerName=f"{name}-{order}", Content={"ZipFile": packed(content)}
        )
        layers.append(published["LayerVersionArn"])
    source = "import shelf, deep\ndef handler(event, context): return shelf.ORDER, deep.DEEP"
    create(aws, name, source, Layers=layers)
    assert invoke(aws, name).payload == [1, 1]  # the later layer lies over the earlier one


def test_an_asynchronous_failure_is_tried_three_times_then_sent_on(aws: Aws, name: str) -> None:
    queues = {}
    for kind in ("dead", "failed"):
        url = aws("sqs").create_queue(QueueName=f"{name}-{kind}")["QueueUrl"]
        attributes = aws("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        queues[kind] = (url, attributes["Attributes"]["QueueArn"])
    create(
        aws,
        name,
        "def handler(event, context): print('attempt'); raise ValueError('always')",
        DeadLetterConfig={"TargetArn": queues["dead"][1]},
    )
    aws("lambda").put_function_event_invoke_config(
        FunctionName=name,
        DestinationConfig={"OnFailure": {"Destination": queues["failed"][1]}},
    )
    sent = aws("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b'{"n": 1}')
    assert sent["StatusCode"] == 202
    for url, _ in queues.values():
        assert wait_until(
            lambda url=url: aws("sqs")  # type: ignore[misc]
            .receive_message(QueueUrl=url, WaitTimeSeconds=1)
            .get("Messages")
        )
    wait_until(lambda: log_of(aws, name).count("attempt") == 3)


def test_no_handler_module_in_the_archive(aws: Aws, name: str) -> None:
    create(aws, name, packed({"readme.txt": "nothing here"}))
    assert invoke(aws, name).payload["errorType"] == "Runtime.ImportModuleError"
    with pytest.raises(ClientError, match="Could not unzip uploaded file"):
        create(aws, f"{name}-b", b"this is no archive")


def test_a_running_invocation_survives_the_deletion_of_its_function(
    aws: Aws, name: str, bucket: str
) -> None:
    create(aws, name, UNTIL_TOLD, Timeout=60)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoke, aws, name, bucket)
        wait_until(lambda: "begun" in log_of(aws, name))
        aws("lambda").delete_function(FunctionName=name)
        aws("s3").put_object(Bucket=bucket, Key="go on")
        assert running.result().payload == "done"
    with pytest.raises(ClientError, match="Function not found"):
        invoke(aws, name)


def test_last_lines_do_not_bring_a_deleted_log_group_back(
    aws: Aws, name: str, tmp_path: Path
) -> None:
    """A stack deletes function and group while the function still ends, as custom resources do."""
    gate = tmp_path / "gate"
    create(
        aws,
        name,
        f"""
        import os, time
        def handler(event, context):
            print("begun")
            while not os.path.exists({str(gate)!r}):
                time.sleep(0.05)
            print("last")
        """,
    )
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoke, aws, name)
        wait_until(lambda: "begun" in log_of(aws, name))
        aws("lambda").delete_function(FunctionName=name)
        aws("logs").delete_log_group(logGroupName=f"/aws/lambda/{name}")
        gate.touch()
        assert "last" in running.result().tail
    # Lines are written in their order, so those of another function come after the last ones.
    create(aws, f"{name}-b", "def handler(event, context): print('after')")
    invoke(aws, f"{name}-b")
    wait_until(lambda: "after" in log_of(aws, f"{name}-b"))
    found = aws("logs").describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{name}")["logGroups"]
    assert [group["logGroupName"] for group in found] == [f"/aws/lambda/{name}-b"]
