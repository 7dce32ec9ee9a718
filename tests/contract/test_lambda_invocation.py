"""Lambda functions through boto3: results, errors, limits, logs."""

from __future__ import annotations

import re
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_helpers import Aws, create, invoke, log_of
from tests.support import wait_until


def test_the_result_is_the_handlers_answer_as_json(aws: Aws, name: str) -> None:
    create(aws, name, "def handler(event, context): return {'got': event, 'é': None}")
    answer = invoke(aws, name, {"a": [1, 2.5, "ü"]})
    assert answer.error is None
    assert answer.payload == {"got": {"a": [1, 2.5, "ü"]}, "é": None}
    assert answer.version == "$LATEST"


def test_old_python_runtimes_run_on_the_interpreter_at_hand(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import os, sys
        def handler(event, context): return [os.environ["AWS_EXECUTION_ENV"], sys.version_info[0]]
        """,
        Runtime="python3.6",
    )
    assert invoke(aws, name).payload == ["AWS_Lambda_python3.6", 3]


def test_what_cannot_run_here_is_refused_by_name(aws: Aws, name: str) -> None:
    with pytest.raises(ClientError, match=r"nodejs20\.x is not part") as e:
        create(aws, name, "exports.handler = 1", Runtime="nodejs20.x")
    assert e.value.response["Error"]["Code"] == "InvalidParameterValueException"
    with pytest.raises(ClientError, match="PackageType Image"):
        aws("lambda").create_function(
            FunctionName=name,
            Role="arn:aws:iam::000000000000:role/r",
            PackageType="Image",
            Code={"ImageUri": "000000000000.dkr.ecr.us-east-1.amazonaws.com/x:1"},
        )


def test_a_warm_environment_keeps_its_globals(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import os
        calls = 0
        def handler(event, context):
            global calls
            calls += 1
            return [os.getpid(), calls]
        """,
    )
    first, second = invoke(aws, name).payload, invoke(aws, name).payload
    assert first[0] == second[0]
    assert [first[1], second[1]] == [1, 2]


def test_the_environment_is_what_aws_sets(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import os, time
        def handler(event, context): return [dict(os.environ), time.tzname[0], os.getcwd()]
        """,
        Environment={"Variables": {"TABLE": "ratings_t"}},
        MemorySize=256,
    )
    found, zone, folder = invoke(aws, name).payload
    assert found["TABLE"] == "ratings_t"
    assert found["AWS_LAMBDA_FUNCTION_NAME"] == name
    assert found["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert found["AWS_LAMBDA_FUNCTION_VERSION"] == "$LATEST"
    assert found["AWS_LAMBDA_LOG_GROUP_NAME"] == f"/aws/lambda/{name}"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == "us-east-1"
    assert found["_HANDLER"] == "index.handler"
    assert found["LAMBDA_TASK_ROOT"] == folder
    assert found["TZ"] == ":UTC"
    assert zone == "UTC"
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} <= set(found)
    assert not [n for n in found if n.startswith(("LOCALSTACK_", "LAKE_", "VIRTUAL_ENV"))]


def test_the_context_object(aws: Aws, name: str) -> None:
    arn = create(
        aws,
        name,
        """
        def handler(event, c):
            return [c.function_name, c.function_version, c.invoked_function_arn,
                    c.memory_limit_in_mb, c.log_group_name, c.log_stream_name,
                    c.aws_request_id, c.get_remaining_time_in_millis(), str(c.identity is None),
                    c.client_context and c.client_context.custom]
        """,
        Timeout=7,
    )
    context = "eyJjdXN0b20iOiB7ImsiOiAidiJ9fQ=="  # {"custom": {"k": "v"}}
    answer = invoke(aws, name, ClientContext=context)
    found = answer.payload
    assert found[:5] == [name, "$LATEST", arn, "128", f"/aws/lambda/{name}"]
    assert "[$LATEST]" in found[5]
    assert f"RequestId: {found[6]}" in answer.tail
    assert 6000 < found[7] <= 7000
    assert found[9] == {"k": "v"}


def test_an_exception_has_type_message_and_trace(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        class OwnError(Exception): pass
        def deeper(): raise OwnError("no such rating")
        def handler(event, context): deeper()
        """,
    )
    answer = invoke(aws, name)
    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == "OwnError"
    assert answer.payload["errorMessage"] == "no such rating"
    assert re.fullmatch(r"[0-9a-f-]{36}", answer.payload["requestId"])
    trace = answer.payload["stackTrace"]
    assert len(trace) == 2
    assert trace[0].startswith('  File "/var/task/index.py", line 4, in handler')
    assert "[ERROR] OwnError: no such rating" in answer.tail
    assert invoke(aws, name).error == "Unhandled"  # the environment goes on


