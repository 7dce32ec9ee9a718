"""Lambda functions through boto3: what they are given, and what they answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.contract.lambda_.helpers import Aws, create, invoke, runs
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
    assert 3000 < found[7] <= 7000  # more than the default of 3 s leaves
    assert found[9] == {"k": "v"}


def test_a_fork_that_returns_from_the_handler_answers_nothing(aws: Aws, name: str) -> None:
    create(aws, name, "import os\ndef handler(event, context): return os.fork() and event")
    assert [invoke(aws, name, n).payload for n in (1, 2, 3)] == [1, 2, 3]


def test_decimals_and_bytes_are_returned_as_numbers_and_text(aws: Aws, name: str) -> None:
    create(
        aws,
        name,
        """
        from decimal import Decimal
        def handler(event, context):
            return {"item": [Decimal("3"), Decimal("2.50"), Decimal("1E+3")], "text": "é".encode()}
        """,
    )
    assert invoke(aws, name).payload == {"item": [3, 2.5, 1000], "text": "é"}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("b'\\xff'", "Runtime.MarshalError"),
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
    wait_until(lambda: not [a for a in answers if runs(a[1])], what="environments ended")
