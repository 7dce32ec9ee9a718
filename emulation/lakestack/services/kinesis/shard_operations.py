"""API operations on shards: describing, listing, splitting, merging, scaling."""

from __future__ import annotations

import base64
import json
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.kinesis import (
    ExpiredNextTokenException,
    InvalidArgumentException,
    ValidationException,
)

from lakestack import clock
from lakestack.services.kinesis.shard import Shard
from lakestack.services.kinesis.store import STORE
from lakestack.services.kinesis.stream import Stream
from lakestack.services.kinesis.stream_operations import StreamOperations, describe
from lakestack.services.kinesis.validation import check_range

_TOKEN_SECONDS = 300
_NOT_WITH_TOKEN = {
    "StreamName",
    "StreamCreationTimestamp",
    "ExclusiveStartShardId",
    "ShardFilter",
}


class ShardOperations:
    """Handlers of a stream's shards."""

    @handler("DescribeStream", expand=False)
    def describe_stream(self, context: RequestContext, request: Any) -> Any:
        check_range(request.get("Limit"), "limit", 1, 10_000)
        stream = STORE.named_by(context.account_id, context.region, request)
        after = request.get("ExclusiveStartShardId") or ""
        shards = [shard for shard in _visible(stream) if shard.id > after]
        page = shards[: min(request.get("Limit") or 100, 100)]
        return {
            "StreamDescription": {
                **describe(stream),
                "Shards": [_shard(shard) for shard in page],
                "HasMoreShards": len(page) < len(shards),
            }
        }

    @handler("ListShards", expand=False)
    def list_shards(self, context: RequestContext, request: Any) -> Any:
        check_range(request.get("MaxResults"), "maxResults", 1, 10_000)
        if token := request.get("NextToken"):
            if clash := sorted(_NOT_WITH_TOKEN & set(request)):
                raise InvalidArgumentException(
                    f"NextToken and {', '.join(clash)} cannot be provided together."
                )
            arn, after, shard_filter = _from_token(token)
            stream = STORE.by_arn(arn)
            if request.get("StreamARN", arn) != arn:
                raise InvalidArgumentException("NextToken does not belong to this stream.")
        elif not request.get("StreamName") and not request.get("StreamARN"):
            raise InvalidArgumentException("Either NextToken or StreamName should be provided.")
        else:
            stream = STORE.named_by(context.account_id, context.region, request)
            after = request.get("ExclusiveStartShardId") or ""
            shard_filter = _plain_filter(request.get("ShardFilter") or {})
        # API "ListShards" fails with ResourceInUseException, which the KCL takes for "later".
        stream.require_shards()
        born = request.get("StreamCreationTimestamp")
        if born is not None and int(born.timestamp()) != int(stream.created.wall):
            raise ValidationException(f"Stream {stream.name} was not created at {born.isoformat()}")
        shards = [s for s in _filtered(stream, shard_filter) if s.id > after]
        page = shards[: min(request.get("MaxResults") or 1000, 1000)]
        answer: dict[str, Any] = {"Shards": [_shard(shard) for shard in page]}
        if len(page) < len(shards):
            answer["NextToken"] = _token(stream, page[-1].id, shard_filter)
        return answer

    @handler("SplitShard", expand=False)
    def split_shard(self, context: RequestContext, request: Any) -> None:
        stream = _provisioned(context, request, "SplitShard")
        StreamOperations.require_room(context, stream.mode, 1)
        stream.split(request["ShardToSplit"], int(request["NewStartingHashKey"]))

    @handler("MergeShards", expand=False)
    def merge_shards(self, context: RequestContext, request: Any) -> None:
        stream = _provisioned(context, request, "MergeShards")
        stream.merge(request["ShardToMerge"], request["AdjacentShardToMerge"])

    @handler("UpdateShardCount", expand=False)
    def update_shard_count(self, context: RequestContext, request: Any) -> Any:
        stream = _provisioned(context, request, "UpdateShardCount")
        target = request["TargetShardCount"]
        check_range(target, "targetShardCount", 1)
        if request["ScalingType"] != "UNIFORM_SCALING":
            raise InvalidArgumentException(
                f"ScalingType {request['ScalingType']}: must be UNIFORM_SCALING"
            )
        current = stream.scale(target)
        return {
            "StreamName": stream.name,
            "StreamARN": stream.arn,
            "CurrentShardCount": current,
            "TargetShardCount": target,
        }