@pytest.mark.parametrize(
    ("source", "handler", "kind", "message"),
    [
        (
            "import nope_nope",
            "index.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'index': No module named 'nope_nope'",
        ),
        (
            "x = 1",
            "index.handler",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'index'",
        ),
        (
            "x = 1",
            "other.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'other': No module named 'other'",
        ),
        ("x = 1", "index", "Runtime.MalformedHandlerName", "Bad handler 'index'"),
        (
            "def handler(:",
            "index.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'index'",
        ),
        ("raise KeyError('at import')", "index.handler", "KeyError", "'at import'"),
        (
            "import os; os._exit(4)",
            "index.handler",
            "Runtime.ExitError",
            "Runtime exited with error: exit status 4",
        ),
    ],
)
def test_a_function_that_cannot_start(
    aws: Aws, name: str, source: str, handler: str, kind: str, message: str
) -> None:
    create(aws, name, source, Handler=handler)
    for _ in range(2):  # the second one starts it anew
        answer = invoke(aws, name)
        assert answer.error == "Unhandled"
        assert answer.payload["errorType"] == kind
        assert message in answer.payload["errorMessage"]
    if "exit" not in source:
        wait_until(lambda: any(kind in line for line in log_of(aws, name)))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("os._exit(3)", "exit status 3"),
        ("sys.exit(2)", "exit status 2"),
        ("os.kill(os.getpid(), 9)", "signal: killed"),
        ("os.kill(os.getpid(), 11)", "signal: segmentation fault"),
        ("os._exit(0)", "without providing a reason"),
    ],
)
def test_a_runtime_that_exits(aws: Aws, name: str, body: str, message: str) -> None:
    create(
        aws,
        name,
        f"""
        import os, sys
        def handler(event, context):
            if event == "die": {body}
            return "alive"
        """,
    )
    answer = invoke(aws, name, "die")
    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert message in answer.payload["errorMessage"]
    assert invoke(aws, name, "live").payload == "alive"


def test_a_timeout_ends_the_process_and_what_it_started(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import json, os, subprocess, time
        def handler(event, context):
            if event == "quick": return "alive"
            children = [subprocess.Popen(["sleep", "300"]),
                        subprocess.Popen(["sleep", "300"], start_new_session=True)]
            fork = os.fork()
            if not fork: time.sleep(300)
            print("pids", json.dumps([os.getpid(), fork, *[c.pid for c in children]]))
            time.sleep(300)
        """,
        Timeout=1,
    )
    began = time.monotonic()
    answer = invoke(aws, name, "slow")
    assert time.monotonic() - began < 8
    assert answer.error == "Unhandled"
    text = answer.payload["errorMessage"]
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [0-9a-f-]{36} Task timed out after 1.00 seconds",
        text,
    )
    assert text in answer.tail
    assert "Status: timeout" in answer.tail
    found = re.search(r"pids \[(.*)\]", answer.tail)
    assert found
    pids = [int(pid) for pid in found[1].split(",")]
    assert len(pids) == 4
    wait_until(lambda: not [p for p in pids if _runs(p)], what=f"{pids} ended")
    assert invoke(aws, name, "quick").payload == "alive"


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_the_log_has_aws_lines(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import logging
        logging.getLogger().setLevel("INFO")
        block = "x" * 60_000_000
        def handler(event, context):
            print("from print")
            logging.info("from logging")
            return len(block)
        """,
    )
    tail = invoke(aws, name).tail
    request_id = re.search(r"START RequestId: (\S+) Version: \$LATEST\n", tail)
    assert request_id
    assert f"END RequestId: {request_id[1]}\n" in tail
    assert re.search(rf"\[INFO\]\t\S+Z\t{request_id[1]}\tfrom logging\n", tail)
    report = re.search(
        rf"REPORT RequestId: {request_id[1]}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: (\d+) MB\tInit Duration: [\d.]+ ms\n",
        tail,
    )
    assert report
    assert 60 < int(report[1]) < 128  # the block and the interpreter
    assert "Init Duration" not in invoke(aws, name).tail
    wait_until(lambda: len(log_of(aws, name)) >= 11)
    lines = log_of(aws, name)
    assert lines[0].startswith("INIT_START Runtime Version: python:3.11")
    assert "from print" in lines
    streams = aws("logs").describe_log_streams(logGroupName=f"/aws/lambda/{name}")["logStreams"]
    assert len(streams) == 1


