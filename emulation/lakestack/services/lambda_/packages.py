"""Deployment packages of functions and layers: looked at when they come in, unpacked by us.

LocalStack runs `unzip`, and Python's zipfile after it where that fails; both follow links that the
archive itself has made. AWS Lambda Developer Guide, "Lambda quotas": 250 MB unzipped.
"""

from __future__ import annotations

import functools
import logging
from pathlib import Path
from typing import IO, Any

from localstack import config
from localstack.aws.api.lambda_ import InvalidParameterValueException

from lakestack import patches
from lakestack.archives import ArchiveError, TooLargeError, check_zip, unzip

LOG = logging.getLogger(__name__)


def install() -> None:
    """Put our checks and our unpacking into LocalStack's Lambda."""
    patches.replace("lambda.size", checked_size)
    patches.replace("lambda.unzip", _unzip)
    stop = patches.original("lambda.stop_version")
    patches.replace("lambda.stop_version", _stop_failed_too(stop))


def checked_size(zip_file: IO[bytes]) -> int:
    """Bytes that a package unpacks to.

    Called for CreateFunction, UpdateFunctionCode and PublishLayerVersion before anything is stored.

    Raises:
        InvalidParameterValueException: too large, damaged, or with an entry that is refused
    """
    limit: int = config.LAMBDA_LIMITS_CODE_SIZE_UNZIPPED
    try:
        return check_zip(zip_file, limit - 1)
    except TooLargeError as e:
        raise InvalidParameterValueException(
            f"Unzipped size must be smaller than {limit} bytes", Type="User"
        ) from e
    except ArchiveError as e:
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again. "
            f"({e})",
            Type="User",
        ) from e


def _unzip(path: str, target_dir: str) -> None:
    unzip(Path(path), Path(target_dir), config.LAMBDA_LIMITS_CODE_SIZE_UNZIPPED, "the package")


def _stop_failed_too(original: Any) -> Any:
    """A version that could not be unpacked has no manager left to stop, and can be deleted."""

    @functools.wraps(original)
    def stop_version(self: Any, qualified_arn: str) -> None:
        try:
            original(self, qualified_arn)
        except ValueError as e:
            LOG.debug("nothing to stop: %s", e)

    return stop_version
