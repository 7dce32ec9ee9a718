"""What Lake Formation keeps for an account and region."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext

from lakestack.services.base import aws_error
from lakestack.services.lakeformation.grants import Document, Grant
from lakestack.store import Contents, ServiceState, Store, register

EVERYBODY = {
    "Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"},
    "Permissions": ["ALL"],
}
"""By default IAM alone decides (Developer Guide, "Changing the default settings")."""


def invalid(message: str) -> CommonServiceException:
    """InvalidInputException."""
    return aws_error("InvalidInputException", message)


def not_found(message: str) -> CommonServiceException:
    """EntityNotFoundException."""
    return aws_error("EntityNotFoundException", message)


def exists(message: str) -> CommonServiceException:
    """AlreadyExistsException."""
    return aws_error("AlreadyExistsException", message)


def shown(error: CommonServiceException) -> Document:
    """An error of one entry, as answers about several have it."""
    return {"ErrorCode": error.code, "ErrorMessage": error.message}


def default_settings() -> Document:
    """The settings of an account that has set none."""
    return {
        "DataLakeAdmins": [],
        "ReadOnlyAdmins": [],
        "CreateDatabaseDefaultPermissions": [dict(EVERYBODY)],
        "CreateTableDefaultPermissions": [dict(EVERYBODY)],
        "Parameters": {"CROSS_ACCOUNT_VERSION": "1"},
        "TrustedResourceOwners": [],
        "AllowExternalDataFiltering": False,
        "ExternalDataFilteringAllowList": [],
        "AuthorizedSessionTagValueList": [],
    }


class LakeFormationState(ServiceState):
    """Registered locations, settings, grants, LF-Tags and where they hang, data filters.

    Attributes:
        locations: by ARN, as ListResources shows them
        grants: by `grants.key`
        tags: values of each LF-Tag by its key
        tagged: by resource (see `tag_api`), values by the key of the tag
        filters: by table and name, as GetDataCellsFilter shows them
    """

    def __init__(self, account: str, region: str) -> None:
        super().__init__(account, region)
        self.locations: dict[str, Document] = {}
        self.settings = default_settings()
        self.grants: dict[str, Grant] = {}
        self.tags: dict[str, list[str]] = {}
        self.tagged: dict[str, dict[str, str]] = {}
        self.filters: dict[str, Document] = {}

    def contents(self) -> Contents:
        with self.lock:
            changed = self.settings != default_settings()
            return {
                "location": sorted(self.locations),
                "settings": ["data lake settings"] if changed else [],
                "permission": sorted(self.grants),
                "tag": sorted(self.tags),
                "tagged resource": sorted(self.tagged),
                "data cells filter": sorted(self.filters),
            }

    def snapshot(self) -> dict[str, Any]:
        return {
            "locations": self.locations,
            "settings": self.settings,
            "grants": {name: each.snapshot() for name, each in self.grants.items()},
            "tags": self.tags,
            "tagged": self.tagged,
            "filters": self.filters,
        }

    def restore(self, document: dict[str, Any]) -> None:
        self.locations = document["locations"]
        self.settings = document["settings"]
        self.grants = {name: Grant(**saved) for name, saved in document["grants"].items()}
        self.tags = document["tags"]
        self.tagged = document["tagged"]
        self.filters = document["filters"]


STORE = register(Store("lakeformation", LakeFormationState))


def state_of(context: RequestContext) -> LakeFormationState:
    """What Lake Formation keeps for a request's account and region."""
    return STORE.get(context.account_id, context.region)
