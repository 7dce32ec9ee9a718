"""CloudFormation types of AWS Glue's schema registry, and its security configurations.

AWS CloudFormation Template Reference, "AWS::Glue::Registry", "AWS::Glue::Schema",
"AWS::Glue::SchemaVersion", "AWS::Glue::SchemaVersionMetadata", "AWS::Glue::SecurityConfiguration"
and "AWS::Glue::DataCatalogEncryptionSettings".
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.resource import Model, ModelResource, plugin

_NOT_FOUND = ("EntityNotFoundException",)


class RegistryResource(ModelResource):
    """Ref: the registry's ARN."""

    TYPE = "AWS::Glue::Registry"
    IDENTIFIER = "Arn"
    READ_ONLY = ("Arn",)
    REPLACED_BY = ("Name",)
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        given = {"Description": model["Description"]} if model.get("Description") else {}
        answer = aws.glue.create_registry(RegistryName=model["Name"], Tags=_tags(model), **given)
        model["Arn"] = answer["RegistryArn"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        aws.glue.update_registry(
            RegistryId={"RegistryArn": previous["Arn"]}, Description=model.get("Description", "")
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_registry(RegistryId={"RegistryArn": model["Arn"]})


class SchemaResource(ModelResource):
    """Ref: the schema's ARN."""

    TYPE = "AWS::Glue::Schema"
    IDENTIFIER = "Arn"
    READ_ONLY = ("Arn", "InitialSchemaVersionId")
    REPLACED_BY = ("Name", "Registry", "DataFormat", "SchemaDefinition")
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        registry = model.get("Registry") or {}
        names = ("DataFormat", "Compatibility", "Description", "SchemaDefinition")
        answer = aws.glue.create_schema(
            SchemaName=model["Name"],
            Tags=_tags(model),
            **({"RegistryId": _registry(registry)} if registry else {}),
            **{name: model[name] for name in names if model.get(name)},
        )
        model["Arn"] = answer["SchemaArn"]
        model["InitialSchemaVersionId"] = answer.get("SchemaVersionId", "")

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        aws.glue.update_schema(
            SchemaId={"SchemaArn": previous["Arn"]},
            SchemaVersionNumber={"LatestVersion": True},
            Compatibility=model["Compatibility"],
            Description=model.get("Description", ""),
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_schema(SchemaId={"SchemaArn": model["Arn"]})


class SchemaVersionResource(ModelResource):
    """Ref: the version's id."""

    TYPE = "AWS::Glue::SchemaVersion"
    IDENTIFIER = "VersionId"
    READ_ONLY = ("VersionId",)
    REPLACED_BY = ("Schema", "SchemaDefinition")
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        given = {k: v for k, v in model["Schema"].items() if v}
        answer = aws.glue.register_schema_version(
            SchemaId=given, SchemaDefinition=model["SchemaDefinition"]
        )
        model["VersionId"] = answer["SchemaVersionId"]

    def delete_resource(self, aws: Any, model: Model) -> None:
        """The first version goes only with its schema."""
        found = aws.glue.get_schema_version(SchemaVersionId=model["VersionId"])
        aws.glue.delete_schema_versions(
            SchemaId={"SchemaArn": found["SchemaArn"]}, Versions=str(found["VersionNumber"])
        )


class SchemaVersionMetadataResource(ModelResource):
    """Ref: version, key and value with bars between them."""

    TYPE = "AWS::Glue::SchemaVersionMetadata"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("SchemaVersionId", "Key", "Value")
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        aws.glue.put_schema_version_metadata(**self._pair(model))
        model["Id"] = f"{model['SchemaVersionId']}|{model['Key']}|{model['Value']}"

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.remove_schema_version_metadata(**self._pair(model))

    def _pair(self, model: Model) -> Model:
        pair = {"MetadataKey": model["Key"], "MetadataValue": model["Value"]}
        return {"SchemaVersionId": model["SchemaVersionId"], "MetadataKeyValue": pair}


class CatalogEncryptionResource(ModelResource):
    """Ref: the catalog's id (our guess: AWS documents no more than an id)."""

    TYPE = "AWS::Glue::DataCatalogEncryptionSettings"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("CatalogId",)
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        self._put(aws, model["CatalogId"], model["DataCatalogEncryptionSettings"])
        model["Id"] = model["CatalogId"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:  # noqa: ARG002 - of all types
        self._put(aws, model["CatalogId"], model["DataCatalogEncryptionSettings"])

    def delete_resource(self, aws: Any, model: Model) -> None:
        """The catalog has the defaults again: a catalog without settings there is not."""
        self._put(aws, model["CatalogId"], {})

    def _put(self, aws: Any, catalog: str, given: Model) -> None:
        aws.glue.put_data_catalog_encryption_settings(
            CatalogId=catalog, DataCatalogEncryptionSettings={**_NOT_ENCRYPTED, **given}
        )


_NOT_ENCRYPTED: Model = {
    "EncryptionAtRest": {"CatalogEncryptionMode": "DISABLED"},
    "ConnectionPasswordEncryption": {"ReturnConnectionPasswordEncrypted": False},
}


class SecurityConfigurationResource(ModelResource):
    """Ref: the configuration's name."""

    TYPE = "AWS::Glue::SecurityConfiguration"
    IDENTIFIER = "Name"
    REPLACED_BY = ("Name",)
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        given = dict(model["EncryptionConfiguration"])
        if (encryptions := given.pop("S3Encryptions", None)) is not None:
            given["S3Encryption"] = encryptions
        aws.glue.create_security_configuration(Name=model["Name"], EncryptionConfiguration=given)

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_security_configuration(Name=model["Name"])


def _tags(model: Model) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in model.get("Tags") or []}


def _registry(given: Model) -> Model:
    """The registry's identity: by its ARN, if that is given."""
    if given.get("Arn"):
        return {"RegistryArn": given["Arn"]}
    return {"RegistryName": given["Name"]}


RegistryPlugin = plugin(RegistryResource)
SchemaPlugin = plugin(SchemaResource)
SchemaVersionPlugin = plugin(SchemaVersionResource)
SchemaVersionMetadataPlugin = plugin(SchemaVersionMetadataResource)
CatalogEncryptionPlugin = plugin(CatalogEncryptionResource)
SecurityConfigurationPlugin = plugin(SecurityConfigurationResource)
