"""What of a pipe is kept in a snapshot."""

from __future__ import annotations

from lakestack.plain_data import plain
from lakestack.services.pipes import rules
from lakestack.services.pipes.pipe import RUNNING, Pipe
from lakestack.services.pipes.state import PipesState
from lakestack.store import Store

QUEUE = "arn:aws:sqs:us-east-1:000000000000:q"


def test_snapshot() -> None:
    store = Store("pipes-of-a-test", PipesState)
    state = store.get("000000000000", "us-east-1")
    pipe = Pipe("p", state.arn("p"), {"Source": QUEUE, "Target": QUEUE}, tags={"a": "b"})
    pipe.change(RUNNING)
    state.pipes["p"], state.lost = pipe, 3
    document = plain(store.snapshot(), "")
    assert store.restore(document) == []
    restored = store.get("000000000000", "us-east-1")
    assert restored is not state
    assert restored.pipe("p").describe() == pipe.describe()
    assert restored.lost == 3


def test_update_replaces_what_is_of_one_service() -> None:
    old = {
        "Source": "s",
        "Description": "d",
        "SourceParameters": {
            "FilterCriteria": {"Filters": []},
            "KinesisStreamParameters": {"StartingPosition": "LATEST", "BatchSize": 3},
        },
        "Enrichment": "e",
        "EnrichmentParameters": {"InputTemplate": "t"},
    }
    new = rules.merged(
        old,
        {
            "SourceParameters": {"KinesisStreamParameters": {"MaximumRetryAttempts": 1}},
            "Enrichment": "",
        },
    )
    assert new == {
        "Source": "s",
        "Description": "d",
        "SourceParameters": {
            "FilterCriteria": {"Filters": []},
            "KinesisStreamParameters": {"StartingPosition": "LATEST", "MaximumRetryAttempts": 1},
        },
    }
