"""GetResources, GetTagKeys and GetTagValues: resources of LocalStack's services and ours.

moto looks into its own tables, which are empty for the services that LocalStack or we have, and
fails once a model package was registered. Each service here is asked by its own API; the rest stays
with moto. Resource Groups Tagging API Reference, "GetResources".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from moto.core.exceptions import RESTError

from lakestack import patches
from lakestack.services.arns import arn
from lakestack.services.base import client

Tags = list[dict[str, str]]


@dataclass(frozen=True)
class _Source:
    """How the tagged resources of a type are found.

    Attributes:
        service: boto3's name
        kinds: types that a filter may name, the service's own first
        listing: operation that lists them, with the key of the list
        arn: from the client, the account and a listed item
        tags: operation for the tags, its parameter, and the key of the answer
        given: the parameter's value from the item, where it is not the ARN
    """

    service: str
    kinds: tuple[str, ...]
    listing: tuple[str, str]
    arn: Callable[[Any, str, Any], str]
    tags: tuple[str, str, str]
    given: Callable[[Any], str] | None = None


def _field(name: str) -> Callable[[Any, str, Any], str]:
    return lambda _, _account, item: str(item[name])


def _table(dynamodb: Any, _account: str, name: str) -> str:
    return str(dynamodb.describe_table(TableName=name)["Table"]["TableArn"])


def _queue(sqs: Any, _account: str, url: str) -> str:
    about = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return str(about["Attributes"]["QueueArn"])


def _firehose(firehose: Any, _account: str, name: str) -> str:
    about = firehose.describe_delivery_stream(DeliveryStreamName=name)
    return str(about["DeliveryStreamDescription"]["DeliveryStreamARN"])


def _sagemaker(kind: str, listing: str, key: str, field: str) -> _Source:
    tags = ("list_tags", "ResourceArn", "Tags")
    kinds = ("sagemaker", f"sagemaker:{kind}")
    return _Source("sagemaker", kinds, (listing, key), _field(field), tags)


def _glue(kind: str, listing: str, key: str) -> _Source:
    def arn_of(glue: Any, account: str, name: str) -> str:
        return arn("glue", glue.meta.region_name, account, f"{kind}/{name}")

    tags = ("get_tags", "ResourceArn", "Tags")
    return _Source("glue", ("glue", f"glue:{kind}"), (listing, key), arn_of, tags)


_SOURCES = (
    _Source(
        "s3",
        ("s3", "s3:bucket"),
        ("list_buckets", "Buckets"),
        lambda _, _account, bucket: f"arn:aws:s3:::{bucket['Name']}",
        ("get_bucket_tagging", "Bucket", "TagSet"),
        lambda bucket: str(bucket["Name"]),
    ),
    _Source(
        "kinesis",
        ("kinesis", "kinesis:stream"),
        ("list_streams", "StreamSummaries"),
        _field("StreamARN"),
        ("list_tags_for_resource", "ResourceARN", "Tags"),
    ),
    _Source(
        "firehose",
        ("firehose", "firehose:deliverystream"),
        ("list_delivery_streams", "DeliveryStreamNames"),
        _firehose,
        ("list_tags_for_delivery_stream", "DeliveryStreamName", "Tags"),
        str,
    ),
    _Source(
        "lambda",
        ("lambda", "lambda:function"),
        ("list_functions", "Functions"),
        _field("FunctionArn"),
        ("list_tags", "Resource", "Tags"),
    ),
    _Source(
        "dynamodb",
        ("dynamodb", "dynamodb:table"),
        ("list_tables", "TableNames"),
        _table,
        ("list_tags_of_resource", "ResourceArn", "Tags"),
    ),
    _Source(
        "sqs",
        ("sqs", "sqs:queue"),
        ("list_queues", "QueueUrls"),
        _queue,
        ("list_queue_tags", "QueueUrl", "Tags"),
        str,
    ),
    _Source(
        "sns",
        ("sns", "sns:topic"),
        ("list_topics", "Topics"),
        _field("TopicArn"),
        ("list_tags_for_resource", "ResourceArn", "Tags"),
    ),
    _Source(
        "stepfunctions",
        ("states", "states:stateMachine"),
        ("list_state_machines", "stateMachines"),
        _field("stateMachineArn"),
        ("list_tags_for_resource", "resourceArn", "tags"),
    ),
    _sagemaker("model", "list_models", "Models", "ModelArn"),
    _sagemaker("endpoint", "list_endpoints", "Endpoints", "EndpointArn"),
    _sagemaker("endpoint-config", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigArn"),
    _sagemaker("training-job", "list_training_jobs", "TrainingJobSummaries", "TrainingJobArn"),
    _glue("job", "list_jobs", "JobNames"),
    _glue("crawler", "list_crawlers", "CrawlerNames"),
)
_FROM_MOTO = ("acm", "ec2", "kms", "logs", "redshift", "route53", "secretsmanager", "ssm")
"""Types whose resources moto holds; it is asked for these alone."""


def install() -> None:
    """Put ours into the place of moto's, once it is imported: it imports some forty services."""
    patches.replace_on_import("tagging.resources", lambda _: _resources)
    patches.replace_on_import("tagging.keys", lambda _: _keys)
    patches.replace_on_import("tagging.values", lambda _: _values)


