"""Operations on named queries and prepared statements.

Amazon Athena API Reference, "CreateNamedQuery", "CreatePreparedStatement".
"""

from __future__ import annotations

import uuid

from localstack.aws.api import RequestContext, handler

from lakestack import clock
from lakestack.services.athena.execution import Document
from lakestack.services.athena.paging import by_name, page
from lakestack.services.athena.state import (
    PRIMARY,
    STORE,
    AthenaState,
    invalid,
    not_found,
    state_of,
)

_NAMED = ("Name", "Description", "Database", "QueryString")


class StatementApi:
    """Texts of queries under names."""

    @handler("CreateNamedQuery", expand=False)
    def create_named_query(self, context: RequestContext, request: Document) -> Document:
        """A request that is sent again with its token makes nothing new."""
        with STORE.holding(context.account_id, context.region) as state:
            name = request.get("WorkGroup") or PRIMARY
            state.work_group(name)
            token = request.get("ClientRequestToken")
            for key, each in state.named_queries.items():
                if token and each.get("Token") == token:
                    return {"NamedQueryId": key}
            made = str(uuid.uuid4())
            query = {field: request[field] for field in _NAMED if request.get(field) is not None}
            state.named_queries[made] = {
                **query,
                "NamedQueryId": made,
                "WorkGroup": name,
                "Token": token,
            }
        return {"NamedQueryId": made}

    @handler("GetNamedQuery", expand=False)
    def get_named_query(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            return {"NamedQuery": _shown(_named(state, request["NamedQueryId"]))}

    @handler("BatchGetNamedQuery", expand=False)
    def batch_get_named_query(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            return by_name(
                state.named_queries,
                request["NamedQueryIds"],
                _shown,
                "NamedQueries",
                "UnprocessedNamedQueryIds",
                lambda name: {
                    "NamedQueryId": name,
                    "ErrorCode": "INVALID_INPUT",
                    "ErrorMessage": f"NamedQuery {name} was not found",
                },
            )

    @handler("ListNamedQueries", expand=False)
    def list_named_queries(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            group = request.get("WorkGroup") or PRIMARY
            state.work_group(group)
            found = [k for k, each in state.named_queries.items() if each["WorkGroup"] == group]
        return page(found, request, "NamedQueryIds")

    @handler("UpdateNamedQuery", expand=False)
    def update_named_query(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            query = _named(state, request["NamedQueryId"])
            for field in ("Name", "Description", "QueryString"):
                if request.get(field) is not None:
                    query[field] = request[field]
        return {}

    @handler("DeleteNamedQuery", expand=False)
    def delete_named_query(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            _named(state, request["NamedQueryId"])
            del state.named_queries[request["NamedQueryId"]]
        return {}

    @handler("CreatePreparedStatement", expand=False)
    def create_prepared_statement(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            group, name = request["WorkGroup"], request["StatementName"]
            state.work_group(group)
            if name in state.prepared.get(group, {}):
                raise invalid(f"PreparedStatement {name} already exists")
            state.prepared.setdefault(group, {})[name] = _prepared(request)
        return {}

    @handler("UpdatePreparedStatement", expand=False)
    def update_prepared_statement(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            found = _statement(state, request["WorkGroup"], request["StatementName"])
            found.update(_prepared(request))
        return {}

    @handler("GetPreparedStatement", expand=False)
    def get_prepared_statement(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            found = _statement(state, request["WorkGroup"], request["StatementName"])
            return {"PreparedStatement": dict(found)}

    @handler("BatchGetPreparedStatement", expand=False)
    def batch_get_prepared_statement(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            state.work_group(request["WorkGroup"])
            return by_name(
                state.prepared.get(request["WorkGroup"], {}),
                request["PreparedStatementNames"],
                dict,
                "PreparedStatements",
                "UnprocessedPreparedStatementNames",
                lambda name: {
                    "StatementName": name,
                    "ErrorCode": "STATEMENT_NOT_FOUND",
                    "ErrorMessage": f"PreparedStatement {name} was not found",
                },
            )

    @handler("ListPreparedStatements", expand=False)
    def list_prepared_statements(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            state.work_group(request["WorkGroup"])
            found = [
                {"StatementName": name, "LastModifiedTime": each["LastModifiedTime"]}
                for name, each in sorted(state.prepared.get(request["WorkGroup"], {}).items())
            ]
        return page(found, request, "PreparedStatements")

    @handler("DeletePreparedStatement", expand=False)
    def delete_prepared_statement(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            group, name = request["WorkGroup"], request["StatementName"]
            _statement(state, group, name)
            del state.prepared[group][name]
        return {}


def _named(state: AthenaState, name: str) -> Document:
    found = state.named_queries.get(name)
    if found is None:
        raise invalid(f"NamedQuery {name} was not found")
    return found


def _shown(query: Document) -> Document:
    return {name: value for name, value in query.items() if name != "Token"}


def _statement(state: AthenaState, group: str, name: str) -> Document:
    state.work_group(group)
    found = state.prepared.get(group, {}).get(name)
    if found is None:
        raise not_found(f"PreparedStatement {name} was not found")
    return found


def _prepared(request: Document) -> Document:
    return {
        "StatementName": request["StatementName"],
        "QueryStatement": request["QueryStatement"],
        "WorkGroupName": request["WorkGroup"],
        "Description": request.get("Description", ""),
        "LastModifiedTime": clock.utc(),
    }
