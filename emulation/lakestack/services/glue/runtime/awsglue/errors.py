"""Errors of this package.

AwsGlueError
├── UnsupportedApiError        an API of AWS Glue that is not here (also a NotImplementedError)
│   └── UnsupportedAttributeError   of an object (also an AttributeError)
├── ErrorThresholdError   a transformation made too many error records
├── CatalogError          a table or database of the Data Catalog cannot be read as it is described
└── SourceError           the data of a source cannot be read
"""

from __future__ import annotations

from typing import Any, ClassVar

from .coverage.context import instead as instead_of

__all__ = [
    "AwsGlueError",
    "CatalogError",
    "ErrorThresholdError",
    "NamesWhatIsMissing",
    "SourceError",
    "UnsupportedApiError",
    "UnsupportedAttributeError",
]


class AwsGlueError(Exception):
    """Base of the errors of this package."""


class UnsupportedApiError(AwsGlueError, NotImplementedError):
    """An API of AWS Glue that this package does not have.

    Args:
        api: its name, for example ``awsglue.transforms.FindMatches``
        instead: what to use in its place, as `coverage` says
    """

    def __init__(self, api: str, instead: str = "") -> None:
        advice = f"; instead: {instead}" if instead else ""
        super().__init__(
            f"{api} is not available in this awsglue; it is part of AWS Glue's own{advice}"
        )
        self.api = api


class UnsupportedAttributeError(UnsupportedApiError, AttributeError):
    """An attribute that AWS Glue's objects may have and those of this package do not.

    It is an AttributeError too, so that ``hasattr`` and ``getattr`` with a default keep working.
    """


class CatalogError(AwsGlueError):
    """The Data Catalog has no such table, or describes one that cannot be read."""


class SourceError(AwsGlueError):
    """A source answered with an error, or its data is not what its format says."""


class ErrorThresholdError(AwsGlueError):
    """A transformation made as many error records as its script allows."""


class NamesWhatIsMissing:
    """Base of objects that say which attribute they lack, under the name it has on AWS."""

    aws_name: ClassVar[str]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedAttributeError(f"{self.aws_name}.{name}", instead_of(self.aws_name, name))
