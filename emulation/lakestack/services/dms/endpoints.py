"""Operations on endpoints: an S3 source or a DynamoDB target."""

from __future__ import annotations

import copy
from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.dms.errors import DefinitionError
from lakestack.services.dms.s3_source import extra_attributes, parse_s3_source
from lakestack.services.dms.state import (
    ACTIVE_STATES,
    DmsState,
    Operations,
    Shape,
    already_exists,
    check_identifier,
    described,
    find,
    invalid_value,
    page,
    select,
    wrong_state,
)

ENGINES = {("s3", "source"): "Amazon S3", ("dynamodb", "target"): "Amazon DynamoDB"}

_COPIED = (
    "ServerName",
    "Port",
    "DatabaseName",
    "Username",
    "ExtraConnectionAttributes",
    "KmsKeyId",
    "CertificateArn",
    "ServiceAccessRoleArn",
    "ExternalTableDefinition",
    "S3Settings",
    "DynamoDbSettings",
)


class EndpointOperations(Operations):
    """Mixed into the provider."""

    @handler("CreateEndpoint", expand=False)
    def create_endpoint(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        name = check_identifier(request["EndpointIdentifier"], "EndpointIdentifier")
        endpoint = _checked(
            {
                "EndpointIdentifier": name,
                "EndpointType": request["EndpointType"].lower(),
                "EngineName": request["EngineName"].lower(),
                "Status": "active",
                "SslMode": request.get("SslMode") or "none",
                **{k: request[k] for k in _COPIED if request.get(k) is not None},
            }
        )
        with store.lock:
            if any(e["EndpointIdentifier"] == name for e in store.endpoints.values()):
                raise already_exists("Endpoint", name)
            arn = store.arn("endpoint", request.get("ResourceIdentifier"))
            endpoint["EndpointArn"] = arn
            store.endpoints[arn] = endpoint
            store.tag(arn, request)
        return {"Endpoint": endpoint}

    @handler("DescribeEndpoints", expand=False)
    def describe_endpoints(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        filters = {
            "endpoint-arn": "EndpointArn",
            "endpoint-type": "EndpointType",
            "endpoint-id": "EndpointIdentifier",
            "engine-name": "EngineName",
        }
        return described(store, store.endpoints, request, filters, "Endpoints", "endpoints")

    @handler("ModifyEndpoint", expand=False)
    def modify_endpoint(self, context: RequestContext, request: Any) -> Any:
        store, arn = self.store(context), request["EndpointArn"]
        with store.lock:
            endpoint = find(store.endpoints, arn, "Endpoint")
            _refuse_while_running(store, arn, "modified")
            changed = copy.deepcopy(endpoint)
            for key in _COPIED:
                if request.get(key) is None:
                    continue
                changed[key] = request[key]
                if key.endswith("Settings") and not request.get("ExactSettings"):
                    changed[key] = {**endpoint.get(key, {}), **request[key]}
            if request.get("ExtraConnectionAttributes") and changed["EngineName"] == "s3":
                changed["S3Settings"] = {
                    **changed.get("S3Settings", {}),
                    **_attributes(request),
                    **(request.get("S3Settings") or {}),
                }
            for key in ("EndpointType", "EngineName"):
                if request.get(key):
                    changed[key] = request[key].lower()
            new_name = request.get("EndpointIdentifier")
            if new_name and new_name != endpoint["EndpointIdentifier"]:
                check_identifier(new_name, "EndpointIdentifier")
                if any(e["EndpointIdentifier"] == new_name for e in store.endpoints.values()):
                    raise already_exists("Endpoint", new_name)
                changed["EndpointIdentifier"] = new_name
            store.endpoints[arn] = _checked(changed)
            for (_, endpoint_arn), connection in list(store.connections.items()):
                if endpoint_arn == arn:
                    connection["EndpointIdentifier"] = changed["EndpointIdentifier"]
            return {"Endpoint": store.endpoints[arn]}

    @handler("DeleteEndpoint", expand=False)
    def delete_endpoint(self, context: RequestContext, request: Any) -> Any:
        store, arn = self.store(context), request["EndpointArn"]
        with store.lock:
            endpoint = find(store.endpoints, arn, "Endpoint")
            for task in store.tasks.values():
                if arn in (task.source_arn, task.target_arn):
                    raise wrong_state(
                        f"Endpoint {arn} is part of one or more ReplicationTasks: "
                        f"{task.identifier}; delete it first"
                    )
            del store.endpoints[arn]
            store.tags.pop(arn, None)
            for key in [k for k in store.connections if k[1] == arn]:
                del store.connections[key]
        return {"Endpoint": {**endpoint, "Status": "deleting"}}

    @handler("DescribeEndpointTypes", expand=False)
    def describe_endpoint_types(
        self,
        context: RequestContext,  # noqa: ARG002 - the same for all
        request: Any,
    ) -> Any:
        types = [
            {
                "EngineName": engine,
                "SupportsCDC": False,
                "EndpointType": kind,
                "EngineDisplayName": shown,
            }
            for (engine, kind), shown in ENGINES.items()
        ]
        getters = {
            "engine-name": lambda t: [t["EngineName"]],
            "endpoint-type": lambda t: [t["EndpointType"]],
        }
        shown, marker = page(select(types, request, getters, "endpoint types"), request)
        return {"SupportedEndpointTypes": shown, **marker}


def _checked(endpoint: Shape) -> Shape:
    """Check what an endpoint of its engine needs; returns it with what AWS adds."""
    engine, kind = endpoint["EngineName"], endpoint["EndpointType"]
    if (engine, kind) not in ENGINES:
        raise invalid_value(
            f"Engine {engine!r} as {kind} is not emulated; valid: s3 as source, dynamodb as target"
        )
    endpoint["EngineDisplayName"] = ENGINES[engine, kind]
    if engine == "s3":
        try:
            source = parse_s3_source(endpoint)
        except DefinitionError as e:
            raise invalid_value(e.message) from e
        # Both spellings end up here, so that one cannot hide the other later.
        settings = {**_attributes(endpoint), **endpoint.get("S3Settings", {})}
        endpoint["S3Settings"] = {
            "CsvRowDelimiter": "\\n",
            **settings,
            "CsvDelimiter": source.form.delimiter,
            "CompressionType": "GZIP" if source.form.gzip else "NONE",
            "IgnoreHeaderRows": source.form.header_rows,
            "Rfc4180": source.form.rfc4180,
            "BucketName": source.bucket,
            "BucketFolder": source.folder,
        }
    elif not (
        (endpoint.get("DynamoDbSettings") or {}).get("ServiceAccessRoleArn")
        or endpoint.get("ServiceAccessRoleArn")
    ):
        raise invalid_value(
            "The parameter ServiceAccessRoleArn must be provided and must not be blank"
        )
    return endpoint


def _attributes(request: Shape) -> Shape:
    try:
        return extra_attributes(request.get("ExtraConnectionAttributes") or "")
    except DefinitionError as e:
        raise invalid_value(e.message) from e


def _refuse_while_running(store: DmsState, arn: str, verb: str) -> None:
    for task in store.tasks.values():
        if arn in (task.source_arn, task.target_arn) and task.status in ACTIVE_STATES:
            raise wrong_state(
                f"Endpoint {arn} cannot be {verb}: replication task {task.identifier} is "
                f"{task.status}"
            )
