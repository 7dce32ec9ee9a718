"""CloudFormation types of AWS Glue: the catalog, crawlers, jobs, triggers and workflows."""

from __future__ import annotations

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services.cloudformation.generated_names import generated_name
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin
from lakestack.services.glue.crawler_defaults import CRAWLER_DEFAULTS

_NOT_FOUND = ("EntityNotFoundException",)


class DatabaseResource(ModelResource):
    """AWS::Glue::Database; Ref is the database's name."""

    TYPE = "AWS::Glue::Database"
    IDENTIFIER = "DatabaseName"
    READ_ONLY = ("DatabaseName",)
    REPLACED_BY = ("CatalogId",)
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        given = _input(model, "DatabaseInput", request)
        aws.glue.create_database(DatabaseInput=given)
        model["DatabaseName"] = given["Name"].lower()

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        name = previous["DatabaseName"]
        given = {**model["DatabaseInput"], "Name": name}
        _require_same(name, model["DatabaseInput"].get("Name", name))
        aws.glue.update_database(Name=name, DatabaseInput=given)

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_database(Name=model["DatabaseName"])


class TableResource(ModelResource):
    """AWS::Glue::Table; Ref is the table's name."""

    TYPE = "AWS::Glue::Table"
    IDENTIFIER = "TableName"
    READ_ONLY = ("TableName",)
    REPLACED_BY = ("CatalogId", "DatabaseName")
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        given = _input(model, "TableInput", request)
        aws.glue.create_table(DatabaseName=model["DatabaseName"], TableInput=given)
        model["TableName"] = given["Name"].lower()

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        name = previous["TableName"]
        given = _numbers({**model["TableInput"], "Name": name})
        _require_same(name, model["TableInput"].get("Name", name))
        aws.glue.update_table(DatabaseName=model["DatabaseName"], TableInput=given)

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_table(DatabaseName=model["DatabaseName"], Name=model["TableName"])


class PartitionResource(ModelResource):
    """AWS::Glue::Partition; Ref is its values joined with "|"."""

    TYPE = "AWS::Glue::Partition"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("CatalogId", "DatabaseName", "TableName")
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:  # noqa: ARG002
        aws.glue.create_partition(
            DatabaseName=model["DatabaseName"],
            TableName=model["TableName"],
            PartitionInput=_numbers(model["PartitionInput"]),
        )
        model["Id"] = "|".join(model["PartitionInput"].get("Values", []))

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        aws.glue.update_partition(
            DatabaseName=model["DatabaseName"],
            TableName=model["TableName"],
            PartitionValueList=previous["PartitionInput"]["Values"],
            PartitionInput=_numbers(model["PartitionInput"]),
        )

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_partition(
            DatabaseName=model["DatabaseName"],
            TableName=model["TableName"],
            PartitionValues=model["PartitionInput"]["Values"],
        )


