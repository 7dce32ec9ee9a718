"""Lake Formation's CloudFormation types.

AWS CloudFormation Template Reference, "AWS::LakeFormation::DataCellsFilter", "DataLakeSettings",
"Permissions", "PrincipalPermissions", "Resource", "Tag" and "TagAssociation".
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.resource import Model, ModelResource, plugin
from lakestack.services.lakeformation.state import EVERYBODY

_GONE = ("EntityNotFoundException",)
_SETTINGS = (
    *("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions", "Parameters"),
    *("TrustedResourceOwners", "AllowExternalDataFiltering", "AllowFullTableExternalDataAccess"),
    *("ExternalDataFilteringAllowList", "AuthorizedSessionTagValueList"),
)
_DEFAULTS: Model = {
    "CreateDatabaseDefaultPermissions": [EVERYBODY],
    "CreateTableDefaultPermissions": [EVERYBODY],
    "Parameters": {},
    "AllowExternalDataFiltering": False,
    "AllowFullTableExternalDataAccess": False,
}
_NAMES = {
    "DatabaseResource": "Database",
    "TableResource": "Table",
    "TableWithColumnsResource": "TableWithColumns",
    "DataLocationResource": "DataLocation",
}


class Location(ModelResource):
    """Ref: the location's ARN (our guess: AWS documents no more than an id)."""

    TYPE = "AWS::LakeFormation::Resource"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("ResourceArn",)
    NOT_FOUND = _GONE

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        _register(aws, model)
        model["Id"] = model["ResourceArn"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        """A location that goes over to the service-linked role is registered again."""
        if model.get("UseServiceLinkedRole") or previous.get("UseServiceLinkedRole"):
            aws.lakeformation.deregister_resource(ResourceArn=model["ResourceArn"])
            _register(aws, model)
            return
        aws.lakeformation.update_resource(
            ResourceArn=model["ResourceArn"],
            RoleArn=model["RoleArn"],
            WithFederation=bool(model.get("WithFederation")),
            HybridAccessEnabled=bool(model.get("HybridAccessEnabled")),
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.lakeformation.deregister_resource(ResourceArn=model["ResourceArn"])


class DataLakeSettings(ModelResource):
    """Ref: the account, whose settings they are (our guess: AWS documents no more than an id)."""

    TYPE = "AWS::LakeFormation::DataLakeSettings"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        model["Id"] = aws.sts.get_caller_identity()["Account"]
        self.update_resource(aws, model, {})

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        """Put the settings: with MutationType REPLACE the admins are those of the template alone.

        Without it they are appended to those that there are (the type's page, MutationType).
        """
        settings = aws.lakeformation.get_data_lake_settings()["DataLakeSettings"]
        admins = settings.get("DataLakeAdmins") or []
        if model.get("MutationType") == "REPLACE":
            admins = []
        kept = [each for each in admins if each not in (previous.get("Admins") or [])]
        new = [each for each in model.get("Admins") or [] if each not in kept]
        gone = {n: _DEFAULTS.get(n, []) for n in _SETTINGS if n in previous and n not in model}
        given = {name: model[name] for name in _SETTINGS if name in model}
        if isinstance(given.get("Parameters"), str):
            given["Parameters"] = json.loads(given["Parameters"])
        for name in ("CreateDatabaseDefaultPermissions", "CreateTableDefaultPermissions"):
            if name in given:
                given[name] = [_default_permission(each) for each in given[name]]
        put = {**settings, **gone, **given, "DataLakeAdmins": [*kept, *new]}
        aws.lakeformation.put_data_lake_settings(DataLakeSettings=put)

    def delete_resource(self, aws: Any, model: Model) -> None:
        """Its admins go, and what it set has the service's defaults again (our guess)."""
        self.update_resource(aws, {}, model)


class Permissions(ModelResource):
    """Ref: an id."""

    TYPE = "AWS::LakeFormation::Permissions"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("DataLakePrincipal", "Resource")
    NOT_FOUND = _GONE

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        aws.lakeformation.grant_permissions(**_grant(model, _resource(model)))
        model["Id"] = str(uuid.uuid4())

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        _revoke(aws, previous, _resource(previous))
        aws.lakeformation.grant_permissions(**_grant(model, _resource(model)))

    def delete_resource(self, aws: Any, model: Model) -> None:
        _revoke(aws, model, _resource(model))


class PrincipalPermissions(ModelResource):
    """Ref: the principal's and the resource's identifiers with a bar between them."""

    TYPE = "AWS::LakeFormation::PrincipalPermissions"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id", "PrincipalIdentifier", "ResourceIdentifier")
    REPLACED_BY = (
        *("Catalog", "Principal", "Resource", "Permissions"),
        "PermissionsWithGrantOption",
    )
    NOT_FOUND = _GONE

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        aws.lakeformation.grant_permissions(**_grant(model, _own_resource(model)))
        model["PrincipalIdentifier"] = model["Principal"]["DataLakePrincipalIdentifier"]
        model["ResourceIdentifier"] = _text(model["Resource"])
        model["Id"] = f"{model['PrincipalIdentifier']}|{model['ResourceIdentifier']}"

    def delete_resource(self, aws: Any, model: Model) -> None:
        _revoke(aws, model, _own_resource(model))


class Tag(ModelResource):
    """Ref: the tag's key."""

    TYPE = "AWS::LakeFormation::Tag"
    IDENTIFIER = "TagKey"
    REPLACED_BY = ("CatalogId", "TagKey")
    NOT_FOUND = _GONE

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        catalog = {"CatalogId": model["CatalogId"]} if model.get("CatalogId") else {}
        aws.lakeformation.create_lf_tag(
            TagKey=model["TagKey"], TagValues=model["TagValues"], **catalog
        )

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        old, new = previous["TagValues"], model["TagValues"]
        changes = {
            "TagValuesToAdd": [value for value in new if value not in old],
            "TagValuesToDelete": [value for value in old if value not in new],
        }
        aws.lakeformation.update_lf_tag(
            TagKey=model["TagKey"], **{name: given for name, given in changes.items() if given}
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.lakeformation.delete_lf_tag(TagKey=model["TagKey"])


class TagAssociation(ModelResource):
    """Ref: the resource's and the tags' identifiers with a bar between them."""

    TYPE = "AWS::LakeFormation::TagAssociation"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id", "ResourceIdentifier", "TagsIdentifier")
    REPLACED_BY = ("Resource", "LFTags")
    NOT_FOUND = _GONE

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        answer = aws.lakeformation.add_lf_tags_to_resource(
            Resource=_own_resource(model), LFTags=model["LFTags"]
        )
        _all_done(answer)
        model["ResourceIdentifier"] = _text(model["Resource"])
        model["TagsIdentifier"] = _text(model["LFTags"])
        model["Id"] = f"{model['ResourceIdentifier']}|{model['TagsIdentifier']}"

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.lakeformation.remove_lf_tags_from_resource(
            Resource=_own_resource(model), LFTags=model["LFTags"]
        )


class DataCellsFilter(ModelResource):
    """Ref: catalog, database, table and name with bars between them."""

    TYPE = "AWS::LakeFormation::DataCellsFilter"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = (
        *("TableCatalogId", "DatabaseName", "TableName", "Name"),
        *("RowFilter", "ColumnNames", "ColumnWildcard"),
    )
    NOT_FOUND = _GONE

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        aws.lakeformation.create_data_cells_filter(
            TableData={name: model[name] for name in self.REPLACED_BY if name in model}
        )
        model["Id"] = "|".join(self._named(model).values())

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.lakeformation.delete_data_cells_filter(**self._named(model))

    def _named(self, model: Model) -> dict[str, str]:
        return {name: model[name] for name in self.REPLACED_BY[:4]}


def _register(aws: Any, model: Model) -> None:
    names = (
        *("ResourceArn", "RoleArn", "UseServiceLinkedRole"),
        *("WithFederation", "HybridAccessEnabled"),
    )
    aws.lakeformation.register_resource(**{n: model[n] for n in names if n in model})


def _default_permission(given: Model) -> Model:
    """One of the permissions on what is created; the template has the principal as a text."""
    named = {"Principal": {"DataLakePrincipalIdentifier": given["Principal"]}}
    return {**given, **(named if isinstance(given.get("Principal"), str) else {})}


def _resource(model: Model) -> Model:
    """The resource of a grant in the API's names."""
    given = model["Resource"]
    made = {_NAMES[name]: dict(value) for name, value in given.items() if value}
    location = made.get("DataLocation", {})
    if "S3Resource" in location:
        location["ResourceArn"] = location.pop("S3Resource")
    return _wildcards(made)


def _own_resource(model: Model) -> Model:
    """The resource of a newer type: the API's names, but for the catalog, which is an empty one."""
    made: Model = {}
    for name, value in model["Resource"].items():
        made[name] = {} if name == "Catalog" else value
    return _wildcards(made)


def _wildcards(resource: Model) -> Model:
    """With the wildcard for all tables as the structure that it is: templates have a text, too."""
    table = resource.get("Table")
    if table and isinstance(table.get("TableWildcard"), str):
        wildcard = json.loads(table["TableWildcard"] or "{}")
        return {**resource, "Table": {**table, "TableWildcard": wildcard}}
    return resource


def _grant(model: Model, resource: Model) -> Model:
    names = ("Permissions", "PermissionsWithGrantOption")
    return {
        "Principal": model.get("Principal") or model["DataLakePrincipal"],
        "Resource": resource,
        "Permissions": [],
        **{name: model[name] for name in names if model.get(name)},
        **({"CatalogId": model["Catalog"]} if model.get("Catalog") else {}),
    }


def _revoke(aws: Any, model: Model, resource: Model) -> None:
    """Take back what the resource granted; somebody else may have done so, or dropped the table."""
    entry = {"Id": "1", **_grant(model, resource)}
    entry.pop("CatalogId", None)
    catalog = {"CatalogId": model["Catalog"]} if model.get("Catalog") else {}
    aws.lakeformation.batch_revoke_permissions(Entries=[entry], **catalog)


def _all_done(answer: Mapping[str, Any]) -> None:
    """Fail with the service's reason for the first that it did not do.

    Raises:
        ValueError: there is one
    """
    for failure in answer.get("Failures") or ():
        error = failure["Error"]
        raise ValueError(f"{error['ErrorMessage']} (Error Code: {error['ErrorCode']})")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


LocationPlugin = plugin(Location)
DataLakeSettingsPlugin = plugin(DataLakeSettings)
PermissionsPlugin = plugin(Permissions)
PrincipalPermissionsPlugin = plugin(PrincipalPermissions)
TagPlugin = plugin(Tag)
TagAssociationPlugin = plugin(TagAssociation)
DataCellsFilterPlugin = plugin(DataCellsFilter)
