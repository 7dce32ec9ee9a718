"""Every value of a metric is published once, in as few requests as can be."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from lakestack.services.batches import Batches
from lakestack.services.metrics import Collector, Kind
from lakestack.services.metrics import collector as module

QUEUE = ("000000000000", "us-east-1", "AWS/SQS", (("QueueName", "q"),))
SENT = Kind(*QUEUE, "NumberOfMessagesSent", "Count")
SIZE = Kind(*QUEUE, "SentMessageSize", "Bytes")
ELSEWHERE = SENT._replace(region="eu-central-1")


def test_values_are_published_with_their_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, Any]] = []

    def connect(region_name: str, aws_access_key_id: str) -> Any:
        assert aws_access_key_id == "000000000000"

        def put(Namespace: str, MetricData: Any) -> None:  # noqa: N803 - boto3's names
            assert Namespace == "AWS/SQS"
            asked.append((region_name, MetricData))

        return SimpleNamespace(cloudwatch=SimpleNamespace(put_metric_data=put))

    monkeypatch.setattr(module, "connect_to", connect)
    monkeypatch.setattr(Batches, "_run", lambda _self: None)
    collector = Collector()
    for number in range(400):
        collector.add(SENT, 1)
        collector.add(SIZE, number % 200)
    collector.add(ELSEWHERE, 3)
    collector.publish()
    collector.publish()

    assert sorted(region for region, _ in asked) == ["eu-central-1", "us-east-1"]
    data = [datum for region, found in asked if region == "us-east-1" for datum in found]
    sent = [datum for datum in data if datum["MetricName"] == "NumberOfMessagesSent"]
    sizes = [datum for datum in data if datum["MetricName"] == "SentMessageSize"]
    assert [(datum["Values"], datum["Counts"]) for datum in sent] == [([1.0], [400.0])]
    assert [len(datum["Values"]) for datum in sizes] == [150, 50]
    assert sum(v * c for d in sizes for v, c in zip(d["Values"], d["Counts"], strict=True)) == 39800


def test_a_reset_drops_what_is_not_published_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    put: list[Any] = []
    monkeypatch.setattr(Collector, "_put", staticmethod(put.append))
    monkeypatch.setattr(Batches, "_run", lambda _self: None)
    collector = Collector()
    for kind in (SENT, ELSEWHERE):
        collector.add(kind, 1)
    collector.drop(lambda account, region: (account, region) == (SENT.account, SENT.region))
    collector.publish()
    assert put == [{ELSEWHERE: {1: 1}}]


def test_what_cannot_be_put_does_not_end_the_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_taken: Any) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(Collector, "_put", staticmethod(broken))
    monkeypatch.setattr(Batches, "_run", lambda _self: None)
    collector = Collector()
    collector.add(SENT, 1)
    collector.publish()
    collector.publish()


def test_a_metric_that_the_table_does_not_have_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Batches, "_run", lambda _self: None)
    collector = Collector()
    with pytest.raises(ValueError, match="AWS/SQS NumberOfMessages by"):
        collector.add(SENT._replace(metric="NumberOfMessages"), 1)
    with pytest.raises(ValueError, match="Topic"):
        collector.add(SENT._replace(dimensions=(("Topic", "t"),)), 1)
