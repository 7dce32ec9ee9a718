"""What a Lambda function's log holds, and when."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

from tests.contract.lambda_.helpers import UNTIL_TOLD, Aws, create, invoke, log_of
from tests.support import wait_until


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


def test_the_log_grows_while_the_function_runs(aws: Aws, name: str, bucket: str) -> None:
    create(aws, name, UNTIL_TOLD, Timeout=60)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(invoke, aws, name, bucket)
        wait_until(lambda: "begun" in log_of(aws, name))
        assert not running.done()
        aws("s3").put_object(Bucket=bucket, Key="go on")
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
