"""Changes in place of REST APIs, connections and API destinations, as in `changes_in_place`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestack.services.cloudformation.changes import Change, Model

_RATE = 300
"""Amazon EventBridge API Reference, "CreateApiDestination": InvocationRateLimitPerSecond."""
_DESTINATION = ("ConnectionArn", "Description", "HttpMethod", "InvocationEndpoint")
_CONNECTION = (
    *("AuthParameters", "AuthorizationType", "Description", "InvocationConnectivityParameters"),
)


def _replaced(path: str, value: Any) -> list[Model]:
    return [{"op": "replace", "path": path, "value": value or ""}]


def _api_name(aws: Any, model: Model, value: Any) -> None:
    if value:  # an API whose name is gone from the template keeps it
        aws.apigateway.update_rest_api(
            restApiId=model["RestApiId"], patchOperations=_replaced("/name", value)
        )


def _api_description(aws: Any, model: Model, value: Any) -> None:
    aws.apigateway.update_rest_api(
        restApiId=model["RestApiId"], patchOperations=_replaced("/description", value)
    )


def _deployment_description(aws: Any, model: Model, value: Any) -> None:
    aws.apigateway.update_deployment(
        restApiId=model["RestApiId"],
        deploymentId=model["DeploymentId"],
        patchOperations=_replaced("/description", value),
    )


def _destination(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - all of it at once
    given = {name: model[name] for name in _DESTINATION if name in model}
    rate = model.get("InvocationRateLimitPerSecond") or _RATE
    aws.events.update_api_destination(
        Name=model["Name"], **given, InvocationRateLimitPerSecond=rate
    )


def _connection(aws: Any, model: Model, value: Any) -> None:  # noqa: ARG001 - all of it at once
    given = {name: model[name] for name in _CONNECTION if name in model}
    aws.events.update_connection(Name=model["Name"], **given)


CHANGES: Mapping[str, Mapping[str, Change]] = {
    "AWS::ApiGateway::Deployment": {"Description": _deployment_description},
    "AWS::ApiGateway::RestApi": {"Description": _api_description, "Name": _api_name},
    "AWS::Events::ApiDestination": dict.fromkeys(
        (*_DESTINATION, "InvocationRateLimitPerSecond"), _destination
    ),
    "AWS::Events::Connection": dict.fromkeys(_CONNECTION, _connection),
}
