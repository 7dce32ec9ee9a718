"""API operations on what is attached to a stream: consumers, tags, resource policies."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.kinesis import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
    ResourceNotFoundException,
)

from lakestack.services.kinesis.store import STORE
from lakestack.services.kinesis.stream import TRANSITION_SECONDS, Consumer, Stream
from lakestack.services.kinesis.validation import check_name, check_range, check_tags

MAX_CONSUMERS = 20


class AttachmentOperations:
    """Handlers of consumers, tags and policies."""

    @handler("RegisterStreamConsumer", expand=False)
    def register_stream_consumer(self, _context: RequestContext, request: Any) -> Any:
        stream, name = STORE.by_arn(request["StreamARN"]), request["ConsumerName"]
        check_name(name, "consumerName")
        stream.require_active()
        if name in stream.consumers:
            raise ResourceInUseException(f"Consumer {name} of {stream.arn} already exists.")
        if len(stream.consumers) >= MAX_CONSUMERS:
            raise LimitExceededException(f"{stream.arn} already has {MAX_CONSUMERS} consumers.")
        tags = dict(request.get("Tags") or {})
        check_tags(tags)
        now = stream.clock()
        arn = f"{stream.arn}/consumer/{name}:{int(now.wall)}"
        consumer = Consumer(name, arn, now.wall, now.steady + TRANSITION_SECONDS, tags)
        stream.consumers[name] = consumer
        return {"Consumer": _describe(stream, consumer)}

    @handler("DescribeStreamConsumer", expand=False)
    def describe_stream_consumer(self, _context: RequestContext, request: Any) -> Any:
        stream, consumer = consumer_of(request)
        description = {**_describe(stream, consumer), "StreamARN": stream.arn}
        return {"ConsumerDescription": description}

    @handler("ListStreamConsumers", expand=False)
    def list_stream_consumers(self, _context: RequestContext, request: Any) -> Any:
        check_range(request.get("MaxResults"), "maxResults", 1, 10_000)
        stream, after = STORE.by_arn(request["StreamARN"]), request.get("NextToken") or ""
        names = sorted(name for name in stream.consumers if name > after)
        page = names[: request.get("MaxResults") or 100]
        answer: dict[str, Any] = {
            "Consumers": [_describe(stream, stream.consumers[name]) for name in page]
        }
        if len(page) < len(names):
            answer["NextToken"] = page[-1]
        return answer

    @handler("DeregisterStreamConsumer", expand=False)
    def deregister_stream_consumer(self, _context: RequestContext, request: Any) -> None:
        stream, consumer = consumer_of(request)
        stream.consumers.pop(consumer.name, None)

    @handler("AddTagsToStream", expand=False)
    def add_tags_to_stream(self, context: RequestContext, request: Any) -> None:
        stream = STORE.named_by(context.account_id, context.region, request)
        _add_tags(stream, request["Tags"])

    @handler("RemoveTagsFromStream", expand=False)
    def remove_tags_from_stream(self, context: RequestContext, request: Any) -> None:
        stream = STORE.named_by(context.account_id, context.region, request)
        for key in request["TagKeys"]:
            stream.tags.pop(key, None)

    @handler("ListTagsForStream", expand=False)
    def list_tags_for_stream(self, context: RequestContext, request: Any) -> Any:
        check_range(request.get("Limit"), "limit", 1, 50)
        stream = STORE.named_by(context.account_id, context.region, request)
        after = request.get("ExclusiveStartTagKey") or ""
        keys = sorted(key for key in stream.tags if key > after)
        page = keys[: request.get("Limit") or 50]
        return {
            "Tags": [{"Key": key, "Value": stream.tags[key]} for key in page],
            "HasMoreTags": len(page) < len(keys),
        }

    @handler("TagResource", expand=False)
    def tag_resource(self, _context: RequestContext, request: Any) -> None:
        _add_tags(_tagged(request["ResourceARN"]), request["Tags"])

    @handler("UntagResource", expand=False)
    def untag_resource(self, _context: RequestContext, request: Any) -> None:
        resource = _tagged(request["ResourceARN"])
        for key in request["TagKeys"]:
            resource.tags.pop(key, None)

    @handler("ListTagsForResource", expand=False)
    def list_tags_for_resource(self, _context: RequestContext, request: Any) -> Any:
        tags = _tagged(request["ResourceARN"]).tags
        return {"Tags": [{"Key": key, "Value": tags[key]} for key in sorted(tags)]}

    @handler("PutResourcePolicy", expand=False)
    def put_resource_policy(self, _context: RequestContext, request: Any) -> None:
        try:
            json.loads(request["Policy"])
        except (ValueError, RecursionError) as e:
            raise InvalidArgumentException(f"Policy is not valid JSON: {e}") from e
        STORE.by_arn(request["ResourceARN"]).policy = request["Policy"]

    @handler("GetResourcePolicy", expand=False)
    def get_resource_policy(self, _context: RequestContext, request: Any) -> Any:
        return {"Policy": STORE.by_arn(request["ResourceARN"]).policy or "{}"}

    @handler("DeleteResourcePolicy", expand=False)
    def delete_resource_policy(self, _context: RequestContext, request: Any) -> None:
        stream = STORE.by_arn(request["ResourceARN"])
        if stream.policy is None:
            raise ResourceNotFoundException(
                f"No resource policy found for resource ARN {request['ResourceARN']}"
            )
        stream.policy = None


def consumer_of(request: Any) -> tuple[Stream, Consumer]:
    """Find the consumer that a request names by ConsumerARN, or by StreamARN and ConsumerName.

    Raises:
        InvalidArgumentException: it names none
        ResourceNotFoundException: there is none
    """
    arn = request.get("ConsumerARN")
    if not arn and not (request.get("StreamARN") and request.get("ConsumerName")):
        raise InvalidArgumentException(
            "Either ConsumerARN or both StreamARN and ConsumerName must be specified."
        )
    stream = STORE.by_arn(arn or request["StreamARN"])
    for consumer in stream.consumers.values():
        if arn == consumer.arn or (not arn and request["ConsumerName"] == consumer.name):
            return stream, consumer
    raise ResourceNotFoundException(
        f"Consumer {arn or request['ConsumerName']} of {stream.arn} not found."
    )


def _describe(stream: Stream, consumer: Consumer) -> dict[str, Any]:
    return {
        "ConsumerName": consumer.name,
        "ConsumerARN": consumer.arn,
        "ConsumerStatus": consumer.status(stream.clock()),
        "ConsumerCreationTimestamp": datetime.fromtimestamp(consumer.created, UTC),
    }


def _tagged(arn: str) -> Stream | Consumer:
    if "/consumer/" in arn:
        return consumer_of({"ConsumerARN": arn})[1]
    return STORE.by_arn(arn)


def _add_tags(resource: Stream | Consumer, tags: dict[str, str]) -> None:
    after = {**resource.tags, **tags}
    check_tags(after)
    resource.tags = after
