"""CloudFormation types of AWS Glue's schema registry, and its security configurations.

AWS CloudFormation Template Reference, "AWS::Glue::Registry", "AWS::Glue::Schema" and
"AWS::Glue::SecurityConfiguration".
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
SecurityConfigurationPlugin = plugin(SecurityConfigurationResource)
