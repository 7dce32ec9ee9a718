"""What may be made: documents of APIs, integrations, routes, authorizers and stages.

API Gateway V2 API Reference, the operations; errors whose words moto or public reports have
recorded have these, the others are our guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lakestack.confinement import network
from lakestack.services import local_endpoint
from lakestack.services.apigatewayv2 import mapping, service_actions
from lakestack.services.apigatewayv2.access_logs import GROUP
from lakestack.services.apigatewayv2.routing import METHODS, read_key
from lakestack.services.apigatewayv2.state import (
    Api,
    Document,
    bad_request,
    conflict,
    new_id,
    not_emulated,
    not_found,
)

FUNCTION = re.compile(
    r"(?:arn:[\w-]+:apigateway:[\w-]+:lambda:path/2015-03-31/functions/)?"
    r"(arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[^/]+?)(?:/invocations)?"
)
"""A function in an integration's or authorizer's URI: its ARN, or that of its invocation."""
_VARIABLE = re.compile(r"\$\{stageVariables\.[^}]+\}")
_STAGE = re.compile(r"[A-Za-z0-9_-]{1,128}|\$default")
_SOURCE = re.compile(r"\$(?:request\.(?:header|querystring)|context|stageVariables)\.\S+")
_TOKEN = re.compile(r"\$request\.(?:header|querystring)\.\S+")
_NOT_OF_HTTP = {
    "integration": (
        *("ContentHandlingStrategy", "PassthroughBehavior", "RequestTemplates"),
        "TemplateSelectionExpression",
    ),
    "route": (
        *("ModelSelectionExpression", "RequestModels", "RequestParameters"),
        "RouteResponseSelectionExpression",
    ),
    "api": ("ApiKeySelectionExpression", "DisableSchemaValidation"),
}
"""Supported only for WebSocket APIs."""
_MAX_TIMEOUT = 30000


def given(request: Mapping[str, Any], *without: str) -> Document:
    """What a request gives, as a document."""
    return {n: v for n, v in request.items() if v is not None and n not in without}


def merged(before: Document, request: Mapping[str, Any], *without: str) -> Document:
    """A document with what a request changes; an empty value removes a member (our guess)."""
    changes = given(request, *without)
    gone = {name for name, value in changes.items() if value in ("", {}, [])}
    return {n: v for n, v in {**before, **changes}.items() if n not in gone}


def check_api(document: Document) -> None:
    """Look at an API.

    Raises:
        CommonServiceException: BadRequestException; 501 for a WebSocket API
    """
    if document.get("ProtocolType") == "WEBSOCKET":
        raise not_emulated("A WebSocket API (ProtocolType WEBSOCKET) is not emulated")
    if document.get("ProtocolType") != "HTTP":
        raise bad_request("Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]")
    _only_http("api", document, {"ApiKeySelectionExpression": "$request.header.x-api-key"})
    expression = document.get("RouteSelectionExpression", "${request.method} ${request.path}")
    if expression.replace("{", "").replace("}", "") != "$request.method $request.path":
        raise bad_request(
            "Invalid RouteSelectionExpression; an HTTP API's is ${request.method} ${request.path}"
        )
    if cors := document.get("CorsConfiguration"):
        check_cors(cors)


def check_cors(cors: Mapping[str, Any]) -> None:
    """Look at a CORS configuration.

    Raises:
        CommonServiceException: BadRequestException
    """
    if cors.get("AllowCredentials") and "*" in (cors.get("AllowOrigins") or ()):
        raise bad_request("Invalid CORS configuration: allow credentials is not supported with '*'")
    for origin in cors.get("AllowOrigins") or ():
        if origin != "*" and "://" not in origin:
            raise bad_request(f"Invalid format for origin {origin}")


def integration(request: Document) -> Document:
    """The document of an integration.

    Args:
        request: without ids

    Raises:
        CommonServiceException: BadRequestException; 501 for what nobody here can ask
    """
    made = {"ConnectionType": "INTERNET", **request}
    kind = made.get("IntegrationType")
    if kind not in ("AWS_PROXY", "HTTP_PROXY"):
        raise bad_request(f"Integration type {kind} is not supported for HTTP protocol Apis")
    _only_http("integration", made)
    if made["ConnectionType"] != "INTERNET":
        raise not_emulated(
            "An integration through a VPC link (ConnectionType VPC_LINK) is not emulated"
        )
    if made.get("TlsConfig"):
        raise bad_request("TlsConfig is only supported for private integrations")
    timeout = made.setdefault("TimeoutInMillis", _MAX_TIMEOUT)
    if not 50 <= int(timeout) <= _MAX_TIMEOUT:
        raise bad_request(f"Timeout should be between 50 ms and {_MAX_TIMEOUT} ms")
    if made.get("IntegrationSubtype"):
        _check_action(made)
    elif kind == "AWS_PROXY":
        _check_function(made)
    else:
        _check_http(made)
    if fault := mapping.fault_of_response(made.get("ResponseParameters") or {}):
        raise bad_request(fault)
    return made


def _check_action(made: Document) -> None:
    subtype = made["IntegrationSubtype"]
    if made["IntegrationType"] != "AWS_PROXY":
        raise bad_request("IntegrationSubtype is only supported for AWS_PROXY integrations")
    if subtype in service_actions.ELSEWHERE:
        raise not_emulated(f"The integration subtype {subtype} is not emulated")
    action = service_actions.ACTIONS.get(subtype)
    if action is None:
        raise bad_request(f"Invalid integration subtype {subtype}")
    if made.get("IntegrationUri"):
        raise bad_request("IntegrationUri is not supported with IntegrationSubtype")
    if made.setdefault("PayloadFormatVersion", "1.0") != "1.0":
        raise bad_request(f"PayloadFormatVersion of {subtype} must be 1.0")
    parameters = made.get("RequestParameters") or {}
    if missing := [name for name in action.required if name not in parameters]:
        raise bad_request(f"Missing required parameters for {subtype}: {', '.join(missing)}")
    known = {*action.required, *action.optional}
    if unknown := [name for name in parameters if name not in known]:
        raise bad_request(f"Invalid parameters for {subtype}: {', '.join(unknown)}")


def _check_function(made: Document) -> None:
    if not FUNCTION.fullmatch(_filled(made.get("IntegrationUri") or "")):
        raise bad_request("Invalid Lambda function ARN specified in IntegrationUri")
    version = made.get("PayloadFormatVersion")
    if version is None:
        raise bad_request("PayloadFormatVersion is a required parameter for integration")
    if version not in ("1.0", "2.0"):
        raise bad_request(f"PayloadFormatVersion {version} is not valid; valid: 1.0, 2.0")
    made.setdefault("IntegrationMethod", "POST")
    _check_mapping(made)


def _check_http(made: Document) -> None:
    uri = made.get("IntegrationUri")
    if not uri:
        raise bad_request("IntegrationUri is a required parameter for HTTP_PROXY integrations")
    method = made.setdefault("IntegrationMethod", "ANY")
    if method not in METHODS:
        raise bad_request(f"Invalid HTTP method specified: {method}")
    if made.setdefault("PayloadFormatVersion", "1.0") != "1.0":
        raise bad_request("PayloadFormatVersion of an HTTP_PROXY integration must be 1.0")
    if "${stageVariables." not in uri and (fault := local_endpoint.fault_of(uri)):
        if "is not emulated" in fault:
            raise not_emulated(f"IntegrationUri {uri} {fault}")
        raise bad_request(f"Invalid HTTP endpoint specified for URI: {uri} {fault}")
    _check_mapping(made)


def _check_mapping(made: Document) -> None:
    if fault := mapping.fault_of(made.get("RequestParameters") or {}):
        raise bad_request(fault)


def _filled(uri: str) -> str:
    """A URI with some name for each stage variable in it."""
    return _VARIABLE.sub("v", uri)


def route(api: Api, request: Document, of: str | None = None) -> Document:
    """The document of a route.

    Args:
        of: id of the route, where it is changed

    Raises:
        CommonServiceException: BadRequestException, ConflictException, NotFoundException
    """
    made = {"ApiKeyRequired": False, "AuthorizationType": "NONE", **request}
    key = made["RouteKey"]
    if read_key(key) is None:
        raise bad_request(
            "The provided route key is not formatted properly for HTTP protocol. Format should be "
            '"<HTTP METHOD> /<RESOURCE PATH>" or "$default"'
        )
    if any(each["RouteKey"] == key and name != of for name, each in api.routes.items()):
        raise conflict(f"Route with key {key} already exists for this API")
    _only_http("route", made)
    if made["ApiKeyRequired"]:
        raise bad_request("ApiKeyRequired is not supported for HTTP protocol Apis")
    if made.get("Target"):
        start, _, name = made["Target"].partition("/")
        if start != "integrations":
            raise bad_request(f"Invalid target {made['Target']}; valid: integrations/<id>")
        if name not in api.integrations:
            raise not_found(f"Invalid Integration identifier specified {name}")
    _check_authorization(api, made)
    return made


def _check_authorization(api: Api, made: Document) -> None:
    kind, name = made["AuthorizationType"], made.get("AuthorizerId")
    if kind in ("NONE", "AWS_IAM"):
        if name:
            raise bad_request(f"AuthorizerId is not supported with AuthorizationType {kind}")
        return
    if kind not in ("CUSTOM", "JWT"):
        raise bad_request(f"Invalid AuthorizationType {kind}")
    if not name:
        raise bad_request(f"AuthorizerId is required with AuthorizationType {kind}")
    if name not in api.authorizers:
        raise not_found(f"Invalid Authorizer identifier specified {name}")
    wanted = "JWT" if kind == "JWT" else "REQUEST"
    if api.authorizers[name]["AuthorizerType"] != wanted:
        raise bad_request(f"AuthorizationType {kind} needs an authorizer of type {wanted}")
    if made.get("AuthorizationScopes") and kind != "JWT":
        raise bad_request("AuthorizationScopes are only supported with AuthorizationType JWT")


def authorizer(request: Document) -> Document:
    """The document of an authorizer.

    Raises:
        CommonServiceException: BadRequestException; 501 for an issuer on another machine
    """
    made = dict(request)
    if made.get("AuthorizerType") == "JWT":
        return _jwt_authorizer(made)
    if made.get("AuthorizerType") != "REQUEST":
        raise bad_request("Invalid AuthorizerType; valid: JWT, REQUEST")
    if not FUNCTION.fullmatch(_filled(made.get("AuthorizerUri") or "")):
        raise bad_request("Invalid Authorizer URI: an authorizer's function must be specified")
    version = made.get("AuthorizerPayloadFormatVersion")
    if not version:
        raise bad_request(
            "AuthorizerPayloadFormatVersion is a required parameter for REQUEST authorizer"
        )
    if version not in ("1.0", "2.0"):
        raise bad_request(f"AuthorizerPayloadFormatVersion {version} is not valid")
    if made.get("EnableSimpleResponses") and version != "2.0":
        raise bad_request("EnableSimpleResponses needs AuthorizerPayloadFormatVersion 2.0")
    if made.get("IdentityValidationExpression"):
        raise bad_request("IdentityValidationExpression is not supported for HTTP protocol Apis")
    sources = made.setdefault("IdentitySource", [])
    for source in sources:
        if not _SOURCE.fullmatch(source):
            raise bad_request(f"Invalid mapping expression specified: {source}")
    lifetime = int(made.setdefault("AuthorizerResultTtlInSeconds", 300 if sources else 0))
    if not 0 <= lifetime <= 3600:
        raise bad_request("AuthorizerResultTtlInSeconds should be between 0 and 3600")
    if lifetime and not sources:
        raise bad_request("IdentitySource is required when authorization caching is enabled")
    return made


def _jwt_authorizer(made: Document) -> Document:
    configured = made.get("JwtConfiguration") or {}
    issuer, audience = configured.get("Issuer") or "", configured.get("Audience") or []
    if not issuer or not audience:
        raise bad_request("JwtConfiguration needs an Issuer and an Audience")
    if made.get("AuthorizerUri"):
        raise bad_request("AuthorizerUri is not supported for JWT authorizers")
    sources = made.get("IdentitySource") or []
    if len(sources) != 1 or not _TOKEN.fullmatch(sources[0]):
        raise bad_request(
            "A JWT authorizer has one IdentitySource, a header or a query parameter, such as "
            "$request.header.Authorization"
        )
    if not network.is_loopback(urlsplit(issuer).hostname or ""):
        raise not_emulated(
            f"A JWT authorizer ({made.get('Name')}) of the issuer {issuer} is not emulated: it is "
            "on another machine; valid here: an issuer at 127.0.0.1 or localhost, or a Lambda "
            "authorizer (AuthorizerType REQUEST)"
        )
    if fault := local_endpoint.fault_of(issuer):
        raise bad_request(f"Invalid issuer: {issuer} {fault}")
    return made


def stage(api: Api, request: Document) -> Document:
    """The document of a stage.

    Raises:
        CommonServiceException: BadRequestException, NotFoundException
    """
    made: Document = {
        "AutoDeploy": False,
        "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
        "RouteSettings": {},
        "StageVariables": {},
        "Tags": {},
        **request,
    }
    if not _STAGE.fullmatch(made["StageName"]):
        raise bad_request(
            "Stage name should be $default or only contain alphanumeric characters, hyphens, and "
            "underscores"
        )
    if made.get("ClientCertificateId"):
        raise bad_request("ClientCertificateId is not supported for HTTP protocol Apis")
    logs = (made.get("AccessLogSettings") or {}).get("DestinationArn")
    if logs and not GROUP.fullmatch(logs):
        raise bad_request(f"Invalid ARN specified in the request: {logs}; valid: of a log group")
    if made["AutoDeploy"] and request.get("DeploymentId"):
        raise bad_request("DeploymentId is not supported with AutoDeploy")
    if made.get("DeploymentId") and made["DeploymentId"] not in api.deployments:
        raise bad_request("Deployment id does not exist")
    known = {each["RouteKey"] for each in api.routes.values()}
    for key in made["RouteSettings"]:
        if key not in known:
            raise not_found(f"Unable to find Route by key {key} within the provided RouteSettings")
    return made


def managed(target: str, credentials: str | None) -> Document:
    """The integration of a quick create, by the form of its target.

    Raises:
        CommonServiceException: as `integration`
    """
    made: Document = {"IntegrationUri": target, "ApiGatewayManaged": True}
    if credentials:
        made["CredentialsArn"] = credentials
    if target.startswith("arn:"):
        made |= {"IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"}
    else:
        made |= {"IntegrationType": "HTTP_PROXY", "IntegrationMethod": "ANY"}
    return integration(made)


def add(things: dict[str, Document], identifier: str, document: Document) -> Document:
    """Keep a document under a new id."""
    made = {identifier: new_id(7), **document}
    things[made[identifier]] = made
    return made


def _only_http(what: str, made: Document, defaults: Mapping[str, str] | None = None) -> None:
    for name in _NOT_OF_HTTP[what]:
        value = made.get(name)
        if value not in (None, {}, False, (defaults or {}).get(name)):
            raise bad_request(f"{name} is not supported for HTTP protocol Apis")
