"""DynamoDB: LocalStack's provider over DynamoDB Local, or over moto where that cannot run.

What is added here: an engine that is away or silent is named in an error of AWS's own, in bounded
time; and tables that were lost with it stay in a state that says so
(`lakestack.services.dynamodb.lost_tables`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from typing import Any

from localstack import config
from localstack.aws.api import CommonServiceException, RequestContext, ServiceException, handler
from localstack.aws.client import parse_response
from localstack.http import Response
from localstack.services.dynamodb.provider import (
    DynamoDBProvider,
    get_store,
    get_table_stream_type,
    is_index_query_valid,
)
from localstack.services.dynamodb.utils import SchemaExtractor
from localstack.services.plugins import Service
from requests import RequestException

from lakestack import clock
from lakestack.services.base import aws_error, moto_provider_table
from lakestack.services.dynamodb import (
    access,
    data_plane,
    engine,
    short_way,
    stream_records,
    time_to_live,
)
from lakestack.services.dynamodb.engine_process import EngineError
from lakestack.services.dynamodb.lost_tables import Key, LostTable, with_lost
from lakestack.services.dynamodb.ordered_writes import plain_name, tables_named
from lakestack.services.dynamodb.table_settings import TableSettings

LOG = logging.getLogger(__name__)

STREAM_SECONDS = 10.0
"""A stream is active after some milliseconds."""


class MotoDynamodbProvider:
    """Every operation answered by moto."""

    service = "dynamodb"


class LakeDynamodbProvider(TableSettings):
    """LocalStack's provider over an engine that may die."""

    def on_before_start(self) -> None:
        super().on_before_start()
        short_way.open_for(_concerns_engine_alone)
        self._event_forwarder = stream_records.Forwarder()
        time_to_live.start()

    def forward_stream_records(self, account_id: str, region_name: str, records_map: Any) -> None:
        """Bring records to streams; one of an expired item says who has deleted it."""
        time_to_live.mark(account_id, region_name, records_map or {})
        super().forward_stream_records(account_id, region_name, records_map)

    def forward_request(self, context: RequestContext, service_request: Any = None) -> Any:
        """Ask the engine.

        Raises:
            CommonServiceException: InternalServerError, it does not answer; clients retry it
        """
        running = engine.engine()
        try:
            if running is not None:
                running.require()
            return super().forward_request(context, service_request)
        except EngineError as e:
            raise _unavailable(e.message) from e
        except RequestException as e:
            raise short_way.broken(e) from e
        except ServiceException as e:
            if e.code == "ResourceNotFoundException":
                self._name_lost(context, service_request)
            request = service_request or context.service_request or {}
            if e.code == "InternalFailure" and request.get("NextToken"):
                # The engine stumbles over a token that it did not give, which AWS refuses.
                raise aws_error("ValidationException", "Given NextToken is invalid") from e
            raise

    @handler("CreateTable", expand=False)
    def create_table(self, context: RequestContext, create_table_input: Any) -> Any:
        """A lost table does not hold its name: who creates it knows that it is empty."""
        key = _key(context, create_table_input["TableName"])
        before = engine.tables.forget(key)
        if before is not None:
            self._forget(context, before)
        try:
            answer = super().create_table(context, create_table_input)
        except Exception:
            if before is not None:
                engine.tables.restore(key, before)
            raise
        engine.tables.made(key, answer["TableDescription"])
        _await_stream(context, answer["TableDescription"])
        return answer

    @handler("UpdateTable", expand=False)
    def update_table(self, context: RequestContext, update_table_input: Any) -> Any:
        answer = super().update_table(context, update_table_input)
        key = _key(context, update_table_input["TableName"])
        engine.tables.made(key, answer["TableDescription"])
        _await_stream(context, answer["TableDescription"])
        return answer

    @handler("DeleteTable")
    def delete_table(self, context: RequestContext, table_name: str, **_: Any) -> Any:
        key = _key(context, table_name)
        if (lost := engine.tables.forget(key)) is not None:
            self._forget(context, lost)
            return {"TableDescription": {**lost.describe(), "TableStatus": "DELETING"}}
        answer = super().delete_table(context, table_name)
        engine.tables.deleted(key)
        return answer

    @handler("DescribeTable")
    def describe_table(self, context: RequestContext, table_name: str, **_: Any) -> Any:
        lost = engine.tables.lost(_key(context, table_name))
        if lost is not None:
            return {"Table": lost.describe()}
        return super().describe_table(context, table_name)

    @handler("ListTables")
    def list_tables(
        self,
        context: RequestContext,
        exclusive_start_table_name: str | None = None,
        limit: int | None = None,
        **_: Any,
    ) -> Any:
        page = super().list_tables(context, exclusive_start_table_name, limit)
        lost = engine.tables.names_lost(context.account_id, _region(context))
        return with_lost(page, lost, exclusive_start_table_name, limit) if lost else page

    @handler("Scan", expand=False)
    def scan(self, context: RequestContext, scan_input: Any) -> Any:
        """By segments (`lakestack.services.dynamodb.segmented_scan`); errors the usual way."""
        answer = self._search("Scan", context, scan_input)
        return super().scan(context, scan_input) if answer is None else answer

    @handler("Query", expand=False)
    def query(self, context: RequestContext, query_input: Any) -> Any:
        """By a limit (`lakestack.services.dynamodb.limited_query`); errors the usual way."""
        answer = None
        if "IndexName" not in query_input or is_index_query_valid(
            context.account_id, context.region, query_input
        ):
            answer = self._search("Query", context, query_input)
        if answer is None:
            return super().query(context, query_input)
        self.fix_consumed_capacity(query_input, answer)
        return answer

    def _search(self, operation: str, context: RequestContext, asked: Any) -> Any:
        """The answer; None where the usual way is to give it."""
        body = context.request.data
        request, name = data_plane.parsed(body), asked["TableName"]
        if request is None or self.get_global_table_region(context, name) != context.region:
            return None
        self.check_provisioned_throughput(operation)
        try:
            answer = data_plane.search(
                operation, context.account_id, _region(context), body, request
            )
        except OSError as e:
            raise short_way.broken(e) from e
        if answer is None or answer.status != 200:
            return None
        http = Response(answer.body, mimetype="application/x-amz-json-1.0")
        return parse_response(context.operation, context.protocol, http)

    def on_after_state_reset(self) -> None:
        engine.tables.clear()
        super().on_after_state_reset()

    @staticmethod
    def _name_lost(context: RequestContext, service_request: Any) -> None:
        """Say of a table that it is lost, instead of that there is none."""
        for name in tables_named(service_request or context.service_request or {}):
            lost = engine.tables.lost(_key(context, name))
            if lost is not None:
                raise aws_error(
                    "ResourceNotFoundException",
                    f"Requested resource not found: Table: {name} is ARCHIVED, its items are "
                    f"lost: {lost.reason}. Delete it or create it again, and load it again",
                )

    def _forget(self, context: RequestContext, lost: LostTable) -> None:
        """Drop what LocalStack keeps of a table beside the engine, as its DeleteTable does."""
        from localstack.services.dynamodbstreams import dynamodbstreams_api

        name = lost.description["TableName"]
        arn = self.fix_table_arn(context.account_id, context.region, lost.description["TableArn"])
        dynamodbstreams_api.delete_streams(context.account_id, context.region, arn)
        store = get_store(context.account_id, context.region)
        store.TABLE_TAGS.pop(arn, None)
        store.REPLICAS.pop(name, None)
        store.table_definitions.pop(name, None)
        store.ttl_specifications.pop(name, None)
        SchemaExtractor.invalidate_table_schema(name, context.account_id, context.region)