def _provisioned(context: RequestContext, request: Any, operation: str) -> Stream:
    stream = STORE.named_by(context.account_id, context.region, request)
    if stream.mode != "PROVISIONED":
        raise ValidationException(
            f"{operation} is only supported for the data streams with the provisioned capacity "
            f"mode; {stream.name} is {stream.mode}."
        )
    return stream


def _visible(stream: Stream) -> list[Shard]:
    return [] if stream.status == "CREATING" else stream.shards()


def _shard(shard: Shard) -> dict[str, Any]:
    description: dict[str, Any] = {
        "ShardId": shard.id,
        "HashKeyRange": {
            "StartingHashKey": str(shard.first_key),
            "EndingHashKey": str(shard.last_key),
        },
        "SequenceNumberRange": {"StartingSequenceNumber": str(shard.first_sequence)},
    }
    if shard.last_sequence is not None:
        description["SequenceNumberRange"]["EndingSequenceNumber"] = str(shard.last_sequence)
    for field, parent in zip(
        ("ParentShardId", "AdjacentParentShardId"), shard.parents, strict=False
    ):
        description[field] = parent.id
    return description


def _plain_filter(shard_filter: Any) -> dict[str, Any]:
    plain = dict(shard_filter)
    if plain.get("Timestamp") is not None:
        plain["Timestamp"] = plain["Timestamp"].timestamp()
    return plain


def _filtered(stream: Stream, shard_filter: dict[str, Any]) -> list[Shard]:
    """Apply a ShardFilter (API "ShardFilter")."""
    kind = shard_filter.get("Type", "FROM_TRIM_HORIZON")
    shards = _visible(stream)
    horizon = stream.clock().steady - stream.retention
    if kind == "AFTER_SHARD_ID":
        return [s for s in shards if s.id > _needed(shard_filter, "ShardId")]
    if kind == "AT_LATEST":
        return [s for s in shards if s.closed is None]
    if kind == "FROM_TRIM_HORIZON":
        return shards
    if kind == "AT_TRIM_HORIZON":
        # Before the stream existed nothing was open: its horizon begins with its creation.
        began = max(horizon, stream.created.steady)
        return [
            s
            for s in shards
            if s.created.steady <= began and (s.closed is None or s.closed.steady > began)
        ]
    if kind == "AT_TIMESTAMP":
        moment = _needed(shard_filter, "Timestamp")
        return [s for s in shards if s.created.wall <= moment <= _end(s, moment)]
    if kind == "FROM_TIMESTAMP":
        moment = _needed(shard_filter, "Timestamp")
        return [s for s in shards if _end(s, moment) >= moment]
    raise InvalidArgumentException(f"Unknown ShardFilter Type {kind}")


def _end(shard: Shard, moment: float) -> float:
    return moment if shard.closed is None else shard.closed.wall


def _needed(shard_filter: dict[str, Any], field: str) -> Any:
    value = shard_filter.get(field)
    if value is None:
        raise InvalidArgumentException(
            f"{field} must be specified in a ShardFilter of type {shard_filter['Type']}."
        )
    return value


def _token(stream: Stream, after: str, shard_filter: dict[str, Any]) -> str:
    return base64.b64encode(
        json.dumps([stream.arn, after, shard_filter, clock.steady()]).encode()
    ).decode()


def _from_token(token: str) -> tuple[str, str, dict[str, Any]]:
    try:
        arn, after, shard_filter, issued = json.loads(base64.b64decode(token, validate=True))
        age, chosen = clock.steady() - float(issued), dict(shard_filter)
    except (ValueError, TypeError, OverflowError, RecursionError) as e:
        raise InvalidArgumentException("Invalid NextToken.") from e
    if age > _TOKEN_SECONDS:
        raise ExpiredNextTokenException("The pagination token is older than 300 seconds.")
    return str(arn), str(after), chosen
