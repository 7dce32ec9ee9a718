"""Runs a LocalStack that nobody of ours has started, uses it, and says what it is.

Usage: ``python plain_localstack.py PORT``, in an environment with LocalStack; prints one JSON
document as the last line of standard output.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import threading
import time
from typing import Any

SECONDS = 90


def ask(port: int, path: str) -> Any:
    """The JSON document of a route; None while nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    except OSError:
        return None
    finally:
        connection.close()


def answer(client: Any, operation: str, **arguments: Any) -> Any:
    """``200`` or the error's code and text."""
    from botocore.exceptions import ClientError

    try:
        return getattr(client, operation)(**arguments)["ResponseMetadata"]["HTTPStatusCode"]
    except ClientError as e:
        return [e.response["Error"]["Code"], e.response["Error"]["Message"]]


def report(port: int) -> dict[str, Any]:
    """What it has, and how it answers."""
    import boto3
    from botocore.config import Config
    from localstack.services.cloudformation.resource_provider import plugin_manager
    from localstack.services.lambda_.invocation.runtime_executor import EXECUTOR_PLUGIN_MANAGER
    from localstack.services.plugins import SERVICE_PLUGINS

    def client(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}, proxies={}),
        )

    s3, glue = client("s3"), client("glue")
    return {
        "answers": {
            "bucket": answer(s3, "create_bucket", Bucket="films"),
            "object": answer(s3, "put_object", Bucket="films", Key="a", Body=b"a"),
            "glue": answer(glue, "get_databases"),
            "dms": answer(client("dms"), "describe_replication_instances"),
            "sagemaker": answer(client("sagemaker"), "list_models"),
            "types": answer(client("cloudformation"), "list_types"),
        },
        "services": sorted(ask(port, "/_localstack/health")["services"]),
        "providers": {k: sorted(v) for k, v in SERVICE_PLUGINS.api_provider_specs.items()},
        "types": sorted(plugin_manager.list_names()),
        "executors": sorted(EXECUTOR_PLUGIN_MANAGER.list_names()),
        "lakestack": sorted(m for m in sys.modules if m.partition(".")[0] == "lakestack"),
    }


def use(port: int) -> None:
    """Wait until it is there, print the report, and end the process."""
    deadline = time.monotonic() + SECONDS
    try:
        while not ask(port, "/_localstack/health") and time.monotonic() < deadline:
            time.sleep(0.1)
        print(json.dumps(report(port)), flush=True)
    finally:
        os.kill(os.getpid(), signal.SIGKILL)  # its own end takes seconds, and tells nothing


def main() -> None:
    """Run it in this thread, where its signals are handled, and use it from another."""
    from localstack.runtime.main import main as run

    threading.Thread(target=use, args=(int(sys.argv[1]),), daemon=True).start()
    run()


if __name__ == "__main__":
    main()
