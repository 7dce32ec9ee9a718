"""The Firehose API; selected in LocalStack by PROVIDER_OVERRIDE_FIREHOSE=lake."""

from __future__ import annotations

import re
import uuid
from typing import Any

from localstack.aws.api import RequestContext, ServiceException, handler
from localstack.aws.api.firehose import (
    InvalidArgumentException,
    InvalidSourceException,
    LimitExceededException,
    ResourceNotFoundException,
    ServiceUnavailableException,
)
from localstack.runtime.shutdown import SHUTDOWN_HANDLERS
from localstack.services.plugins import ServiceLifecycleHook

from lakestack import clock
from lakestack.services.arns import arn_prefix
from lakestack.services.firehose import destinations, properties, store
from lakestack.services.firehose.delivery_stream import DeliveryStream
from lakestack.services.firehose.destination import Destination
from lakestack.services.firehose.source import (
    DirectSource,
    KinesisSource,
    QueueFullError,
    Source,
)
from lakestack.services.kinesis.store import STORE as KINESIS

MAX_BATCH_RECORDS = 500
MAX_BATCH_BYTES = 4 * 1024 * 1024
MAX_RECORD_BYTES = 1000 * 1024
MAX_TAGS = 50
_SHUTDOWN_SECONDS = 10.0
_NAME = re.compile(r"[a-zA-Z0-9_.-]{1,64}")


