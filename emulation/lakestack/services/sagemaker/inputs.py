"""The look that SageMaker takes at a training job's channels before it accepts the job."""

from __future__ import annotations

from typing import Any

from lakestack.services.base import client
from lakestack.services.sagemaker import objects
from lakestack.services.sagemaker.state import SagemakerState
from lakestack.services.sagemaker.validation import validation_error


def check_inputs(state: SagemakerState, request: dict[str, Any]) -> None:
    """Refuse channels of which S3 has no object.

    Args:
        request: a training job's, or its definition in a tuning job

    Raises:
        CommonServiceException: ValidationException
    """
    s3 = client(state.account, state.region, "s3")
    for channel in request.get("InputDataConfig") or []:
        uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
        try:
            found = next(objects.keys(s3, uri), None)
        except objects.DownloadError:
            found = None
        if found is None:
            bucket, _ = objects.split_uri(uri)
            raise validation_error(
                f'No S3 objects found under S3 URL "{uri}" given in input data source. Please '
                f"ensure that the bucket exists in the selected region ({state.region}), that "
                f'objects exist under that S3 prefix, and that the role "{request["RoleArn"]}" '
                f'has "s3:ListBucket" permissions on bucket "{bucket}".'
            )