def test_the_log_grows_while_the_function_runs(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import time
        def handler(event, context):
            print("begun")
            time.sleep(6)
            return "done"
        """,
    )
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoke, aws, name)
        wait_until(lambda: "begun" in log_of(aws, name))
        assert not running.done()
        assert running.result().payload == "done"


def test_fifty_megabytes_of_output_are_cut_and_said_so(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        def handler(event, context):
            for n in range(500_000): print("x" * 100)
            return "done"
        """,
        Timeout=60,
    )
    answer = invoke(aws, name)
    assert answer.payload == "done"
    assert "[LOG TRUNCATED]" in answer.tail
    wait_until(lambda: any("[LOG TRUNCATED]" in line for line in log_of(aws, name)))


def test_a_fork_that_returns_from_the_handler_answers_nothing(aws: Aws, name: str) -> None:
    create(aws, name, "import os\ndef handler(event, context): return os.fork() and event")
    assert [invoke(aws, name, n).payload for n in (1, 2, 3)] == [1, 2, 3]


def test_output_that_is_not_text_and_no_newline(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        r"""
        import os, sys
        def handler(event, context):
            os.write(1, b"\xff\xfe raw")
            print("\udcff")
            sys.stdout.close()
            return "done"
        """,
    )
    assert invoke(aws, name).payload == "done"


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("{1, 2}", "Runtime.MarshalError"),
        ("object()", "Runtime.MarshalError"),
        ("'x' * 6_300_000", "Function.ResponseSizeTooLarge"),
    ],
)
def test_a_result_that_cannot_be_returned(aws: Aws, name: str, value: str, kind: str) -> None:
    create(aws, name, f"def handler(event, context): return {value}")
    answer = invoke(aws, name)
    assert answer.error == "Unhandled"
    assert answer.payload["errorType"] == kind


def test_a_result_of_almost_six_megabytes_is_returned(aws: Aws, name: str) -> None:
    create(aws, name, "def handler(event, context): return 'x' * 6_000_000")
    assert len(invoke(aws, name).payload) == 6_000_000


def test_memory_far_beyond_the_size_ends_the_function(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import time
        def handler(event, context):
            block = b"x" * 600_000_000
            time.sleep(10)
        """,
    )
    answer = invoke(aws, name)
    assert answer.payload["errorType"] == "Runtime.ExitError"
    assert "signal: killed" in answer.payload["errorMessage"]


def test_twenty_invocations_at_once_have_an_environment_each(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        import os, time
        def handler(event, context):
            time.sleep(2)
            return [event, os.getpid()]
        """,
        Timeout=60,
    )
    with ThreadPoolExecutor(20) as pool:
        answers = [a.payload for a in pool.map(lambda n: invoke(aws, name, n), range(20))]
    assert [a[0] for a in answers] == list(range(20))
    assert len({a[1] for a in answers}) > 10
    aws("lambda").delete_function(FunctionName=name)
    wait_until(lambda: not [a for a in answers if _runs(a[1])], what="environments ended")
