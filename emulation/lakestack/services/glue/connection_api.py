"""Connections of the Data Catalog: kept and shown. Jobs use those of JDBC and of connectors."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack import clock
from lakestack.services.base import aws_error
from lakestack.services.glue.paging import page
from lakestack.services.glue.state import STORE, GlueState, state_of
from lakestack.services.glue.tagging import drop_tags, set_tags

JsonDict = dict[str, Any]

_SECRET_PROPERTIES = ("PASSWORD", "ENCRYPTED_PASSWORD", "ENCRYPTED_KAFKA_CLIENT_KEY_PASSWORD")


class ConnectionApi:
    """Create, update, delete, get and list connections."""

    @handler("CreateConnection", expand=False)
    def create_connection(self, context: RequestContext, request: JsonDict) -> JsonDict:
        given = _checked(request["ConnectionInput"])
        name, now = given["Name"], clock.wall()
        with STORE.holding(context.account_id, context.region) as state:
            if name in state.connections:
                raise aws_error(
                    "AlreadyExistsException", f"Connection with name {name} already exists"
                )
            state.connections[name] = {**given, "CreationTime": now, "LastUpdatedTime": now}
        set_tags(state, "connection", name, request.get("Tags"))
        return {"CreateConnectionStatus": "READY"}

    @handler("UpdateConnection", expand=False)
    def update_connection(self, context: RequestContext, request: JsonDict) -> JsonDict:
        """AWS replaces the definition as a whole; the name stays."""
        given = _checked(request["ConnectionInput"])
        with STORE.holding(context.account_id, context.region) as state:
            former = _existing(state, request["Name"])
            state.connections[request["Name"]] = {
                **given,
                "Name": request["Name"],
                "CreationTime": former["CreationTime"],
                "LastUpdatedTime": clock.wall(),
            }
        return {}

    @handler("DeleteConnection", expand=False)
    def delete_connection(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            _existing(state, request["ConnectionName"])
            del state.connections[request["ConnectionName"]]
        drop_tags(state, "connection", request["ConnectionName"])
        return {}

    @handler("BatchDeleteConnection", expand=False)
    def batch_delete_connection(self, context: RequestContext, request: JsonDict) -> JsonDict:
        done, errors = [], {}
        for name in request["ConnectionNameList"]:
            try:
                self.delete_connection(context, {"ConnectionName": name})
            except CommonServiceException as e:
                errors[name] = {"ErrorCode": e.code, "ErrorMessage": e.message}
            else:
                done.append(name)
        return {"Succeeded": done, "Errors": errors}

    @handler("GetConnection", expand=False)
    def get_connection(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        return {"Connection": _shown(_existing(state, request["Name"]), request)}

    @handler("GetConnections", expand=False)
    def get_connections(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        chosen = request.get("Filter") or {}
        kind, criteria = chosen.get("ConnectionType"), chosen.get("MatchCriteria") or []
        with state.lock:
            found = [state.connections[name] for name in sorted(state.connections)]
        found = [
            _shown(each, request)
            for each in found
            if kind in (None, each["ConnectionType"])
            and set(criteria) <= set(each.get("MatchCriteria") or ())
        ]
        return page(found, request, "ConnectionList")


def _existing(state: GlueState, name: str) -> JsonDict:
    found = state.connections.get(name)
    if found is None:
        raise aws_error("EntityNotFoundException", f"Connection {name} not found.")
    return found


def _shown(connection: JsonDict, request: JsonDict) -> JsonDict:
    """The Connection structure, with HidePassword without passwords."""
    shown = {"ConnectionSchemaVersion": 1, "Status": "READY", **connection}
    if request.get("HidePassword"):
        properties = connection.get("ConnectionProperties") or {}
        shown["ConnectionProperties"] = {
            key: value for key, value in properties.items() if key not in _SECRET_PROPERTIES
        }
    return shown


def _checked(given: JsonDict) -> JsonDict:
    """A ConnectionInput.

    Raises:
        InvalidInputException: a JDBC connection without a URL, or with two ways to log in
    """
    properties = given.get("ConnectionProperties") or {}
    if given["ConnectionType"] == "JDBC":
        if not properties.get("JDBC_CONNECTION_URL", "").startswith("jdbc:"):
            raise aws_error(
                "InvalidInputException",
                "A connection of type JDBC needs the property JDBC_CONNECTION_URL, such as "
                "jdbc:postgresql://host:5432/database",
            )
        if properties.get("SECRET_ID") and properties.get("PASSWORD"):
            raise aws_error(
                "InvalidInputException", "A connection has SECRET_ID or PASSWORD, and not both"
            )
    return dict(given)
