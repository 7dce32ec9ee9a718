"""``AWS::Serverless-2016-10-31``: SAM's own translator, with AWS's words for what it refuses.

AWS Serverless Application Model Developer Guide, "AWS SAM CLI troubleshooting", shows them: the
transform's name, the document's error with the number of errors, then each error.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from localstack.services.cloudformation.engine.transformers import FailedTransformationException
from localstack.services.cloudformation.engine.v2.change_set_model_transform import (
    SERVERLESS_TRANSFORM,
    ChangeSetModelTransform,
)
from samtranslator.model.exceptions import (
    ExceptionWithMessage,
    InvalidDocumentException,
    InvalidResourceException,
)

_APPLICATION = "AWS::Serverless::Application"
_ONE_AT_A_TIME = threading.Lock()
"""LocalStack's part sets an environment variable for SAM's."""


def expanded(region: str, template: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The template that SAM makes of one.

    Args:
        values: of the template's parameters

    Raises:
        FailedTransformationException: SAM refuses it, or an application of the repository is in it
    """
    if elsewhere := list(_of_the_repository(template)):
        raise _failed(InvalidDocumentException(elsewhere))
    try:
        with _ONE_AT_A_TIME:
            made: dict[str, Any] = ChangeSetModelTransform._apply_global_serverless_transformation(
                region, template, dict(values)
            )
    except FailedTransformationException as e:
        raise _failed(e.__context__ or e) from e
    return made


def _of_the_repository(template: dict[str, Any]) -> Any:
    resources = template.get("Resources")
    for name, resource in (resources if isinstance(resources, dict) else {}).items():
        if not isinstance(resource, dict) or resource.get("Type") != _APPLICATION:
            continue
        properties = resource.get("Properties")
        location = properties.get("Location") if isinstance(properties, dict) else None
        if isinstance(location, dict) and {"ApplicationId", "SemanticVersion"} <= set(location):
            yield InvalidResourceException(
                name,
                "The AWS Serverless Application Repository is not emulated: give Location as the "
                "URL of the application's template.",
            )


def _failed(error: BaseException) -> FailedTransformationException:
    said = str(error) or type(error).__name__
    if isinstance(error, ExceptionWithMessage):
        causes = error.causes if isinstance(error, InvalidDocumentException) else []
        said = " ".join([error.message, *(each.message for each in causes)])
    return FailedTransformationException(
        SERVERLESS_TRANSFORM, f"Transform {SERVERLESS_TRANSFORM} failed with: {said}"
    )
