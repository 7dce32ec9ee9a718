"""Changes in place of topics, subscriptions and event source mappings.

As in `changes_in_place`: what LocalStack's types leave as it was. Amazon SNS API Reference,
"SetTopicAttributes" and "SetSubscriptionAttributes"; AWS Lambda API Reference,
"UpdateEventSourceMapping": what holds where nothing is given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from lakestack.services.cloudformation.changes import Change, Model, tag_map


def _attribute(kind: str, identifier: str, name: str, default: str) -> Change:
    """An attribute, and what it is where nothing is given.

    Args:
        kind: topic or subscription
        identifier: the model's member with its ARN
    """

    def apply(aws: Any, model: Model, value: Any) -> None:
        getattr(aws.sns, f"set_{kind}_attributes")(
            **{f"{kind.title()}Arn": model[identifier]},
            AttributeName=name,
            AttributeValue=default if value is None else _text(value),
        )

    return apply


_topic = partial(_attribute, "topic", "TopicArn")
_subscription = partial(_attribute, "subscription", "Id")


def change_subscriptions(aws: Any, model: Model, value: Any, before: Any) -> None:
    """Subscribe and unsubscribe a topic's own; others that it has stay."""
    topic = model["TopicArn"]
    wanted, old = (
        {(s["Protocol"], s["Endpoint"]) for s in given or ()} for given in (value, before)
    )
    for page in aws.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic):
        for each in page["Subscriptions"]:
            known = (each["Protocol"], each["Endpoint"])
            if known in old - wanted:
                aws.sns.unsubscribe(SubscriptionArn=each["SubscriptionArn"])
            wanted.discard(known)
    for protocol, endpoint in sorted(wanted):
        aws.sns.subscribe(TopicArn=topic, Protocol=protocol, Endpoint=endpoint)


def _mapping(member: str, default: Any) -> Change:
    def apply(aws: Any, model: Model, value: Any) -> None:
        given = default if value is None else value
        aws.lambda_.update_event_source_mapping(UUID=model["Id"], **{member: given})

    return apply


def _batch_size(aws: Any, model: Model, value: Any) -> None:
    queue = ":sqs:" in str(model.get("EventSourceArn"))
    _mapping("BatchSize", 10 if queue else 100)(aws, model, value)


def _mapping_tags(aws: Any, model: Model, value: Any) -> None:
    client, arn = aws.lambda_, model["EventSourceMappingArn"]
    if old := client.list_tags(Resource=arn)["Tags"]:
        client.untag_resource(Resource=arn, TagKeys=list(old))
    if value:
        client.tag_resource(Resource=arn, Tags=tag_map(value))


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


TOPIC: Mapping[str, Change] = {
    "ArchivePolicy": _topic("ArchivePolicy", "{}"),
    "ContentBasedDeduplication": _topic("ContentBasedDeduplication", "false"),
    "DisplayName": _topic("DisplayName", ""),
    "KmsMasterKeyId": _topic("KmsMasterKeyId", ""),
    "SignatureVersion": _topic("SignatureVersion", "1"),
}
SUBSCRIPTION: Mapping[str, Change] = {
    "DeliveryPolicy": _subscription("DeliveryPolicy", "{}"),
    "FilterPolicy": _subscription("FilterPolicy", "{}"),
    "FilterPolicyScope": _subscription("FilterPolicyScope", "MessageAttributes"),
    "RawMessageDelivery": _subscription("RawMessageDelivery", "false"),
    "RedrivePolicy": _subscription("RedrivePolicy", ""),
}
MAPPING: Mapping[str, Change] = {
    "BatchSize": _batch_size,
    "BisectBatchOnFunctionError": _mapping("BisectBatchOnFunctionError", False),
    "DestinationConfig": _mapping("DestinationConfig", {}),
    "FilterCriteria": _mapping("FilterCriteria", {"Filters": []}),
    "FunctionResponseTypes": _mapping("FunctionResponseTypes", []),
    "KmsKeyArn": _mapping("KMSKeyArn", ""),
    "MaximumBatchingWindowInSeconds": _mapping("MaximumBatchingWindowInSeconds", 0),
    "MaximumRecordAgeInSeconds": _mapping("MaximumRecordAgeInSeconds", -1),
    "MaximumRetryAttempts": _mapping("MaximumRetryAttempts", -1),
    "MetricsConfig": _mapping("MetricsConfig", {"Metrics": []}),
    "ParallelizationFactor": _mapping("ParallelizationFactor", 1),
    "ScalingConfig": _mapping("ScalingConfig", {}),
    "Tags": _mapping_tags,
    "TumblingWindowInSeconds": _mapping("TumblingWindowInSeconds", 0),
}
