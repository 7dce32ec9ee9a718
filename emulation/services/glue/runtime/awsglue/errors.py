"""Errors of this package.

AwsGlueError
├── UnsupportedApi        an API of AWS Glue that is not here (also a NotImplementedError)
├── CatalogError          a table or database of the Data Catalog cannot be read as it is described
└── SourceError           the data of a source cannot be read
"""

from __future__ import annotations

__all__ = ["AwsGlueError", "CatalogError", "SourceError", "UnsupportedApi"]


class AwsGlueError(Exception):
    """Base of the errors of this package."""


class UnsupportedApi(AwsGlueError, NotImplementedError, AttributeError):
    """An API of AWS Glue that this package does not have.

    It is an AttributeError too, so that ``hasattr`` and ``getattr`` with a default keep working.

    :param api: its name, for example ``DynamicFrame.relationalize``
    """

    def __init__(self, api: str) -> None:
        super().__init__(f"{api} is not available in this awsglue; it is part of AWS Glue's own")
        self.api = api


class CatalogError(AwsGlueError):
    """The Data Catalog has no such table, or describes one that cannot be read."""


class SourceError(AwsGlueError):
    """A source answered with an error, or its data is not what its format says."""
