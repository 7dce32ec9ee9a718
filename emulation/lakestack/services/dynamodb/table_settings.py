"""Settings of tables that the engine does not keep, or forgets with the next change.

DynamoDB Local resets deletion protection and limits of throughput with each UpdateTable that does
not give them; LocalStack 4.9.2 drops a table class that is given with a table's creation or beside
another change, and encryption that is switched on later. Amazon DynamoDB API Reference,
"UpdateTable", "DescribeTable" and "PointInTimeRecoverySpecification".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.services.dynamodb.provider import SSEUtils, get_store

from lakestack.services.dynamodb.ordered_writes import OrderedWrites

Model = dict[str, Any]
_BY_ENGINE = {
    *("AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled"),
    *("GlobalSecondaryIndexUpdates", "OnDemandThroughput", "ProvisionedThroughput"),
    "StreamSpecification",
}
_RESET_BY_ENGINE = ("DeletionProtectionEnabled", "OnDemandThroughput")
_LONGEST_RECOVERY_DAYS = 35
"""API Reference, "PointInTimeRecoverySpecification": what holds where nothing is given."""


class TableSettings(OrderedWrites):
    """LocalStack's provider with all settings of a table."""

    def forward_request(self, context: RequestContext, service_request: Any = None) -> Any:
        """Ask the engine, which keeps what a change does not name."""
        request = service_request or context.service_request or {}
        if context.operation.name == "UpdateTable" and _BY_ENGINE & request.keys():
            request = {**self._kept_by_engine(context, request), **request}
            return super().forward_request(context, request)
        return super().forward_request(context, service_request)

    @handler("CreateTable", expand=False)
    def create_table(self, context: RequestContext, create_table_input: Any) -> Any:
        given = dict(create_table_input)
        store = get_store(context.account_id, context.region)
        answer = super().create_table(context, create_table_input)
        store.table_properties.pop(given["TableName"], None)  # of one that was deleted
        _keep(store.table_definitions.setdefault(given["TableName"], {}), given)
        return answer

    @handler("UpdateTable", expand=False)
    def update_table(self, context: RequestContext, update_table_input: Any) -> Any:
        given = dict(update_table_input)
        if not (_BY_ENGINE | {"TableClass", "SSESpecification", "ReplicaUpdates"}) & given.keys():
            if "WarmThroughput" not in given:
                return super().update_table(context, update_table_input)
            answer: Model = {}
        else:
            answer = super().update_table(context, update_table_input)
        name = given["TableName"]
        definitions = get_store(context.account_id, context.region).table_definitions
        kept = definitions.setdefault(name, {})
        _keep(kept, given)
        if (wanted := given.get("SSESpecification")) is not None:
            found = SSEUtils.get_sse_description(context.account_id, context.region, wanted)
            kept["SSEDescription"] = found or None
        if not answer:
            answer = {"TableDescription": self._described(context, name)}
        _show(answer["TableDescription"], kept)
        return answer

    @handler("DescribeTable")
    def describe_table(self, context: RequestContext, table_name: str, **_: Any) -> Any:
        answer = super().describe_table(context, table_name)
        definitions = get_store(context.account_id, context.region).table_definitions
        _show(answer["Table"], definitions.get(table_name) or {})
        return answer

    @handler("UpdateContinuousBackups")
    def update_continuous_backups(
        self,
        context: RequestContext,
        table_name: str,
        point_in_time_recovery_specification: Any,
        **_: Any,
    ) -> Any:
        given = point_in_time_recovery_specification
        answer = super().update_continuous_backups(context, table_name, given)
        if given["PointInTimeRecoveryEnabled"]:
            days = given.get("RecoveryPeriodInDays", _LONGEST_RECOVERY_DAYS)
            found = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
            found["RecoveryPeriodInDays"] = days  # LocalStack keeps this same dictionary
        return answer

    def _kept_by_engine(self, context: RequestContext, request: Mapping[str, Any]) -> Model:
        table = self._described(context, request["TableName"])
        kept = {name: table[name] for name in _RESET_BY_ENGINE if table.get(name)}
        if request.get("BillingMode") == "PROVISIONED":
            kept.pop("OnDemandThroughput", None)
        return kept

    def _described(self, context: RequestContext, name: str) -> Model:
        from localstack.services.dynamodb.utils import SchemaExtractor

        place = (name, context.account_id, context.region)
        SchemaExtractor.invalidate_table_schema(*place)
        return dict(SchemaExtractor.get_table_schema(*place)["Table"])


def _keep(definitions: Model, given: Mapping[str, Any]) -> None:
    for name in ("TableClass", "WarmThroughput"):
        if name in given:
            definitions[name] = given[name]


def _show(table: Model, definitions: Mapping[str, Any]) -> None:
    if table_class := definitions.get("TableClass"):
        table["TableClassSummary"] = {"TableClass": table_class}
    if warm := definitions.get("WarmThroughput"):
        table["WarmThroughput"] = {**warm, "Status": "ACTIVE"}
    if encryption := definitions.get("SSEDescription"):
        table["SSEDescription"] = encryption
