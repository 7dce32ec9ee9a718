"""CloudFormation's types of Lambda where LocalStack's are more forgiving."""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.lambda_.resource_providers.aws_lambda_version import (
    LambdaVersionProvider,
)

Model = dict[str, Any]


class Version(LambdaVersionProvider):  # type: ignore[misc]
    """A version is a resource of its own: there cannot be a second one of the same function.

    AWS Lambda API Reference, "PublishVersion": Lambda does not publish a version if the function
    has not changed since the last one. CloudFormation then fails, instead of owning it twice.
    """

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        if request.custom_context:
            return LambdaVersionProvider.create(self, request)
        model, client = request.desired_state, request.aws_client_factory.lambda_
        pages = client.get_paginator("list_versions_by_function").paginate(
            FunctionName=model["FunctionName"]
        )
        before = {version["Version"] for page in pages for version in page["Versions"]}
        asked = {n: model[n] for n in ("FunctionName", "CodeSha256", "Description") if n in model}
        made = client.publish_version(**asked)["Version"]
        if made in before:
            return ProgressEvent(
                OperationStatus.FAILED,
                resource_model={},
                message=(
                    f"A version for this Lambda function exists ( {made} ). Modify the function to "
                    "create a new version."
                ),
                error_code="AlreadyExists",
            )
        return LambdaVersionProvider.create(self, request)  # publishing again gives this one
