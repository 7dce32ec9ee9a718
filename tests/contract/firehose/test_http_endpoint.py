"""Delivery to an HTTP endpoint of this machine: requests, answers, retries, what is kept in S3."""

from __future__ import annotations

import base64
import gzip
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.contract.firehose.helpers import (
    NEVER,
    ROLE,
    Aws,
    describe,
    destination,
    failed_records,
    objects,
    processing,
    wait_active,
    wait_gone,
)
from tests.contract.lambda_.helpers import create
from tests.contract.refusals import refusal
from tests.support import wait_until

Answer = Callable[[dict[str, Any]], tuple[int, bytes]]


def accepted(request: dict[str, Any]) -> tuple[int, bytes]:
    body = {"requestId": request["requestId"], "timestamp": request["timestamp"]}
    return 200, json.dumps(body).encode()


class Endpoint(ThreadingHTTPServer):
    """Takes requests and answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Answer = accepted
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/in?x=1"

    @property
    def data(self) -> list[bytes]:
        return [
            base64.b64decode(record["data"])
            for _, _, body in self.requests
            for record in body["records"]
        ]


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        request = json.loads(body)
        self.server.requests.append((self.path, dict(self.headers), request))
        status, answer = self.server.answer(request)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def settings(bucket: str, url: str, **more: Any) -> dict[str, Any]:
    return {
        "EndpointConfiguration": {"Url": url, "Name": "mine", "AccessKey": "the key"},
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 1},
        "RetryOptions": {"DurationInSeconds": 0},
        "S3Configuration": destination(bucket),
        "RoleARN": ROLE,
        **more,
    }


def to_endpoint(firehose: Any, name: str, config: dict[str, Any]) -> None:
    firehose.create_delivery_stream(
        DeliveryStreamName=name, HttpEndpointDestinationConfiguration=config
    )
    wait_active(firehose, name)


def test_the_request_is_as_aws_makes_it(
    firehose: Any, name: str, bucket: str, endpoint: Endpoint
) -> None:
    request = {
        "ContentEncoding": "GZIP",
        "CommonAttributes": [{"AttributeName": "env", "AttributeValue": "test"}],
    }
    to_endpoint(
        firehose,
        name,
        settings(
            bucket,
            endpoint.url,
            RequestConfiguration=request,
            ProcessingConfiguration=processing(("AppendDelimiterToRecord", {})),
        ),
    )
    firehose.put_record_batch(DeliveryStreamName=name, Records=[{"Data": b"a"}, {"Data": b"b"}])
    wait_until(lambda: endpoint.data == [b"a\n", b"b\n"], 60)
    path, headers, body = endpoint.requests[0]
    found = describe(firehose, name)
    assert path == "/in?x=1"
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Encoding"] == "gzip"
    assert headers["X-Amz-Firehose-Protocol-Version"] == "1.0"
    assert headers["X-Amz-Firehose-Request-Id"] == body["requestId"]
    assert headers["X-Amz-Firehose-Source-Arn"] == found["DeliveryStreamARN"]
    assert headers["X-Amz-Firehose-Access-Key"] == "the key"
    attributes = json.loads(headers["X-Amz-Firehose-Common-Attributes"])
    assert attributes == {"commonAttributes": {"env": "test"}}
    assert body["timestamp"] > 1.7e12
    http = found["Destinations"][0]["HttpEndpointDestinationDescription"]
    assert http["EndpointConfiguration"] == {"Url": endpoint.url, "Name": "mine"}
    assert http["RequestConfiguration"] == request
    assert http["S3DestinationDescription"]["BucketARN"].endswith(bucket)
    assert http["S3BackupMode"] == "FailedDataOnly"


@pytest.mark.parametrize(
    ("status", "answer", "code"),
    [
        (500, b"no", "HttpEndpoint.DestinationException"),
        (413, b"too much", "HttpEndpoint.DestinationException"),
        (302, b"", "HttpEndpoint.DestinationException"),
        (200, b"fine", "HttpEndpoint.InvalidResponseFromDestination"),
        (
            200,
            b'{"requestId": "other", "timestamp": 1}',
            "HttpEndpoint.InvalidResponseFromDestination",
        ),
    ],
)
def test_what_the_endpoint_does_not_take_is_kept(
    aws: Aws,
    firehose: Any,
    name: str,
    bucket: str,
    endpoint: Endpoint,
    status: int,
    answer: bytes,
    code: str,
) -> None:
    endpoint.answer = lambda _: (status, answer)
    to_endpoint(firehose, name, settings(bucket, endpoint.url))
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    (failed,) = wait_until(lambda: failed_records(aws, bucket, "http-endpoint-failed/"), 60)
    assert (failed["errorCode"], failed["attemptsMade"]) == (code, 1)
    assert base64.b64decode(failed["rawData"]) == b"a"
    assert failed["EndpointUrl"] == endpoint.url


def test_it_is_tried_again_with_the_same_id_until_it_is_taken(
    aws: Aws, firehose: Any, name: str, bucket: str, endpoint: Endpoint
) -> None:
    answers: list[Answer] = [lambda _: (503, b"later"), lambda _: (429, b"slower")]
    endpoint.answer = lambda request: (answers.pop(0) if answers else accepted)(request)
    config = settings(bucket, endpoint.url, RetryOptions={"DurationInSeconds": 300})
    to_endpoint(firehose, name, config)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    wait_until(lambda: len(endpoint.requests) == 3, 60)
    assert len({body["requestId"] for _, _, body in endpoint.requests}) == 1
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    assert objects(aws, bucket) == {}


def test_what_nobody_takes_at_the_end_is_kept(
    aws: Aws, firehose: Any, name: str, bucket: str, endpoint: Endpoint
) -> None:
    endpoint.answer = lambda _: (503, b"later")
    hints = {"SizeInMBs": 64, "IntervalInSeconds": 900}
    config = settings(bucket, endpoint.url, BufferingHints=hints, RetryOptions={})
    to_endpoint(firehose, name, config)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    assert len(failed_records(aws, bucket, "http-endpoint-failed/")) == 1


def test_all_data_is_backed_up_and_updates_apply(
    aws: Aws, firehose: Any, name: str, bucket: str, endpoint: Endpoint
) -> None:
    to_endpoint(firehose, name, settings(bucket, "http://localhost:9/", S3BackupMode="AllData"))
    firehose.update_destination(
        DeliveryStreamName=name,
        CurrentDeliveryStreamVersionId="1",
        DestinationId="destinationId-000000000001",
        HttpEndpointDestinationUpdate={
            "EndpointConfiguration": {"Url": endpoint.url},
            "S3Update": {"Prefix": "all/", "BufferingHints": NEVER},
        },
    )
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    assert endpoint.data == [b"a"]
    ((key, body),) = objects(aws, bucket).items()
    assert (key.startswith("all/"), body) == (True, b"a")
    assert "X-Amz-Firehose-Access-Key" not in endpoint.requests[0][1]


def test_the_access_key_of_a_secret(
    aws: Aws, firehose: Any, name: str, bucket: str, endpoint: Endpoint
) -> None:
    secret = aws("secretsmanager").create_secret(Name=name, SecretString='{"api_key": "hidden"}')
    config = settings(bucket, endpoint.url)
    config["EndpointConfiguration"] = {"Url": endpoint.url}
    config["SecretsManagerConfiguration"] = {"Enabled": True, "SecretARN": secret["ARN"]}
    to_endpoint(firehose, name, config)
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    wait_until(lambda: endpoint.requests, 60)
    assert endpoint.requests[0][1]["X-Amz-Firehose-Access-Key"] == "hidden"


@pytest.mark.parametrize(
    ("url", "named"),
    [
        (
            "https://http-inputs.example.com/services",
            "http-inputs.example.com is on another machine",
        ),
        ("http://example.com/", "must begin with https://"),
        ("https://", "is not valid"),
        ("ftp://127.0.0.1/", "must begin with https://"),
        ("https://user:word@127.0.0.1/", "is not valid"),
        ("https://169.254.169.254/latest", "is on another machine"),
    ],
)
def test_nothing_leaves_this_machine(
    firehose: Any, name: str, bucket: str, url: str, named: str
) -> None:
    code, message = refusal(lambda: to_endpoint(firehose, name, settings(bucket, url)))
    assert code == "InvalidArgumentException"
    assert named in message


def test_a_function_url_of_this_emulator(aws: Aws, firehose: Any, name: str, bucket: str) -> None:
    source = f"""
    import boto3, json
    def handler(event, context):
        request = json.loads(event["body"])
        boto3.client("s3").put_object(
            Bucket={bucket!r}, Key="seen", Body=request["records"][0]["data"].encode())
        answer = {{"requestId": request["requestId"], "timestamp": request["timestamp"]}}
        return {{"statusCode": 200, "body": json.dumps(answer)}}
    """
    create(aws, name, source)
    made = aws("lambda").create_function_url_config(FunctionName=name, AuthType="NONE")
    to_endpoint(firehose, name, settings(bucket, made["FunctionUrl"]))
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    assert objects(aws, bucket) == {"seen": base64.b64encode(b"a")}


def test_an_api_of_this_emulator_by_its_name_at_aws(
    aws: Aws, firehose: Any, name: str, bucket: str
) -> None:
    gateway = aws("apigateway")
    api = gateway.create_rest_api(name=name)["id"]
    (root,) = gateway.get_resources(restApiId=api)["items"]
    where = {"restApiId": api, "resourceId": root["id"], "httpMethod": "POST"}
    gateway.put_method(**where, authorizationType="NONE")
    gateway.put_integration(
        **where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'}
    )
    gateway.put_method_response(**where, statusCode="200")
    body = '#set($in = $input.path("$"))\n{"requestId": "$in.requestId", "timestamp": 1}'
    gateway.put_integration_response(
        **where, statusCode="200", responseTemplates={"application/json": body}
    )
    gateway.create_deployment(restApiId=api, stageName="test")
    url = f"https://{api}.execute-api.us-east-1.amazonaws.com/test"
    to_endpoint(firehose, name, settings(bucket, url))
    firehose.put_record(DeliveryStreamName=name, Record={"Data": b"a"})
    firehose.delete_delivery_stream(DeliveryStreamName=name)
    wait_gone(firehose, name)
    # It was asked: a mock knows nothing of the request's body, so its answer is not the right one.
    (failed,) = failed_records(aws, bucket, "http-endpoint-failed/")
    assert failed["errorCode"] in (
        "HttpEndpoint.InvalidResponseFromDestination",
        "HttpEndpoint.DestinationException",
    )
