"""What requests to S3 may hold beyond their shapes: sizes of pages and of metadata.

Amazon S3 User Guide, "Working with object metadata": user-defined metadata is at most 2 KB, "the
sum of the number of bytes in the UTF-8 encoding of each key and value". Amazon S3 API Reference,
"Error responses": `MetadataTooLarge`, `InvalidArgument`.
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.s3 import InvalidArgument

MOST_METADATA = 2048
"""Bytes."""
_MOST = 2**31 - 1
_SIZES = {
    "MaxKeys": ("max-keys", "maxKeys"),
    "MaxUploads": ("max-uploads", "max-uploads"),
    "MaxParts": ("max-parts", "max-parts"),
}


def page_size(request: dict[str, Any]) -> CommonServiceException | None:
    """Refuse a page of less than no entries."""
    for member, (parameter, name) in _SIZES.items():
        size = request.get(member)
        if size is not None and not 0 <= size <= _MOST:
            return InvalidArgument(
                f"Argument {name} must be an integer between 0 and {_MOST}",
                ArgumentName=parameter,
                ArgumentValue=str(size),
            )
    return None


def metadata(request: dict[str, Any]) -> CommonServiceException | None:
    """Refuse more user-defined metadata than an object can have."""
    given = request.get("Metadata")
    if not given:
        return None
    size = sum(len(text.encode()) for pair in given.items() for text in pair)
    if size <= MOST_METADATA:
        return None
    return CommonServiceException(
        "MetadataTooLarge",
        "Your metadata headers exceed the maximum allowed metadata size: "
        f"{size} bytes of at most {MOST_METADATA}",
    )
