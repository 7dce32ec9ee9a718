"""``AWS::KinesisFirehose::DeliveryStream`` with updates, which LocalStack's type does not have.

AWS CloudFormation User Guide, "AWS::KinesisFirehose::DeliveryStream": destinations, tags and
encryption are updated without interruption, by UpdateDestination and the like.
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.kinesisfirehose.resource_providers.aws_kinesisfirehose_deliverystream import (  # noqa: E501
    KinesisFirehoseDeliveryStreamProvider,
)

Model = dict[str, Any]

_SUFFIX = "DestinationConfiguration"
_ENCRYPTION = "DeliveryStreamEncryptionConfigurationInput"
_RENAMED = {"S3Configuration": "S3Update", "S3BackupConfiguration": "S3BackupUpdate"}
_ABSENT: dict[str, Any] = {
    "Prefix": "",
    "ErrorOutputPrefix": "",
    "FileExtension": "",
    "CustomTimeZone": "UTC",
    "CompressionFormat": "UNCOMPRESSED",
    "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    "CloudWatchLoggingOptions": {"Enabled": False},
    "ProcessingConfiguration": {"Enabled": False},
    "DataFormatConversionConfiguration": {"Enabled": False},
    "BufferingHints": {},
    "RequestConfiguration": {},
    "RetryOptions": {},
}
"""What a member becomes that the new template does not have."""


class DeliveryStream(KinesisFirehoseDeliveryStreamProvider):  # type: ignore[misc]
    """Ref: the delivery stream's name."""

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        previous, model = request.previous_state or {}, request.desired_state
        firehose = request.aws_client_factory.firehose
        name = model["DeliveryStreamName"] = previous["DeliveryStreamName"]
        model["Arn"] = previous["Arn"]
        (kind,) = [key for key in model if key.endswith(_SUFFIX) and model[key]]
        if model[kind] != previous.get(kind):
            found = firehose.describe_delivery_stream(DeliveryStreamName=name)
            described = found["DeliveryStreamDescription"]
            firehose.update_destination(
                DeliveryStreamName=name,
                CurrentDeliveryStreamVersionId=described["VersionId"],
                DestinationId=described["Destinations"][0]["DestinationId"],
                **{
                    kind.replace("Configuration", "Update"): changes(
                        previous.get(kind) or {}, model[kind]
                    )
                },
            )
        _update_tags(firehose, name, previous.get("Tags") or [], model.get("Tags") or [])
        if (wanted := model.get(_ENCRYPTION)) != previous.get(_ENCRYPTION):
            if wanted:
                firehose.start_delivery_stream_encryption(
                    DeliveryStreamName=name, **{_ENCRYPTION: wanted}
                )
            else:
                firehose.stop_delivery_stream_encryption(DeliveryStreamName=name)
        return ProgressEvent(OperationStatus.SUCCESS, resource_model=model)


def changes(previous: Model, wanted: Model) -> Model:
    """The members of an update that make a destination what the new template says."""
    absent = {name: _ABSENT[name] for name in previous if name not in wanted and name in _ABSENT}
    return {_RENAMED.get(name, name): value for name, value in {**absent, **wanted}.items()}


def _update_tags(firehose: Any, name: str, previous: list[Any], wanted: list[Any]) -> None:
    old, new = ({tag["Key"]: tag for tag in tags} for tags in (previous, wanted))
    if gone := [key for key in old if key not in new]:
        firehose.untag_delivery_stream(DeliveryStreamName=name, TagKeys=gone)
    if changed := [tag for key, tag in new.items() if old.get(key) != tag]:
        firehose.tag_delivery_stream(DeliveryStreamName=name, Tags=changed)
