"""Which transform jobs the emulator can run."""

from __future__ import annotations

from typing import Any

from lakestack.services.sagemaker import rules
from lakestack.services.sagemaker.objects import split_uri
from lakestack.services.sagemaker.transform.filters import DataProcessing
from lakestack.services.sagemaker.validation import unsupported, validation_error

DEFAULT_PAYLOAD_MB, MAX_PAYLOAD_MB = 6, 100


def check_transform_job(request: dict[str, Any]) -> None:
    """Refuse a transform job that AWS refuses or that cannot run here.

    Raises:
        CommonServiceException: ValidationException or ResourceLimitExceeded
    """
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    if source["S3DataType"] not in ("S3Prefix", "ManifestFile"):
        raise unsupported(f"S3DataType {source['S3DataType']}", "S3Prefix, ManifestFile")
    split = request["TransformInput"].get("SplitType", "None")
    if split not in ("None", "Line"):
        raise unsupported(f"SplitType {split}", "None, Line")
    if request.get("DataCaptureConfig"):
        raise unsupported("DataCaptureConfig", "a job without it")
    for where, uri in (
        ("TransformInput S3Uri", source["S3Uri"]),
        ("S3OutputPath", request["TransformOutput"]["S3OutputPath"]),
    ):
        try:
            split_uri(uri)
        except ValueError as e:
            raise validation_error(f"{where}: {e}.") from e
    megabytes = request.get("MaxPayloadInMB", DEFAULT_PAYLOAD_MB)
    parallel = max(1, request.get("MaxConcurrentTransforms", 1))
    if megabytes * parallel > MAX_PAYLOAD_MB:
        raise validation_error(
            f"MaxPayloadInMB ({megabytes}) * MaxConcurrentTransforms ({parallel}) must not exceed "
            f"{MAX_PAYLOAD_MB} MB."
        )
    resources = request["TransformResources"]
    rules.check_instances(resources["InstanceType"], resources["InstanceCount"], "transform job")
    DataProcessing(request)