class FirehoseProvider(ServiceLifecycleHook):  # type: ignore[misc]
    """Delivery streams from DirectPut or Kinesis to S3 or an HTTP endpoint."""

    service = "firehose"

    def on_after_init(self) -> None:
        # Runs before any service stops, so that S3 still takes what is pending.
        SHUTDOWN_HANDLERS.register(lambda: store.STORE.reset(timeout=_SHUTDOWN_SECONDS))

    def on_before_state_reset(self) -> None:
        store.STORE.reset(timeout=_SHUTDOWN_SECONDS)

    @handler("CreateDeliveryStream", expand=False)
    def create_delivery_stream(self, context: RequestContext, request: Any) -> Any:
        name = request["DeliveryStreamName"]
        if not _NAME.fullmatch(name):
            raise InvalidArgumentException(
                f"DeliveryStreamName '{name}' is not valid; valid: 1 to 64 of [a-zA-Z0-9_.-]"
            )
        properties.check("CreateDeliveryStream", request)
        tags = _tags(request.get("Tags") or [])
        source, kinesis_source = _source(context, request)
        destination = _destination(request)
        encryption = None
        if wanted := request.get("DeliveryStreamEncryptionConfigurationInput"):
            encryption = _encryption(source, wanted)
        stream = store.create(
            context.account_id,
            context.region,
            name,
            destination=destination,
            source=source,
            kinesis_source=kinesis_source,
            direct_source=request.get("DirectPutSourceConfiguration"),
        )
        stream.tags = tags
        if encryption is not None:
            stream.encryption = encryption
        return {"DeliveryStreamARN": stream.arn}

    @handler("DescribeDeliveryStream", expand=False)
    def describe_delivery_stream(self, context: RequestContext, request: Any) -> Any:
        return {"DeliveryStreamDescription": self._stream(context, request).describe()}

    @handler("ListDeliveryStreams", expand=False)
    def list_delivery_streams(self, context: RequestContext, request: Any) -> Any:
        after = request.get("ExclusiveStartDeliveryStreamName") or ""
        kind = request.get("DeliveryStreamType")
        names = [
            stream.name
            for stream in store.STORE.get(context.account_id, context.region).all()
            if stream.name > after and kind in (None, stream.describe()["DeliveryStreamType"])
        ]
        page = names[: request.get("Limit") or 10]
        return {"DeliveryStreamNames": page, "HasMoreDeliveryStreams": len(page) < len(names)}

    @handler("DeleteDeliveryStream", expand=False)
    def delete_delivery_stream(self, context: RequestContext, request: Any) -> Any:
        self._stream(context, request).delete()
        return {}

    @handler("UpdateDestination", expand=False)
    def update_destination(self, context: RequestContext, request: Any) -> Any:
        stream = self._stream(context, request)
        given = [k for k in request if k.endswith("DestinationUpdate") and request[k]]
        if len(given) != 1:
            raise InvalidArgumentException(
                f"Exactly one destination update is needed; received {', '.join(given) or 'none'}"
            )
        properties.check("UpdateDestination", request)
        stream.update(
            request["CurrentDeliveryStreamVersionId"],
            request["DestinationId"],
            dict(request[given[0]]),
            given[0].removesuffix("Update"),
        )
        return {}

    @handler("PutRecord", expand=False)
    def put_record(self, context: RequestContext, request: Any) -> Any:
        stream, queue = self._queue(context, request)
        data = _check_record(request["Record"])
        try:
            queue.put(clock.moment(), data)
        except QueueFullError as e:
            raise ServiceUnavailableException(_full(stream)) from e
        stream.metrics.put("PutRecord", [len(data)])
        return {"RecordId": _record_id(), "Encrypted": _encrypted(stream)}

    @handler("PutRecordBatch", expand=False)
    def put_record_batch(self, context: RequestContext, request: Any) -> Any:
        stream, queue = self._queue(context, request)
        records = request["Records"]
        if not 1 <= len(records) <= MAX_BATCH_RECORDS:
            raise InvalidArgumentException(
                f"Records has {len(records)} members; valid: 1 to {MAX_BATCH_RECORDS}"
            )
        data = [_check_record(record) for record in records]
        if (total := sum(map(len, data))) > MAX_BATCH_BYTES:
            raise InvalidArgumentException(
                f"Records size {total} exceeds the 4 MB limit of a request"
            )
        now, failed, responses, taken = clock.moment(), 0, [], []
        for item in data:
            try:
                queue.put(now, item)
                responses.append({"RecordId": _record_id()})
                taken.append(len(item))
            except QueueFullError:
                failed += 1
                error = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": _full(stream)}
                responses.append(error)
        stream.metrics.put("PutRecordBatch", taken)
        return {
            "FailedPutCount": failed,
            "Encrypted": _encrypted(stream),
            "RequestResponses": responses,
        }

    @handler("TagDeliveryStream", expand=False)
    def tag_delivery_stream(self, context: RequestContext, request: Any) -> Any:
        stream = self._stream(context, request)
        tags = {**stream.tags, **_tags(request["Tags"])}
        if len(tags) > MAX_TAGS:
            raise LimitExceededException(f"{stream.name} would have more than {MAX_TAGS} tags")
        stream.tags = tags
        return {}

    @handler("UntagDeliveryStream", expand=False)
    def untag_delivery_stream(self, context: RequestContext, request: Any) -> Any:
        stream = self._stream(context, request)
        for key in request["TagKeys"]:
            stream.tags.pop(key, None)
        return {}

    @handler("ListTagsForDeliveryStream", expand=False)
    def list_tags_for_delivery_stream(self, context: RequestContext, request: Any) -> Any:
        stream = self._stream(context, request)
        after = request.get("ExclusiveStartTagKey") or ""
        keys = sorted(key for key in stream.tags if key > after)
        page = keys[: request.get("Limit") or MAX_TAGS]
        return {
            "Tags": [{"Key": key, "Value": stream.tags[key]} for key in page],
            "HasMoreTags": len(page) < len(keys),
        }

    @handler("StartDeliveryStreamEncryption", expand=False)
    def start_delivery_stream_encryption(self, context: RequestContext, request: Any) -> Any:
        stream = self._stream(context, request)
        wanted = request.get("DeliveryStreamEncryptionConfigurationInput") or {}
        stream.encryption = _encryption(stream.source, wanted)
        return {}

    @handler("StopDeliveryStreamEncryption", expand=False)
    def stop_delivery_stream_encryption(self, context: RequestContext, request: Any) -> Any:
        stream = self._stream(context, request)
        _require_direct(stream.source)
        stream.encryption = {"Status": "DISABLED"}
        return {}

    def _stream(self, context: RequestContext, request: Any) -> DeliveryStream:
        return store.get(context.account_id, context.region, request["DeliveryStreamName"])

    def _queue(self, context: RequestContext, request: Any) -> tuple[DeliveryStream, DirectSource]:
        stream = self._stream(context, request)
        if stream.status != "ACTIVE":
            raise ResourceNotFoundException(
                f"Firehose {stream.name} under account {stream.account} not found: "
                f"it is {stream.status}"
            )
        queue = stream.direct_source()
        if queue is None:
            raise InvalidSourceException(
                f"Unsupported delivery stream type: {stream.name} reads a Kinesis stream and "
                "takes no records of its own"
            )
        return stream, queue


