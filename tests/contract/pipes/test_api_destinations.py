"""API destinations as enrichment and target of a pipe."""

from __future__ import annotations

import json

from tests.contract.events.endpoint import Endpoint
from tests.contract.events.helpers import Aws, Queue
from tests.contract.events.test_api_destinations import API_KEY, arrived, destination
from tests.contract.pipes.helpers import Pipes, send


def test_target_with_parameters_of_the_event(aws: Aws, pipes: Pipes, endpoint: Endpoint) -> None:
    source = Queue(aws)
    arn = destination(aws, f"{endpoint.url}/users/*", "API_KEY", API_KEY)
    http = {
        "PathParameterValues": ["$.body.user"],
        "HeaderParameters": {"X-Kind": "rating"},
        "QueryStringParameters": {"movie": "$.body.movie"},
    }
    pipes.make(
        source.arn,
        arn,
        TargetParameters={"HttpParameters": http, "InputTemplate": '{"n": <$.body.n>}'},
    )
    send(aws, source, {"user": "u 1", "movie": 7, "n": 1}, {"user": "u2", "movie": 8, "n": 2})
    found = sorted((asked.path, asked.body) for asked in arrived(endpoint, 2))
    assert found == [("/users/u%201?movie=7", b'{"n": 1}'), ("/users/u2?movie=8", b'{"n": 2}')]
    assert {asked.headers["x-kind"] for asked in endpoint.asked} == {"rating"}


def test_an_endpoint_that_fails_gets_the_event_again(
    aws: Aws, pipes: Pipes, endpoint: Endpoint
) -> None:
    source = Queue(aws)
    endpoint.answers.append((500, b""))
    aws("sqs").set_queue_attributes(QueueUrl=source.url, Attributes={"VisibilityTimeout": "1"})
    pipes.make(source.arn, destination(aws, endpoint.url, "API_KEY", API_KEY))
    send(aws, source, {"n": 1})
    bodies = [json.loads(asked.body)["body"] for asked in arrived(endpoint, 2)]
    assert bodies == ['{"n": 1}'] * 2


def test_enrichment(aws: Aws, pipes: Pipes, endpoint: Endpoint) -> None:
    source, target = Queue(aws), Queue(aws)
    endpoint.answers.append((200, b'[{"more": 2}]'))
    pipes.make(
        source.arn,
        target.arn,
        Enrichment=destination(aws, endpoint.url, "API_KEY", API_KEY),
        EnrichmentParameters={"InputTemplate": '{"n": <$.body.n>}'},
    )
    send(aws, source, {"n": 1})
    assert [json.loads(body) for body in target.wait(1)] == [{"more": 2}]
    assert [asked.json() for asked in endpoint.asked] == [[{"n": 1}]]
