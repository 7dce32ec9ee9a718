"""SageMaker's ValidationException, and the check of a request that asks for it by itself.

Every request is checked before its handler (`lakestack.services.request_validation`).
"""

from __future__ import annotations

from typing import Any

from botocore.model import Shape
from localstack.aws.api import CommonServiceException

from lakestack.services.base import aws_error
from lakestack.services.request_validation.constraints import FULL, faults_of
from lakestack.services.request_validation.faults import summary


def validation_error(message: str) -> CommonServiceException:
    """SageMaker's ValidationException with this message."""
    return aws_error("ValidationException", message)


def unsupported(what: str, valid: str) -> CommonServiceException:
    """The error for a part of SageMaker that the emulator lacks."""
    return validation_error(f"The emulator does not support {what}; valid here: {valid}.")


def check_request(shape: Shape | None, request: dict[str, Any]) -> None:
    """Refuse a request that breaks a constraint of its API shape.

    Raises:
        CommonServiceException: ValidationException naming each member and its constraint
    """
    if shape is not None and (faults := faults_of(shape, request, FULL)):
        raise validation_error(summary(faults))