def _resources(
    backend: Any,
    tag_filters: list[dict[str, Any]] | None = None,
    resource_type_filters: list[str] | None = None,
) -> Iterator[dict[str, Any]]:
    kinds = resource_type_filters or []
    for found in _held(backend.account_id, backend.region_name, kinds):
        if _fits(found["Tags"], tag_filters or []):
            yield found
    rest = [k for k in kinds if k.partition(":")[0] in _FROM_MOTO] if kinds else [*_FROM_MOTO]
    if rest:
        make = patches.original("tagging.resources")
        yield from make(backend, tag_filters or [], rest)


def _keys(backend: Any) -> Iterator[str]:
    tags = (tag for found in _resources(backend) for tag in found["Tags"])
    yield from sorted({tag["Key"] for tag in tags})


def _values(backend: Any, tag_key: str) -> Iterator[str]:
    tags = (tag for found in _resources(backend) for tag in found["Tags"])
    yield from sorted({tag["Value"] for tag in tags if tag["Key"] == tag_key})


def _held(account: str, region: str, kinds: list[str]) -> Iterator[dict[str, Any]]:
    for source in _SOURCES:
        if kinds and not set(kinds) & set(source.kinds):
            continue
        api = client(account, region, source.service)
        operation, key = source.listing
        for item in _listed(api, operation, key):
            name = source.arn(api, account, item)
            if tags := _tags(api, source, source.given(item) if source.given else name):
                yield {"ResourceARN": name, "Tags": tags}


def _listed(api: Any, operation: str, key: str) -> Iterator[Any]:
    if api.can_paginate(operation):
        for page in api.get_paginator(operation).paginate():
            yield from page.get(key) or ()
    else:
        yield from getattr(api, operation)().get(key) or ()


def _tags(api: Any, source: _Source, given: str) -> Tags:
    operation, parameter, key = source.tags
    try:
        return _plain(getattr(api, operation)(**{parameter: given}).get(key) or [])
    except ClientError as e:
        # A bucket without tags is an error, and a resource may go meanwhile.
        code = str(e.response["Error"]["Code"])
        if "NoSuch" in code or "NotFound" in code or "NonExistent" in code:
            return []
        raise RESTError("InternalServiceException", f"{source.service}: {e}") from e


def _plain(tags: Any) -> Tags:
    if isinstance(tags, dict):
        return [{"Key": key, "Value": value} for key, value in tags.items()]
    return [
        {"Key": str(t.get("Key", t.get("key"))), "Value": str(t.get("Value", t.get("value", "")))}
        for t in tags
    ]


def _fits(tags: Tags, filters: list[dict[str, Any]]) -> bool:
    return all(
        any(
            tag["Key"] == each.get("Key")
            and (not each.get("Values") or tag["Value"] in each["Values"])
            for tag in tags
        )
        for each in filters
    )
