"""Amazon Resource Names, in the partition of their region.

AWS IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)": the partition is
``aws``, in China ``aws-cn``, in AWS GovCloud (US) ``aws-us-gov``.
"""

from __future__ import annotations

from localstack.utils.aws.arns import get_partition


def arn(service: str, region: str, account: str, resource: str) -> str:
    """The ARN of a resource.

    Args:
        service: its namespace, such as ``kinesis``
        resource: type and name as the service writes them, such as ``stream/ratings``
    """
    return f"{arn_prefix(service, region)}{account}:{resource}"


def arn_prefix(service: str, region: str) -> str:
    """How the ARNs of a service in a region begin, colon before the account included."""
    return f"arn:{get_partition(region)}:{service}:{region}:"


def bucket_arn(name: str, region: str) -> str:
    """The ARN of an S3 bucket, which names neither region nor account.

    Args:
        region: of the request; its partition is the bucket's
    """
    return f"arn:{get_partition(region)}:s3:::{name}"


def global_arn(service: str, region: str, account: str, resource: str) -> str:
    """The ARN of a resource that belongs to no region, such as a role.

    Args:
        region: of the request; its partition is the resource's
    """
    return f"arn:{get_partition(region)}:{service}::{account}:{resource}"
