"""Errors of this package.

AwsGlueError
├── UnsupportedApiError        an API of AWS Glue that is not here (also a NotImplementedError)
│   └── UnsupportedAttributeError   of an object (also an AttributeError)
├── CatalogError          a table or database of the Data Catalog cannot be read as it is described
└── SourceError           the data of a source cannot be read
"""

from __future__ import annotations

from typing import Any, ClassVar

__all__ = [
    "AwsGlueError",
    "CatalogError",
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
        api: its name, for example ``awsglue.transforms.EvaluateDataQuality``
    """

    def __init__(self, api: str) -> None:
        super().__init__(f"{api} is not available in this awsglue; it is part of AWS Glue's own")
        self.api = api


class UnsupportedAttributeError(UnsupportedApiError, AttributeError):
    """An attribute that AWS Glue's objects may have and those of this package do not.

    It is an AttributeError too, so that ``hasattr`` and ``getattr`` with a default keep working.
    """


class CatalogError(AwsGlueError):
    """The Data Catalog has no such table, or describes one that cannot be read."""


class SourceError(AwsGlueError):
    """A source answered with an error, or its data is not what its format says."""


class NamesWhatIsMissing:
    """Base of objects that say which attribute they lack, under the name it has on AWS."""

    aws_name: ClassVar[str]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise UnsupportedAttributeError(f"{self.aws_name}.{name}")
