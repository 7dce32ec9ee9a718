"""Records of a DynamoDB stream, as Lambda sends them to a function.

LocalStack keeps the records of a table's stream in a stream of Kinesis, so that our poller reads
both alike. AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB".
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from bson.json_util import loads
from localstack.services.dynamodbstreams import dynamodbstreams_api as backing
from localstack.utils.aws.arns import parse_arn

from lakestack.services.kinesis.record_log import Record
from lakestack.services.kinesis.store import STORE
from lakestack.services.kinesis.stream import Stream
from lakestack.services.lambda_.kinesis_batches import EVENT_OVERHEAD, Event


class DynamoDbEvents:
    """The stream of a table.

    Args:
        arn: of the table's stream
    """

    def __init__(self, arn: str) -> None:
        place = parse_arn(arn)
        self._arn, self._account, self._region = arn, place["account"], place["region"]

    def stream(self) -> Stream:
        """The stream of Kinesis that has the records.

        Raises:
            ResourceNotFoundException: the table has no stream
        """
        name = backing.stream_name_from_stream_arn(self._arn)
        return STORE.by_arn(f"arn:aws:kinesis:{self._region}:{self._account}:stream/{name}")

    def shard_name(self, shard_id: str) -> str:
        """A shard's id, as DynamoDB's API shows it."""
        found = backing.get_stream_for_table(self._account, self._region, self._arn)
        return str(backing.get_shard_id(found, shard_id)) if found else shard_id

    def event(self, record: Record, shard_id: str) -> Event:  # noqa: ARG002 - as of Kinesis
        """A record as the function sees it, before the source's metadata is added."""
        found = loads(record.data)
        content = _plain(found["dynamodb"])
        content["SequenceNumber"] = str(record.sequence)
        return {
            "eventID": found["eventID"],
            "eventName": found["eventName"],
            "dynamodb": content,
            **_identity(found.get("userIdentity") or {}),
        }

    def size(self, record: Record) -> int:
        """About how many bytes the record takes within the payload; never too few."""
        return len(record.data) + EVENT_OVERHEAD

    def lane_key(self, record: Record) -> str:
        """What equal items share: their keys."""
        return json.dumps(json.loads(record.data)["dynamodb"]["Keys"], sort_keys=True)


def _identity(found: dict[str, Any]) -> dict[str, Any]:
    """Who has deleted an item that has expired: members in lower case, as Lambda has them."""
    return {"userIdentity": {k[:1].lower() + k[1:]: v for k, v in found.items()}} if found else {}


def _plain(value: Any) -> Any:
    """Binary values in base64, times in seconds since 1970."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.timestamp()
    return value
