"""Changes of a DynamoDB table in place, one request after another, as the service takes them.

AWS CloudFormation Template Reference, "AWS::DynamoDB::Table"; Amazon DynamoDB API Reference,
"UpdateTable": one request creates or deletes one index, and changes one of capacity, stream and
indexes.
"""

from __future__ import annotations

from typing import Any

from lakestack.services.cloudformation.changes import Model

_POLL = {"Delay": 1, "MaxAttempts": 60}
_CAPACITY = ("ReadCapacityUnits", "WriteCapacityUnits")


def change_capacity(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - both together
    """Set billing mode and capacity; nothing where they are so already."""
    table = _described(aws, model)
    now = (table.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
    mode = model.get("BillingMode", "PROVISIONED")
    asked: Model = {"BillingMode": mode}
    if mode == "PROVISIONED":
        units = model.get("ProvisionedThroughput") or dict.fromkeys(_CAPACITY, 5)
        asked["ProvisionedThroughput"] = {name: units[name] for name in _CAPACITY}
        same = all(table["ProvisionedThroughput"].get(n) == units[n] for n in _CAPACITY)
    else:
        same = True
    if mode == now and same:
        return
    if mode == "PROVISIONED" != now and (indexes := model.get("GlobalSecondaryIndexes")):
        asked["GlobalSecondaryIndexUpdates"] = [
            {
                "Update": {
                    "IndexName": index["IndexName"],
                    "ProvisionedThroughput": index["ProvisionedThroughput"],
                }
            }
            for index in indexes
            if index.get("ProvisionedThroughput")
        ]
    update_table(aws, model, **asked)


def change_indexes(aws: Any, model: Model, value: Any, before: Any) -> None:
    """Delete, create and change global secondary indexes."""
    new, old = ({index["IndexName"]: index for index in given or ()} for given in (value, before))
    again = {n for n in new.keys() & old.keys() if _identity(new[n]) != _identity(old[n])}
    for name in sorted((old.keys() - new.keys()) | again):
        update_table(aws, model, GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}])
    for name in sorted((new.keys() - old.keys()) | again):
        update_table(
            aws,
            model,
            AttributeDefinitions=model["AttributeDefinitions"],
            GlobalSecondaryIndexUpdates=[{"Create": _shared(new[name])}],
        )
    for name in sorted((new.keys() & old.keys()) - again):
        changed = {
            setting: new[name][setting]
            for setting in ("ProvisionedThroughput", "OnDemandThroughput", "WarmThroughput")
            if setting in new[name] and new[name][setting] != old[name].get(setting)
        }
        if changed:
            update = {"Update": {"IndexName": name, **changed}}
            update_table(aws, model, GlobalSecondaryIndexUpdates=[update])


def change_attributes(aws: Any, model: Model, value: Any) -> None:
    """Nothing: attributes are defined with the index that needs them."""


def change_stream(aws: Any, model: Model, value: Any) -> None:
    """Switch the stream off, on, or to another view, which is another stream."""
    table = _described(aws, model)
    now = table.get("StreamSpecification") or {}
    view = (value or {}).get("StreamViewType")
    if now.get("StreamEnabled") and now.get("StreamViewType") != view:
        update_table(aws, model, StreamSpecification={"StreamEnabled": False})
        now = {}
    if view and not now.get("StreamEnabled"):
        update_table(
            aws, model, StreamSpecification={"StreamEnabled": True, "StreamViewType": view}
        )
    if view:
        model["StreamArn"] = _described(aws, model)["LatestStreamArn"]


def change_kinesis_stream(aws: Any, model: Model, value: Any, before: Any) -> None:
    """End what goes to a Kinesis stream, and begin what goes to another."""
    name = model["TableName"]
    if before:
        aws.dynamodb.disable_kinesis_streaming_destination(
            TableName=name, StreamArn=before["StreamArn"]
        )
    if value:
        aws.dynamodb.enable_kinesis_streaming_destination(
            TableName=name, StreamArn=value["StreamArn"]
        )


def change_encryption(aws: Any, model: Model, value: Any) -> None:
    """Encrypt with the account's key, or with the service's."""
    given = dict(value or {"SSEEnabled": False})
    given["Enabled"] = given.pop("SSEEnabled")
    update_table(aws, model, SSESpecification=given)


def _identity(index: Model) -> Model:
    return {name: index.get(name) for name in ("KeySchema", "Projection")}


def _shared(index: Model) -> Model:
    """Without what the API's index does not have."""
    other = ("ContributorInsightsSpecification", "ResourcePolicy")
    return {name: value for name, value in index.items() if name not in other}


def _described(aws: Any, model: Model) -> Model:
    return dict(aws.dynamodb.describe_table(TableName=model["TableName"])["Table"])


def update_table(aws: Any, model: Model, **asked: Any) -> None:
    """Ask, and wait until the table and its indexes are there."""
    name = model["TableName"]
    aws.dynamodb.update_table(TableName=name, **asked)
    aws.dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig=_POLL)