class ClassifierResource(ModelResource):
    """AWS::Glue::Classifier; Ref is the classifier's name. Only CsvClassifier is emulated."""

    TYPE = "AWS::Glue::Classifier"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        kinds = {k: v for k, v in model.items() if k.endswith("Classifier") and v}
        for kind in kinds:
            _input(model, kind, request)
        aws.glue.create_classifier(**{k: _numbers(v) for k, v in kinds.items()})
        model["Id"] = next(iter(kinds.values()))["Name"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        kinds = {k: v for k, v in model.items() if k.endswith("Classifier") and v}
        for value in kinds.values():
            _require_same(previous["Id"], value.setdefault("Name", previous["Id"]))
        aws.glue.update_classifier(**{k: _numbers(v) for k, v in kinds.items()})

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_classifier(Name=model["Id"])


class CrawlerResource(ModelResource):
    """AWS::Glue::Crawler; Ref is the crawler's name. A running crawl is stopped before deletion."""

    TYPE = "AWS::Glue::Crawler"
    IDENTIFIER = "Name"
    REPLACED_BY = ("Name",)
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        model.setdefault("Name", _generated_name(request))
        aws.glue.create_crawler(**_crawler(model), Tags=_tags(model))

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:  # noqa: ARG002
        aws.glue.update_crawler(**{**CRAWLER_DEFAULTS, **_crawler(model)})

    def delete_resource(self, aws: Any, model: Model) -> None:
        crawler = aws.glue.get_crawler(Name=model["Name"])["Crawler"]
        if crawler["State"] == "RUNNING":
            aws.glue.stop_crawler(Name=model["Name"])

    def is_gone(self, aws: Any, model: Model) -> bool:
        if aws.glue.get_crawler(Name=model["Name"])["Crawler"]["State"] != "READY":
            return False
        aws.glue.delete_crawler(Name=model["Name"])
        return True


class JobResource(ModelResource):
    """AWS::Glue::Job; Ref is the job's name."""

    TYPE = "AWS::Glue::Job"
    IDENTIFIER = "Name"
    REPLACED_BY = ("Name",)
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        model.setdefault("Name", _generated_name(request))
        aws.glue.create_job(Name=model["Name"], **_job(model), Tags=_tags(model))

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:  # noqa: ARG002
        aws.glue.update_job(JobName=model["Name"], JobUpdate=_job(model))

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_job(JobName=model["Name"])


class ConnectionResource(ModelResource):
    """AWS::Glue::Connection; Ref is the connection's name."""

    TYPE = "AWS::Glue::Connection"
    IDENTIFIER = "Id"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("CatalogId",)
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        given = _input(model, "ConnectionInput", request)
        aws.glue.create_connection(ConnectionInput=given)
        model["Id"] = given["Name"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        name = previous["Id"]
        given = {**model["ConnectionInput"], "Name": name}
        _require_same(name, model["ConnectionInput"].get("Name", name))
        aws.glue.update_connection(Name=name, ConnectionInput=_numbers(given))

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_connection(ConnectionName=model["Id"])


class TriggerResource(ModelResource):
    """AWS::Glue::Trigger; Ref is the trigger's name."""

    TYPE = "AWS::Glue::Trigger"
    IDENTIFIER = "Name"
    REPLACED_BY = ("Name", "Type", "WorkflowName")
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        model.setdefault("Name", _generated_name(request))
        aws.glue.create_trigger(**{**_numbers(model), "Tags": _tags(model)})

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:  # noqa: ARG002
        typed = _numbers(model)
        changes = {"Description": "", **{k: typed[k] for k in _TRIGGER_UPDATE if k in typed}}
        aws.glue.update_trigger(Name=model["Name"], TriggerUpdate=changes)

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_trigger(Name=model["Name"])


_TRIGGER_UPDATE = ("Actions", "Description", "EventBatchingCondition", "Predicate", "Schedule")


class WorkflowResource(ModelResource):
    """AWS::Glue::Workflow; Ref is the workflow's name."""

    TYPE = "AWS::Glue::Workflow"
    IDENTIFIER = "Name"
    REPLACED_BY = ("Name",)
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        model.setdefault("Name", _generated_name(request))
        aws.glue.create_workflow(**{**_numbers(model), "Tags": _tags(model)})

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:  # noqa: ARG002
        typed = {key: value for key, value in _numbers(model).items() if key != "Tags"}
        aws.glue.update_workflow(**{"Description": "", "DefaultRunProperties": {}, **typed})

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_workflow(Name=model["Name"])


class DataQualityRulesetResource(ModelResource):
    """AWS::Glue::DataQualityRuleset; Ref is the ruleset's name."""

    TYPE = "AWS::Glue::DataQualityRuleset"
    IDENTIFIER = "Name"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("ClientToken", "Name", "TargetTable")
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        model.setdefault("Name", _generated_name(request))
        given = {key: value for key, value in model.items() if key != "Id"}
        aws.glue.create_data_quality_ruleset(**{**given, "Tags": _tags(model)})
        model["Id"] = model["Name"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:  # noqa: ARG002
        changes = {key: model[key] for key in ("Description", "Ruleset") if key in model}
        aws.glue.update_data_quality_ruleset(Name=model["Name"], **changes)

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_data_quality_ruleset(Name=model["Name"])


class CustomEntityTypeResource(ModelResource):
    """AWS::Glue::CustomEntityType; Ref is the entity type's name."""

    TYPE = "AWS::Glue::CustomEntityType"
    IDENTIFIER = "Name"
    READ_ONLY = ("Id",)
    REPLACED_BY = ("ContextWords", "Name", "RegexString")
    NOT_FOUND = _NOT_FOUND

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        model.setdefault("Name", _generated_name(request))
        given = {key: value for key, value in model.items() if key != "Id"}
        aws.glue.create_custom_entity_type(**{**given, "Tags": _tags(model)})
        model["Id"] = model["Name"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        """Nothing but tags changes in place, and those of this type are set when it is made."""

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.glue.delete_custom_entity_type(Name=model["Name"])


# What these resources take from the API's shapes as numbers or booleans; YAML parameters and
# conditions make them strings.
_NUMBERS = {
    "AllocatedCapacity": int,
    "MaxCapacity": float,
    "MaxConcurrentRuns": int,
    "MaxRetries": int,
    "NotifyDelayAfter": int,
    "NumberOfBuckets": int,
    "NumberOfWorkers": int,
    "Retention": int,
    "SampleSize": int,
    "SortOrder": int,
    "Timeout": int,
}
_BOOLEANS = {
    "AllowSingleColumn",
    "Compressed",
    "CustomDatatypeConfigured",
    "DisableValueTrimming",
    "JobRunQueuingEnabled",
    "ScanAll",
    "StartOnCreation",
    "StoredAsSubDirectories",
}
_FREE_FORM = {
    *("Arguments", "ConnectionProperties", "DefaultArguments", "DefaultRunProperties"),
    *("NonOverridableArguments", "Parameters", "Tags"),
}


def _numbers(value: Any, name: str = "") -> Any:
    """Give numbers and booleans their types; values of free-form maps become strings."""
    if isinstance(value, dict):
        if name in _FREE_FORM:
            return {k: _text(v) for k, v in value.items()}
        return {k: _numbers(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_numbers(item, name) for item in value]
    if name in _NUMBERS and isinstance(value, str):
        return _NUMBERS[name](value)
    if name in _BOOLEANS and isinstance(value, str):
        return value.lower() == "true"
    return value


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value)


def _input(model: Model, key: str, request: ResourceRequest[Model]) -> Model:
    """The nested input with a name, generated where the template gives none."""
    model[key].setdefault("Name", _generated_name(request).lower())
    typed: Model = _numbers(model[key])
    return typed


def _generated_name(request: ResourceRequest[Model]) -> str:
    return generated_name(request.stack_name, request.logical_resource_id)


def _require_same(old: str, new: str) -> None:
    if old.lower() != new.lower():
        raise ValueError(
            f"the name cannot change from {old} to {new} in an update; give the resource a new "
            "logical id"
        )


def _tags(model: Model) -> dict[str, str]:
    tags = model.get("Tags") or {}
    if isinstance(tags, list):
        return {tag["Key"]: tag["Value"] for tag in tags}
    return {key: _text(value) for key, value in tags.items()}


def _crawler(model: Model) -> Model:
    """CreateCrawler's parameters: where CloudFormation's names differ from the API's."""
    result = {k: v for k, v in _numbers(model).items() if k != "Tags"}
    if isinstance(result.get("Schedule"), dict):
        result["Schedule"] = result["Schedule"].get("ScheduleExpression")
    targets = dict(result.get("Targets") or {})
    if "DynamoDBTargets" in targets:
        targets["DynamoDBTargets"] = [_dynamodb(t) for t in targets["DynamoDBTargets"]]
    result["Targets"] = targets
    if isinstance(result.get("Configuration"), dict):
        result["Configuration"] = json.dumps(result["Configuration"])
    return result


def _dynamodb(target: Model) -> Model:
    renamed = {"ScanAll": "scanAll", "ScanRate": "scanRate"}
    return {renamed.get(k, k): v for k, v in target.items()}


def _job(model: Model) -> Model:
    """JobUpdate's fields."""
    result = {k: v for k, v in _numbers(model).items() if k not in {"Name", "Tags"}}
    command = dict(result.get("Command") or {})
    if "PythonVersion" in command:
        command["PythonVersion"] = str(command["PythonVersion"])
    if "GlueVersion" in result:
        result["GlueVersion"] = str(result["GlueVersion"])
    return {**result, "Command": command}


DatabasePlugin = plugin(DatabaseResource)
TablePlugin = plugin(TableResource)
PartitionPlugin = plugin(PartitionResource)
ClassifierPlugin = plugin(ClassifierResource)
CrawlerPlugin = plugin(CrawlerResource)
JobPlugin = plugin(JobResource)
ConnectionPlugin = plugin(ConnectionResource)
TriggerPlugin = plugin(TriggerResource)
WorkflowPlugin = plugin(WorkflowResource)
DataQualityRulesetPlugin = plugin(DataQualityRulesetResource)
CustomEntityTypePlugin = plugin(CustomEntityTypeResource)
