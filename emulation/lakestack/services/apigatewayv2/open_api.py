"""APIs out of OpenAPI definitions.

API Gateway Developer Guide, "Use OpenAPI definitions for HTTP APIs in API Gateway" and "OpenAPI
extensions for API Gateway".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from lakestack.services.apigatewayv2 import rules
from lakestack.services.apigatewayv2.state import (
    DEFAULT,
    Api,
    Document,
    bad_request,
    not_emulated,
)

_ANY = "x-amazon-apigateway-any-method"
_AUTHORIZER = "x-amazon-apigateway-authorizer"
_AUTHORIZER_PARTS = {
    "authorizerCredentials": "AuthorizerCredentialsArn",
    "authorizerPayloadFormatVersion": "AuthorizerPayloadFormatVersion",
    "authorizerResultTtlInSeconds": "AuthorizerResultTtlInSeconds",
    "authorizerUri": "AuthorizerUri",
    "enableSimpleResponses": "EnableSimpleResponses",
    "identityValidationExpression": "IdentityValidationExpression",
}
_INTEGRATION_PARTS = {
    "connectionId": "ConnectionId",
    "connectionType": "ConnectionType",
    "credentials": "CredentialsArn",
    "description": "Description",
    "httpMethod": "IntegrationMethod",
    "integrationSubtype": "IntegrationSubtype",
    "payloadFormatVersion": "PayloadFormatVersion",
    "requestParameters": "RequestParameters",
    "responseParameters": "ResponseParameters",
    "timeoutInMillis": "TimeoutInMillis",
    "tlsConfig": "TlsConfig",
    "type": "IntegrationType",
    "uri": "IntegrationUri",
}
_METHODS = ("delete", "get", "head", "options", "patch", "post", "put", _ANY)


def read(text: str) -> Document:
    """A definition, in JSON or YAML.

    Raises:
        CommonServiceException: BadRequestException
    """
    try:
        found = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as e:
        raise bad_request("Unable to parse API definition because of a malformed document") from e
    if not isinstance(found, dict) or not str(found.get("openapi", "")).startswith("3."):
        raise bad_request("Invalid OpenAPI input: only OpenAPI 3.0 definitions are supported")
    return found


def settings(definition: Document) -> Document:
    """What a definition says of the API itself.

    Raises:
        CommonServiceException: BadRequestException
    """
    info = _mapping(definition.get("info"), "info")
    if not info.get("title"):
        raise bad_request("Invalid OpenAPI input: info.title is missing")
    made: Document = {"Name": str(info["title"]), "ProtocolType": "HTTP"}
    for name, member in (("version", "Version"), ("description", "Description")):
        if info.get(name) is not None:
            made[member] = str(info[name])
    if cors := definition.get("x-amazon-apigateway-cors"):
        made["CorsConfiguration"] = _cors(_mapping(cors, "x-amazon-apigateway-cors"))
    endpoints = [definition, *(_listed(definition.get("servers")))]
    for each in endpoints:
        configured = each.get("x-amazon-apigateway-endpoint-configuration") or {}
        if "disableExecuteApiEndpoint" in configured:
            made["DisableExecuteApiEndpoint"] = _boolean(configured["disableExecuteApiEndpoint"])
    tags = {
        str(tag["name"]): str(tag.get("x-amazon-apigateway-tag-value", ""))
        for tag in _listed(definition.get("tags"))
        if "x-amazon-apigateway-tag-value" in tag
    }
    return {**made, "Tags": tags}


def fill(api: Api, definition: Document) -> None:
    """Make a definition's authorizers, integrations and routes.

    Args:
        api: without any

    Raises:
        CommonServiceException: as `rules` says, or for what would leave a route open
    """
    components = _mapping(definition.get("components") or {}, "components")
    schemes = _mapping(components.get("securitySchemes") or {}, "securitySchemes")
    known = {name: _scheme(api, name, scheme) for name, scheme in schemes.items()}
    default = definition.get("security")
    for path, method, operation in _operations(definition):
        key = DEFAULT if path.lstrip("/") == DEFAULT else f"{method} {path}"  # SAM has no slash
        route: Document = {"RouteKey": key}
        if operation.get("operationId"):
            route["OperationName"] = str(operation["operationId"])
        given = operation.get("x-amazon-apigateway-integration")
        if given is not None:
            shared = components.get("x-amazon-apigateway-integrations") or {}
            made = rules.integration(_integration(_followed(given, shared)))
            made = rules.add(api.integrations, "IntegrationId", made)
            route["Target"] = f"integrations/{made['IntegrationId']}"
        route |= _security(operation.get("security", default), known, key)
        rules.add(api.routes, "RouteId", rules.route(api, route))


def _operations(definition: Document) -> Iterator[tuple[str, str, Document]]:
    for path, item in _mapping(definition.get("paths") or {}, "paths").items():
        for name, operation in _mapping(item or {}, path).items():
            if name.lower() in _METHODS:
                method = "ANY" if name == _ANY else name.upper()
                yield str(path), method, _mapping(operation or {}, f"{name} of {path}")


def _integration(given: Document) -> Document:
    made = {_INTEGRATION_PARTS[n]: v for n, v in given.items() if n in _INTEGRATION_PARTS}
    if "TimeoutInMillis" in made:
        made["TimeoutInMillis"] = int(made["TimeoutInMillis"])
    if "PayloadFormatVersion" in made:
        made["PayloadFormatVersion"] = str(made["PayloadFormatVersion"])
    if str(made.get("IntegrationType", "")).islower():
        made["IntegrationType"] = made["IntegrationType"].upper()
    if "ResponseParameters" in made:
        made["ResponseParameters"] = {str(k): v for k, v in made["ResponseParameters"].items()}
    return made


def _scheme(api: Api, name: str, scheme: Any) -> Document:
    """What a route has that a scheme secures."""
    given = _mapping(scheme, f"securitySchemes.{name}")
    if given.get("x-amazon-apigateway-authtype") == "awsSigv4":
        return {"AuthorizationType": "AWS_IAM"}
    if _AUTHORIZER not in given:
        return {}
    found = _mapping(given[_AUTHORIZER], _AUTHORIZER)
    kind = str(found.get("type", "")).upper()
    made: Document = {_AUTHORIZER_PARTS[n]: v for n, v in found.items() if n in _AUTHORIZER_PARTS}
    made |= {"Name": name, "AuthorizerType": kind, "IdentitySource": _sources(found)}
    if configured := found.get("jwtConfiguration"):
        made["JwtConfiguration"] = {key.capitalize(): v for key, v in configured.items()}
    for member in ("AuthorizerPayloadFormatVersion",):
        if member in made:
            made[member] = str(made[member])
    made = rules.add(api.authorizers, "AuthorizerId", rules.authorizer(made))
    route_kind = "JWT" if kind == "JWT" else "CUSTOM"
    return {"AuthorizationType": route_kind, "AuthorizerId": made["AuthorizerId"]}


def _sources(authorizer: Document) -> list[str]:
    given = authorizer.get("identitySource") or []
    listed = given.split(",") if isinstance(given, str) else given
    return [str(source).strip() for source in listed]


def _security(security: Any, known: Mapping[str, Document], key: str) -> Document:
    """The members of a route by which it is secured.

    Raises:
        CommonServiceException: the scheme is none that API Gateway checks: the route would be open
    """
    wanted = [(n, scopes) for each in _listed(security) for n, scopes in each.items()]
    if not wanted:
        return {}
    if len(wanted) > 1:
        raise not_emulated(f"Several security schemes of one route ({key}) are not emulated")
    name, scopes = wanted[0]
    if name == "NONE" and name not in known:  # SAM's name of none
        return {}
    if not known.get(name):
        raise bad_request(
            f"Security scheme {name} of {key} has no {_AUTHORIZER}, and the route would be open"
        )
    made = dict(known[name])
    if scopes and made["AuthorizationType"] == "JWT":
        made["AuthorizationScopes"] = [str(scope) for scope in scopes]
    return made


def _cors(given: Document) -> Document:
    made = {name[:1].upper() + name[1:]: value for name, value in given.items()}
    if "MaxAge" in made:
        made["MaxAge"] = int(made["MaxAge"])
    if "AllowCredentials" in made:
        made["AllowCredentials"] = _boolean(made["AllowCredentials"])
    for name in ("AllowOrigins", "AllowMethods", "AllowHeaders", "ExposeHeaders"):
        if name in made:
            made[name] = [str(each) for each in _as_list(made[name])]
    return made


def _followed(given: Any, shared: Mapping[str, Any]) -> Document:
    found = _mapping(given, "x-amazon-apigateway-integration")
    if "$ref" in found:
        found = _mapping(shared.get(str(found["$ref"]).rpartition("/")[2]), str(found["$ref"]))
    return found


def _mapping(value: Any, what: str) -> Document:
    if not isinstance(value, dict):
        raise bad_request(f"Invalid OpenAPI input: {what} is no object")
    return value


def _listed(value: Any) -> list[Document]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _boolean(value: Any) -> bool:
    return value is True or str(value).lower() == "true"