def create_service() -> Service:
    """Return the DynamoDB service that this machine can run."""
    if not engine.available():
        return Service.for_provider(
            MotoDynamodbProvider(), dispatch_table_factory=moto_provider_table
        )
    from localstack.aws.forwarder import ForwardingFallbackDispatcher

    access.install()

    def table(provider: Any) -> Any:
        return ForwardingFallbackDispatcher(provider, provider.forward_request)

    return Service.for_provider(LakeDynamodbProvider(), dispatch_table_factory=table)


def _unavailable(why: str) -> CommonServiceException:
    """AWS's code for a fault of its own (Amazon DynamoDB Developer Guide, "Error handling")."""
    return CommonServiceException("InternalServerError", why, status_code=500)


def _concerns_engine_alone(account: str, region: str, table: str, written: bool) -> bool:
    """Whether neither a stream nor a replica nor an error that was set depends on a request."""
    chances = ("DYNAMODB_ERROR_PROBABILITY", "DYNAMODB_READ_ERROR_PROBABILITY")
    if any(getattr(config, c) for c in (*chances, "DYNAMODB_WRITE_ERROR_PROBABILITY")):
        return False
    if region in get_store(account, region).REPLICAS.get(table, ()):
        return False
    return not (written and get_table_stream_type(account, region, table))


def _await_stream(context: RequestContext, table: Mapping[str, Any]) -> None:
    """Wait until a table's stream takes records: a write that comes sooner would not be in it."""
    if not table.get("StreamSpecification", {}).get("StreamEnabled"):
        return
    from localstack.services.dynamodbstreams import dynamodbstreams_api as streams

    kinesis = streams.get_kinesis_client(context.account_id, _region(context))
    name, pause = streams.get_kinesis_stream_name(table["TableName"]), threading.Event()
    deadline = clock.steady() + STREAM_SECONDS
    while clock.steady() < deadline:
        found = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
        if found["StreamStatus"] == "ACTIVE":
            return
        pause.wait(0.02)
    LOG.warning("the stream of table %s is not active yet", table["TableName"])


def _region(context: RequestContext) -> str:
    return str(DynamoDBProvider.ddb_region_name(context.region))


def _key(context: RequestContext, table: str) -> Key:
    return (context.account_id, _region(context), plain_name(table))
