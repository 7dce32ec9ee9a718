"""Which IAM actions an operation needs.

Most have the operation's own name. The others are from Amazon S3 User Guide, "Required permissions
for Amazon S3 API operations", AWS Lambda API Reference, "Invoke", and Amazon DynamoDB Developer
Guide, "Using IAM with DynamoDB transactions".
"""

from __future__ import annotations

from typing import Final

from tests.integration.aws_target.calls import Call

PREFIX: Final = {
    "resourcegroupstaggingapi": "tag",
    "sagemaker-runtime": "sagemaker",
    "service-quotas": "servicequotas",
    "stepfunctions": "states",
}
"""Of IAM, by botocore's name of the service, where they differ."""

NAMED_OTHERWISE: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("lambda", "Invoke"): ("lambda:InvokeFunction",),
    ("s3", "AbortMultipartUpload"): ("s3:AbortMultipartUpload",),
    ("s3", "CompleteMultipartUpload"): ("s3:PutObject",),
    ("s3", "CopyObject"): ("s3:GetObject", "s3:PutObject"),
    ("s3", "CreateMultipartUpload"): ("s3:PutObject",),
    ("s3", "DeleteObjects"): ("s3:DeleteObject",),
    ("s3", "GetBucketNotificationConfiguration"): ("s3:GetBucketNotification",),
    ("s3", "HeadBucket"): ("s3:ListBucket",),
    # Without ListBucket, a key that is not there gives 403 and not 404.
    ("s3", "GetObject"): ("s3:GetObject", "s3:ListBucket"),
    ("s3", "HeadObject"): ("s3:GetObject", "s3:ListBucket"),
    ("s3", "ListBuckets"): ("s3:ListAllMyBuckets",),
    ("s3", "ListMultipartUploads"): ("s3:ListBucketMultipartUploads",),
    ("s3", "ListObjectVersions"): ("s3:ListBucketVersions",),
    ("s3", "ListObjectsV2"): ("s3:ListBucket",),
    ("s3", "UploadPart"): ("s3:PutObject",),
    ("s3", "UploadPartCopy"): ("s3:GetObject", "s3:PutObject"),
}

_TRANSACTED: Final = {
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}


def actions_of(call: Call) -> set[str]:
    """What whoever makes the call must be allowed to do, but for `iam:PassRole`."""
    if (call.service, call.operation) == ("dynamodb", "TransactWriteItems"):
        return {_TRANSACTED[kind] for item in call.params["TransactItems"] for kind in item}
    found = actions_by_name(call.service, call.operation)
    if call.operation == "DeleteObjects" and "VersionId" in str(call.params):
        found.add("s3:DeleteObjectVersion")
    if call.params.get("Tags") and call.operation.startswith(("Create", "Update")):
        found |= {"sagemaker": {"sagemaker:AddTags"}}.get(call.service, set())
        found |= {"cloudformation": {"cloudformation:TagResource"}}.get(call.service, set())
    return found


def actions_by_name(service: str, operation: str) -> set[str]:
    """As `actions_of`, as far as the operation alone tells."""
    named = NAMED_OTHERWISE.get((service, operation))
    return set(named) if named else {f"{PREFIX.get(service, service)}:{operation}"}
