"""Athena's CloudFormation types.

AWS CloudFormation User Guide, "AWS::Athena::WorkGroup", "AWS::Athena::NamedQuery",
"AWS::Athena::PreparedStatement" and "AWS::Athena::DataCatalog".
"""

from __future__ import annotations

from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin

MAX_NAME = 128
_GONE = ("InvalidRequestException", "ResourceNotFoundException")
_RESULT = ("OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner", "AclConfiguration")


class WorkGroup(ModelResource):
    """Ref: the name."""

    TYPE = "AWS::Athena::WorkGroup"
    IDENTIFIER = "Name"
    READ_ONLY = ("CreationTime",)
    REPLACED_BY = ("Name",)
    NOT_FOUND = _GONE

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        aws.athena.create_work_group(
            Name=model["Name"],
            Configuration=model.get("WorkGroupConfiguration") or {},
            Description=model.get("Description", ""),
            Tags=model.get("Tags") or [],
        )
        if model.get("State") == "DISABLED":
            aws.athena.update_work_group(WorkGroup=model["Name"], State="DISABLED")
        found = aws.athena.get_work_group(WorkGroup=model["Name"])["WorkGroup"]
        model["CreationTime"] = str(int(found["CreationTime"].timestamp()))

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        settings = dict(model.get("WorkGroupConfiguration") or {})
        given = settings.pop("ResultConfiguration", None) or {}
        results: Model = {name: given[name] for name in _RESULT if name in given}
        results |= {f"Remove{name}": True for name in _RESULT if name not in given}
        if "BytesScannedCutoffPerQuery" not in settings:
            settings["RemoveBytesScannedCutoffPerQuery"] = True
        aws.athena.update_work_group(
            WorkGroup=model["Name"],
            Description=model.get("Description", ""),
            State=model.get("State", "ENABLED"),
            ConfigurationUpdates={**settings, "ResultConfigurationUpdates": results},
        )
        _retag(aws, "workgroup", model["Name"], model, previous)

    def delete_resource(self, aws: Any, model: Model) -> None:
        recursive = str(model.get("RecursiveDeleteOption", "")).lower() == "true"
        aws.athena.delete_work_group(WorkGroup=model["Name"], RecursiveDeleteOption=recursive)


class NamedQuery(ModelResource):
    """Ref: the id."""

    TYPE = "AWS::Athena::NamedQuery"
    IDENTIFIER = "NamedQueryId"
    READ_ONLY = ("NamedQueryId",)
    REPLACED_BY = ("Name", "Description", "Database", "QueryString", "WorkGroup")
    NOT_FOUND = _GONE

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        name = model.get("Name") or generated_name(
            request.stack_name, request.logical_resource_id, MAX_NAME
        )
        given = {k: model[k] for k in ("Description", "WorkGroup") if model.get(k)}
        model["NamedQueryId"] = aws.athena.create_named_query(
            Name=name, Database=model["Database"], QueryString=model["QueryString"], **given
        )["NamedQueryId"]

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.athena.delete_named_query(NamedQueryId=model["NamedQueryId"])


class PreparedStatement(ModelResource):
    """Ref: the name."""

    TYPE = "AWS::Athena::PreparedStatement"
    IDENTIFIER = "StatementName"
    REPLACED_BY = ("StatementName", "WorkGroup")
    NOT_FOUND = _GONE

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        aws.athena.create_prepared_statement(**_statement(model))

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:  # noqa: ARG002 - of all types
        aws.athena.update_prepared_statement(**_statement(model))

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.athena.delete_prepared_statement(
            StatementName=model["StatementName"], WorkGroup=model["WorkGroup"]
        )


class DataCatalog(ModelResource):
    """Ref: the name."""

    TYPE = "AWS::Athena::DataCatalog"
    IDENTIFIER = "Name"
    REPLACED_BY = ("Name",)
    NOT_FOUND = _GONE

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002 - of all types
        aws.athena.create_data_catalog(**_catalog(model), Tags=model.get("Tags") or [])

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        aws.athena.update_data_catalog(**_catalog(model))
        _retag(aws, "datacatalog", model["Name"], model, previous)

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.athena.delete_data_catalog(Name=model["Name"])


def _statement(model: Model) -> Model:
    names = ("StatementName", "WorkGroup", "QueryStatement", "Description")
    return {name: model[name] for name in names if model.get(name)}


def _catalog(model: Model) -> Model:
    given = {k: model[k] for k in ("Description", "Parameters") if model.get(k)}
    return {"Name": model["Name"], "Type": model["Type"], **given}


def _retag(aws: Any, kind: str, name: str, model: Model, previous: Model) -> None:
    old = {each["Key"] for each in previous.get("Tags") or ()}
    new = {each["Key"] for each in model.get("Tags") or ()}
    if not old and not new:
        return
    session = aws.athena.meta
    account = aws.sts.get_caller_identity()["Account"]
    arn = f"arn:{session.partition}:athena:{session.region_name}:{account}:{kind}/{name}"
    if gone := sorted(old - new):
        aws.athena.untag_resource(ResourceARN=arn, TagKeys=gone)
    if new:
        aws.athena.tag_resource(ResourceARN=arn, Tags=model["Tags"])


WorkGroupPlugin = plugin(WorkGroup)
NamedQueryPlugin = plugin(NamedQuery)
PreparedStatementPlugin = plugin(PreparedStatement)
DataCatalogPlugin = plugin(DataCatalog)