def _destination(request: Any) -> Destination:
    suffix = "DestinationConfiguration"
    given = [k.removesuffix("Configuration") for k in request if k.endswith(suffix) and request[k]]
    if len(given) != 1:
        raise InvalidArgumentException(
            f"Exactly one destination configuration is supported for a Firehose; "
            f"received {', '.join(given) or 'none'}"
        )
    return destinations.parse(given[0], dict(request[f"{given[0]}Configuration"]))


def _source(context: RequestContext, request: Any) -> tuple[Source, dict[str, Any] | None]:
    kind = request.get("DeliveryStreamType") or "DirectPut"
    config = request.get("KinesisStreamSourceConfiguration")
    if kind not in ("DirectPut", "KinesisStreamAsSource"):
        raise properties.unsupported(f"DeliveryStreamType {kind}")
    if kind == "DirectPut":
        if config:
            raise InvalidArgumentException(
                "KinesisStreamSourceConfiguration is valid with DeliveryStreamType "
                "KinesisStreamAsSource only"
            )
        return DirectSource(), None
    if request.get("DirectPutSourceConfiguration"):
        raise InvalidArgumentException(
            "DirectPutSourceConfiguration is valid with DeliveryStreamType DirectPut only"
        )
    if not config or not config.get("KinesisStreamARN") or not config.get("RoleARN"):
        raise InvalidArgumentException(
            "KinesisStreamAsSource needs KinesisStreamSourceConfiguration with KinesisStreamARN "
            "and RoleARN"
        )
    arn = config["KinesisStreamARN"]
    if not arn.startswith(arn_prefix("kinesis", context.region)):
        raise InvalidArgumentException(f"KinesisStreamARN {arn} is not a stream in this region")
    try:
        stream = KINESIS.by_arn(arn)
    except ServiceException as e:
        raise InvalidArgumentException(f"Kinesis stream {arn} cannot be read: {e.message}") from e
    return KinesisSource(stream, lambda: KINESIS.find(arn)), dict(config)


def _tags(tags: list[Any]) -> dict[str, str]:
    found = {}
    for tag in tags:
        key, value = tag["Key"], tag.get("Value") or ""
        if not 1 <= len(key) <= 128 or key.lower().startswith("aws:") or len(value) > 256:
            raise InvalidArgumentException(
                f"Tag '{key}' is invalid: keys have 1 to 128 characters and do not begin with "
                "'aws:', values at most 256 characters"
            )
        found[key] = value
    if len(found) > MAX_TAGS:
        raise LimitExceededException(f"{len(found)} tags: at most {MAX_TAGS} are possible")
    return found


def _check_record(record: Any) -> bytes:
    data = record["Data"]
    if len(data) > MAX_RECORD_BYTES:
        raise InvalidArgumentException(
            f"Record of {len(data)} bytes exceeds the limit of {MAX_RECORD_BYTES} bytes"
        )
    return bytes(data)


def _encryption(source: Source, config: Any) -> dict[str, Any]:
    _require_direct(source)
    kind = config.get("KeyType") or "AWS_OWNED_CMK"
    if (kind == "CUSTOMER_MANAGED_CMK") != bool(config.get("KeyARN")):
        raise InvalidArgumentException(
            f"KeyARN must be given with CUSTOMER_MANAGED_CMK and only then; KeyType is {kind}"
        )
    return {**config, "KeyType": kind, "Status": "ENABLED"}


def _require_direct(source: Source) -> None:
    if not isinstance(source, DirectSource):
        raise InvalidArgumentException(
            "Server-side encryption of a delivery stream needs DirectPut; encrypt the Kinesis "
            "stream instead (StartStreamEncryption)"
        )


def _encrypted(stream: DeliveryStream) -> bool:
    return bool(stream.encryption["Status"] == "ENABLED")


def _record_id() -> str:
    return f"{uuid.uuid4().hex}{uuid.uuid4().hex}"


def _full(stream: DeliveryStream) -> str:
    return (
        f"Slow down: {stream.name} holds as many records as it may while its destination takes none"
    )
