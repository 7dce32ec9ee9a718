"""Doubles of Lambda's execution and of what reads a Kinesis stream: a mapping and Firehose.

The code that runs is the code that was uploaded: moto's copy of each function's package.
"""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import io
import json
import os
import sys
import threading
import time
import uuid
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
from moto.awslambda.models import lambda_backends

from tests.integration.aws_target.errors import AwsError
from tests.integration.aws_target.resources import Made


class Context:
    """What a handler may ask of its surroundings."""

    log_stream_name = "2026/01/01/[$LATEST]0"

    def __init__(self, arn: str, seconds: float) -> None:
        self.invoked_function_arn = arn
        self.end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int(1000 * (self.end - time.monotonic()))


class Functions:
    """Runs functions in this process, one at a time."""

    def __init__(self, account: str, region: str, folder: Path) -> None:
        self.account, self.region, self.folder = account, region, folder
        self.read: dict[str, str] = {}
        """By shard of a stream made then: the sequence number that was read last."""
        self.lose_deliveries = False
        self._one = threading.RLock()
        self._answers: dict[str, dict[str, Any]] = {}
        self._url = ""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take the answers of custom resources, which go to a presigned URL in S3 otherwise."""
        answers = self._answers

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answers[self.path.lstrip("/")] = json.loads(body)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self._url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def invoke(self, params: dict[str, Any]) -> dict[str, Any]:
        """Lambda's Invoke, and what the account then does with the stream."""
        result: dict[str, Any] = {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
        try:
            found = self.run(params["FunctionName"], json.loads(params["Payload"]))
        except AwsError:
            raise
        except Exception as error:
            found = {"errorType": type(error).__name__, "errorMessage": str(error)}
            result["FunctionError"] = "Unhandled"
        self.pump()
        return {**result, "Payload": io.BytesIO(json.dumps(found).encode())}

    def custom_resource(
        self, verb: str, stack: str, made: Made, props: dict[str, Any]
    ) -> dict[str, Any]:
        """The answer of the function behind a custom resource."""
        number = uuid.uuid4().hex
        event = {
            "RequestType": verb,
            "ResponseURL": f"{self._url}/{number}",
            "StackId": stack,
            "RequestId": number,
            "LogicalResourceId": made.name,
            "ResourceType": made.kind,
            "ResourceProperties": props,
            **({"PhysicalResourceId": made.physical} if made.physical else {}),
        }
        self.run(props["ServiceToken"], event)
        return self._answers.pop(number)

    def run(self, name: str, event: dict[str, Any]) -> Any:
        """What the handler of a function returns."""
        with self._one:
            try:
                function = lambda_backends[self.account][self.region].get_function(name)
            except Exception as error:
                raise AwsError(
                    "ResourceNotFoundException", f"Function not found: {name}", 404
                ) from error
            folder = self.folder / uuid.uuid4().hex
            with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
                archive.extractall(folder)
            module, _, handler = function.handler.partition(".")
            former = dict(os.environ)
            os.environ.update(function.environment_vars or {}, AWS_DEFAULT_REGION=self.region)
            sys.path.insert(0, str(folder))
            try:
                sys.modules.pop("custom_resource", None)
                spec = importlib.util.spec_from_file_location(
                    f"{module}_in_lambda", folder / f"{module}.py"
                )
                assert spec is not None
                assert spec.loader is not None
                loaded = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(loaded)
                with contextlib.redirect_stdout(io.StringIO()):  # a function's own log
                    return getattr(loaded, handler)(
                        event, Context(function.function_arn, function.timeout)
                    )
            finally:
                sys.path.remove(str(folder))
                sys.modules.pop("custom_resource", None)
                os.environ.clear()
                os.environ.update(former)

    def pump(self) -> None:
        """Give what is new on each stream to its delivery streams and mapped functions."""
        with self._one:
            kinesis = boto3.client("kinesis")
            for stream in kinesis.list_streams()["StreamNames"]:
                summary = kinesis.describe_stream_summary(StreamName=stream)[
                    "StreamDescriptionSummary"
                ]
                arn, made = summary["StreamARN"], summary["StreamCreationTimestamp"]
                records = list(self._new_records(kinesis, stream, f"{stream} of {made}"))
                if records:
                    self._deliver(arn, records)
                    self._map(arn, records)

    def _new_records(self, kinesis: Any, stream: str, identity: str) -> Iterator[dict[str, Any]]:
        for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
            place = f"{identity}/{shard['ShardId']}"
            since = self.read.get(place)
            iterator = kinesis.get_shard_iterator(
                StreamName=stream,
                ShardId=shard["ShardId"],
                **(
                    {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": since}
                    if since
                    else {"ShardIteratorType": "TRIM_HORIZON"}
                ),
            )["ShardIterator"]
            while records := (answer := kinesis.get_records(ShardIterator=iterator))["Records"]:
                for record in records:
                    self.read[place] = record["SequenceNumber"]
                    yield {**record, "shard": shard["ShardId"]}
                iterator = answer["NextShardIterator"]

    def _deliver(self, arn: str, records: list[dict[str, Any]]) -> None:
        firehose, s3 = boto3.client("firehose"), boto3.client("s3")
        for name in firehose.list_delivery_streams()["DeliveryStreamNames"]:
            found = firehose.describe_delivery_stream(DeliveryStreamName=name)[
                "DeliveryStreamDescription"
            ]
            source = found["Source"]["KinesisStreamSourceDescription"]["KinesisStreamARN"]
            if source != arn or self.lose_deliveries:
                continue
            to = found["Destinations"][0]["ExtendedS3DestinationDescription"]
            when = time.strftime("%Y/%m/%d/%H/")
            s3.put_object(
                Bucket=to["BucketARN"].rpartition(":")[2],
                Key=f"{to['Prefix']}{when}{name}-1-{uuid.uuid4()}",
                Body=b"".join(record["Data"] for record in records),
            )

    def _map(self, arn: str, records: list[dict[str, Any]]) -> None:
        for mapping in self._mappings():
            if mapping["EventSourceArn"] == arn and mapping["State"] == "Enabled":
                event = {"Records": [_event(arn, record, self.region) for record in records]}
                answer = self.run(mapping["FunctionArn"], event) or {}
                assert not answer.get("batchItemFailures"), answer

    def list_event_source_mappings(self, params: dict[str, Any]) -> dict[str, Any]:
        """Moto's own finds none by a name when the mapping was made with an ARN."""
        wanted = params.get("FunctionName", "").rpartition(":")[2]
        return {
            "EventSourceMappings": [
                {**mapping, "LastModified": datetime.now(UTC)}
                for mapping in self._mappings()
                if wanted in ("", mapping["FunctionArn"].rpartition(":")[2])
            ]
        }

    def _mappings(self) -> list[dict[str, Any]]:
        backend = lambda_backends[self.account][self.region]
        found = backend.list_event_source_mappings("", "")
        return [mapping.get_configuration() for mapping in found]


def _event(arn: str, record: dict[str, Any], region: str) -> dict[str, Any]:
    return {
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventName": "aws:kinesis:record",
        "eventID": f"{record['shard']}:{record['SequenceNumber']}",
        "eventSourceARN": arn,
        "awsRegion": region,
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode(),
            "approximateArrivalTimestamp": time.time(),
        },
    }
