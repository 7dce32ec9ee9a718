"""Writes to tables with a stream: one at a time, so that the stream tells what happened.

LocalStack reads items before and after a write to make its records: with several writers at once,
two updates can see the same item, and records can change places. Of statements in PartiQL it sees
single ones, of tables whose names are not in quotation marks.

Amazon DynamoDB Developer Guide, "Change data capture for DynamoDB Streams": each record appears
exactly once, those of an item in the order of its modifications.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.services.dynamodb.provider import (
    DynamoDBProvider,
    ItemFinder,
    get_table_stream_type,
    get_updated_records,
)
from localstack.services.dynamodb.utils import extract_table_name_from_partiql_update

STRIPES = 64
"""Locks, of which each table has one: tables that share one wait for each other without need."""

_WRITE = re.compile(
    r'\s*(?:UPDATE|INSERT\s+INTO|DELETE\s+FROM)\s+(?:"(?P<quoted>[^"]+)"|(?P<plain>[^\s".]+))',
    re.IGNORECASE,
)
"""Amazon DynamoDB Developer Guide, "PartiQL update/insert/delete statements for DynamoDB"."""


class Turns:
    """Locks of tables."""

    def __init__(self) -> None:
        self._locks = [threading.RLock() for _ in range(STRIPES)]

    @contextlib.contextmanager
    def of(self, tables: Iterable[tuple[str, str, str]]) -> Iterator[None]:
        """Hold the locks of tables: account, region and name of each."""
        with contextlib.ExitStack() as held:
            for stripe in sorted({hash(table) % STRIPES for table in tables}):
                held.enter_context(self._locks[stripe])
            yield


def table_written(statement: str) -> str | None:
    """The table that a statement of PartiQL changes; None where it changes none."""
    found = _WRITE.match(statement)
    return found and (found["quoted"] or found["plain"])


class OrderedWrites(DynamoDBProvider):  # type: ignore[misc]
    """The operations that change items."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._turns = Turns()

    @handler("PutItem", expand=False)
    def put_item(self, context: RequestContext, put_item_input: Any) -> Any:
        with self._turn(context, tables_named(put_item_input)):
            return super().put_item(context, put_item_input)

    @handler("UpdateItem", expand=False)
    def update_item(self, context: RequestContext, update_item_input: Any) -> Any:
        with self._turn(context, tables_named(update_item_input)):
            return super().update_item(context, update_item_input)

    @handler("DeleteItem", expand=False)
    def delete_item(self, context: RequestContext, delete_item_input: Any) -> Any:
        with self._turn(context, tables_named(delete_item_input)):
            return super().delete_item(context, delete_item_input)

    @handler("BatchWriteItem", expand=False)
    def batch_write_item(self, context: RequestContext, batch_write_item_input: Any) -> Any:
        with self._turn(context, tables_named(batch_write_item_input)):
            return super().batch_write_item(context, batch_write_item_input)

    @handler("TransactWriteItems", expand=False)
    def transact_write_items(self, context: RequestContext, transact_write_items_input: Any) -> Any:
        with self._turn(context, tables_named(transact_write_items_input)):
            return super().transact_write_items(context, transact_write_items_input)

    @handler("ExecuteStatement", expand=False)
    def execute_statement(self, context: RequestContext, execute_statement_input: Any) -> Any:
        statement = execute_statement_input["Statement"]
        with self._turn(context, _written([statement])):
            if extract_table_name_from_partiql_update(statement) in _written([statement]):
                return super().execute_statement(context, execute_statement_input)
            return self._recorded(
                context,
                [statement],
                lambda: super(OrderedWrites, self).execute_statement(
                    context, execute_statement_input
                ),
            )

    @handler("BatchExecuteStatement", expand=False)
    def batch_execute_statement(self, context: RequestContext, request: Any) -> Any:
        return self._statements(context, request["Statements"])

    @handler("ExecuteTransaction", expand=False)
    def execute_transaction(self, context: RequestContext, execute_transaction_input: Any) -> Any:
        return self._statements(context, execute_transaction_input["TransactStatements"])

    def _statements(self, context: RequestContext, statements: list[Mapping[str, Any]]) -> Any:
        texts = [each["Statement"] for each in statements]
        with self._turn(context, _written(texts)):
            return self._recorded(context, texts, lambda: self.forward_request(context))

    def _turn(
        self, context: RequestContext, names: Iterable[str]
    ) -> contextlib.AbstractContextManager[None]:
        """Hold the tables with a stream, among those that a request changes."""
        account, region = context.account_id, context.region
        return self._turns.of(
            (account, region, name)
            for name in map(plain_name, names)
            if get_table_stream_type(account, region, name)
        )

    def _recorded(
        self, context: RequestContext, statements: list[str], execute: Callable[[], Any]
    ) -> Any:
        """Execute statements, and bring to streams how their tables differ from before."""
        account, region = context.account_id, context.region
        types = {
            name: get_table_stream_type(account, region, name) for name in _written(statements)
        }
        before = {name: self._items(context, name) for name, found in types.items() if found}
        answer = execute()
        for name, items in before.items():
            records = get_updated_records(
                account, region, name, items, self.server.url, types[name]
            )
            self.forward_stream_records(account, region, records)
        return answer

    def _items(self, context: RequestContext, table: str) -> Any:
        return ItemFinder.get_all_table_items(
            account_id=context.account_id,
            region_name=context.region,
            table_name=table,
            endpoint_url=self.server.url,
        )


def _written(statements: Iterable[str]) -> set[str]:
    return {name for text in statements if (name := table_written(text))}


def tables_named(request: Mapping[str, Any]) -> Iterator[str]:
    """Names of the tables that a request is about, whatever its operation."""
    if isinstance(name := request.get("TableName"), str):
        yield name
    yield from request.get("RequestItems") or ()
    for item in request.get("TransactItems") or ():
        for action in item.values():
            if isinstance(action, Mapping) and isinstance(action.get("TableName"), str):
                yield action["TableName"]


def plain_name(table: str) -> str:
    """A table may be named by its ARN."""
    return table.rpartition("/")[2] if table.startswith("arn:") else table
