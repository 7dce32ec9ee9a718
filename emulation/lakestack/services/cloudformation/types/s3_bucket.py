"""``AWS::S3::Bucket`` with AWS's behaviour where LocalStack's type is more forgiving.

A bucket that exists already is not taken over, one with objects is not emptied for its deletion,
properties can be updated, and the attributes name AWS's hosts. AWS CloudFormation User Guide,
"AWS::S3::Bucket".
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from localstack.services.cloudformation.resource_provider import (
    OperationStatus,
    ProgressEvent,
    ResourceRequest,
)
from localstack.services.s3.resource_providers.aws_s3_bucket import S3BucketProvider

from lakestack.services.arns import bucket_arn

Model = dict[str, Any]


class Bucket(S3BucketProvider):  # type: ignore[misc]
    """Ref: the bucket's name."""

    def create(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        name = request.desired_state.get("BucketName")
        if name and _exists(request.aws_client_factory.s3, name):
            return ProgressEvent(
                OperationStatus.FAILED, resource_model={}, message=f"{name} already exists"
            )
        return self._apply(request)

    def update(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        previous, model = request.previous_state or {}, request.desired_state
        s3 = request.aws_client_factory.s3
        name = model["BucketName"] = previous["BucketName"]
        for key, remove in (
            ("Tags", s3.delete_bucket_tagging),
            ("CorsConfiguration", s3.delete_bucket_cors),
            ("WebsiteConfiguration", s3.delete_bucket_website),
            ("PublicAccessBlockConfiguration", s3.delete_public_access_block),
            ("BucketEncryption", s3.delete_bucket_encryption),
        ):
            if previous.get(key) and not model.get(key):
                remove(Bucket=name)
        if previous.get("NotificationConfiguration") and not model.get("NotificationConfiguration"):
            s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={})
        if previous.get("VersioningConfiguration") and not model.get("VersioningConfiguration"):
            suspended = {"Status": "Suspended"}
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=suspended)
        return self._apply(request)

    def delete(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        s3, name = request.aws_client_factory.s3, request.desired_state["BucketName"]
        try:
            s3.delete_bucket(Bucket=name)
        except ClientError as e:
            if e.response["Error"]["Code"] != "NoSuchBucket":
                raise
        return ProgressEvent(OperationStatus.SUCCESS, resource_model={})

    def _apply(self, request: ResourceRequest[Model]) -> ProgressEvent[Model]:
        """Make the bucket if it is not there, and set its properties."""
        event = S3BucketProvider.create(self, request)
        model, s3 = event.resource_model or {}, request.aws_client_factory.s3
        name = model["BucketName"]
        if blocked := model.get("PublicAccessBlockConfiguration"):
            s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=blocked)
        if encryption := model.get("BucketEncryption"):
            rules = [
                {_renamed(k): v for k, v in rule.items()}
                for rule in encryption["ServerSideEncryptionConfiguration"]
            ]
            s3.put_bucket_encryption(
                Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules}
            )
        return event

    def _setup_post_creation_attributes(self, model: Model, region: str) -> None:
        name = model["BucketName"]
        model["Arn"] = bucket_arn(name, region)
        model["DomainName"] = f"{name}.s3.amazonaws.com"
        model["DualStackDomainName"] = f"{name}.s3.dualstack.{region}.amazonaws.com"
        model["RegionalDomainName"] = f"{name}.s3.{region}.amazonaws.com"
        model["WebsiteURL"] = f"http://{name}.s3-website-{region}.amazonaws.com"


def _renamed(key: str) -> str:
    """CloudFormation's name of the default rule is not that of the S3 API."""
    default = "ServerSideEncryptionByDefault"
    return "ApplyServerSideEncryptionByDefault" if key == default else key


def _exists(s3: Any, name: str) -> bool:
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as e:
        return bool(e.response["ResponseMetadata"]["HTTPStatusCode"] != 404)
    return True
