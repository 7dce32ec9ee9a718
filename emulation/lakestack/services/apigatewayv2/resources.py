"""``AWS::ApiGatewayV2::…`` of HTTP APIs.

AWS CloudFormation Template Reference, "Amazon API Gateway V2". An operation takes of a model what
it knows; a property that an update no longer has is reset to the API's default.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from localstack.services.cloudformation.resource_provider import ResourceRequest

from lakestack.services import arns
from lakestack.services.cloudformation.resource import Model, ModelResource, plugin


class _Part(ModelResource):
    """A part of an API, which one operation makes, one changes, and one deletes.

    Attributes:
        KIND: its name in the operations
        KEYS: properties that name it
        DEFAULTS: values that properties have which the template does not give
    """

    KIND: ClassVar[str]
    KEYS: ClassVar[tuple[str, ...]]
    DEFAULTS: ClassVar[Mapping[str, Any]] = {}
    NOT_FOUND = ("NotFoundException",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        create = getattr(aws.apigatewayv2, f"create_{self.KIND}")
        model[self.IDENTIFIER] = create(**model)[self.IDENTIFIER]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        gone = {n: v for n, v in self.DEFAULTS.items() if n in previous and n not in model}
        getattr(aws.apigatewayv2, f"update_{self.KIND}")(**{**model, **gone})

    def delete_resource(self, aws: Any, model: Model) -> None:
        named = {name: model[name] for name in self.KEYS}
        getattr(aws.apigatewayv2, f"delete_{self.KIND}")(**named)


class Api(ModelResource):
    """Ref: the API's id."""

    TYPE = "AWS::ApiGatewayV2::Api"
    IDENTIFIER = "ApiId"
    READ_ONLY = ("ApiId", "ApiEndpoint")
    REPLACED_BY = ("ProtocolType",)
    NOT_FOUND = ("NotFoundException",)

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        del request
        client = aws.apigatewayv2
        body = _body(aws, model)
        if body is None:
            made = client.create_api(**model)
        else:
            made = client.import_api(Body=body, **_import_options(model))
        model["ApiId"], model["ApiEndpoint"] = made["ApiId"], made["ApiEndpoint"]
        if body is not None:
            self._settle(aws, model)

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        client = aws.apigatewayv2
        body = _body(aws, model)
        if body is not None:
            client.reimport_api(ApiId=model["ApiId"], Body=body, **_import_options(model))
        gone = {"Description": "", "DisableExecuteApiEndpoint": False}
        gone = {n: v for n, v in gone.items() if n in previous and n not in model}
        if "CorsConfiguration" in previous and "CorsConfiguration" not in model and body is None:
            client.delete_cors_configuration(ApiId=model["ApiId"])
        self._settle(aws, {**model, **gone}, previous.get("Tags"))

    def delete_resource(self, aws: Any, model: Model) -> None:
        aws.apigatewayv2.delete_api(ApiId=model["ApiId"])

    @staticmethod
    def _settle(aws: Any, model: Model, old: Any = None) -> None:
        """Give an API that is there the template's settings and tags."""
        client = aws.apigatewayv2
        settings = {name: model[name] for name in _SETTINGS if name in model}
        if settings:
            client.update_api(ApiId=model["ApiId"], **settings)
        _tag(client, f"/apis/{model['ApiId']}", old, model.get("Tags"))


_SETTINGS = (
    *("CorsConfiguration", "CredentialsArn", "Description", "DisableExecuteApiEndpoint"),
    *("IpAddressType", "Name", "RouteKey", "RouteSelectionExpression", "Target", "Version"),
)


class Integration(_Part):
    """Ref: the integration's id."""

    TYPE = "AWS::ApiGatewayV2::Integration"
    IDENTIFIER = "IntegrationId"
    READ_ONLY = ("IntegrationId",)
    REPLACED_BY = ("ApiId",)
    KIND = "integration"
    KEYS = ("ApiId", "IntegrationId")
    DEFAULTS = {
        "CredentialsArn": "",
        "Description": "",
        "RequestParameters": {},
        "ResponseParameters": {},
        "TimeoutInMillis": 30000,
    }

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        given = _as_the_api_has_it(model)
        super().create_resource(aws, given, request)
        model["IntegrationId"] = given["IntegrationId"]

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        """Request parameters that are gone are asked to be removed by an empty value."""
        before, now = (m.get("RequestParameters") or {} for m in (previous, model))
        removed = {name: "" for name in before if name not in now}
        model = _as_the_api_has_it(model)
        if before or now:
            model["RequestParameters"] = {**now, **removed}
        super().update_resource(aws, model, previous)


class Route(_Part):
    """Ref: the route's id."""

    TYPE = "AWS::ApiGatewayV2::Route"
    IDENTIFIER = "RouteId"
    READ_ONLY = ("RouteId",)
    REPLACED_BY = ("ApiId",)
    KIND = "route"
    KEYS = ("ApiId", "RouteId")
    DEFAULTS = {"AuthorizationScopes": [], "AuthorizationType": "NONE", "OperationName": ""}


class Authorizer(_Part):
    """Ref: the authorizer's id."""

    TYPE = "AWS::ApiGatewayV2::Authorizer"
    IDENTIFIER = "AuthorizerId"
    READ_ONLY = ("AuthorizerId",)
    REPLACED_BY = ("ApiId",)
    KIND = "authorizer"
    KEYS = ("ApiId", "AuthorizerId")
    DEFAULTS = {
        "AuthorizerCredentialsArn": "",
        "AuthorizerResultTtlInSeconds": 300,
        "EnableSimpleResponses": False,
        "IdentitySource": [],
    }

    def create_resource(self, aws: Any, model: Model, request: ResourceRequest[Model]) -> None:
        model.setdefault("IdentitySource", [])
        super().create_resource(aws, model, request)


class Deployment(_Part):
    """Ref: the deployment's id."""

    TYPE = "AWS::ApiGatewayV2::Deployment"
    IDENTIFIER = "DeploymentId"
    READ_ONLY = ("DeploymentId",)
    REPLACED_BY = ("ApiId",)
    KIND = "deployment"
    KEYS = ("ApiId", "DeploymentId")
    DEFAULTS = {"Description": ""}


class Stage(_Part):
    """Ref: the stage's name."""

    TYPE = "AWS::ApiGatewayV2::Stage"
    IDENTIFIER = "StageName"
    REPLACED_BY = ("ApiId", "StageName")
    KIND = "stage"
    KEYS = ("ApiId", "StageName")
    DEFAULTS = {
        "AutoDeploy": False,
        "DefaultRouteSettings": {"DetailedMetricsEnabled": False},
        "Description": "",
    }

    def update_resource(self, aws: Any, model: Model, previous: Model) -> None:
        client, named = aws.apigatewayv2, {name: model[name] for name in self.KEYS}
        before, now = (m.get("StageVariables") or {} for m in (previous, model))
        if removed := {name: "" for name in before if name not in now}:
            model = {**model, "StageVariables": {**now, **removed}}
        if "AccessLogSettings" in previous and "AccessLogSettings" not in model:
            client.delete_access_log_settings(**named)
        for key in set(previous.get("RouteSettings") or ()) - set(model.get("RouteSettings") or ()):
            client.delete_route_settings(**named, RouteKey=key)
        super().update_resource(aws, {k: v for k, v in model.items() if k != "Tags"}, previous)
        place = f"/apis/{model['ApiId']}/stages/{model['StageName']}"
        _tag(client, place, previous.get("Tags"), model.get("Tags"))


def _as_the_api_has_it(model: Model) -> Model:
    """An integration whose response parameters are maps, where the type has lists."""
    listed = model.get("ResponseParameters") or {}
    made = {
        status: {each["Destination"]: each["Source"] for each in given["ResponseParameters"]}
        for status, given in listed.items()
    }
    return {**model, "ResponseParameters": made} if listed else dict(model)


def _body(aws: Any, model: Model) -> str | None:
    """The OpenAPI definition as text, None without one."""
    if (given := model.get("Body")) is not None:
        return given if isinstance(given, str) else json.dumps(given)
    if (place := model.get("BodyS3Location")) is None:
        return None
    version = {"VersionId": place["Version"]} if place.get("Version") else {}
    found = aws.s3.get_object(Bucket=place["Bucket"], Key=place["Key"], **version)
    return str(found["Body"].read().decode())


def _import_options(model: Model) -> Model:
    options = {"Basepath": model.get("BasePath"), "FailOnWarnings": model.get("FailOnWarnings")}
    return {name: value for name, value in options.items() if value is not None}


def _tag(client: Any, place: str, old: Any, new: Any) -> None:
    """Change the tags of what is at a place to those of the template."""
    arn = f"{arns.arn_prefix('apigateway', client.meta.region_name)}:{place}"
    if removed := sorted(set(old or ()) - set(new or ())):
        client.untag_resource(ResourceArn=arn, TagKeys=removed)
    if new:
        client.tag_resource(ResourceArn=arn, Tags=new)


ApiPlugin = plugin(Api)
AuthorizerPlugin = plugin(Authorizer)
DeploymentPlugin = plugin(Deployment)
IntegrationPlugin = plugin(Integration)
RoutePlugin = plugin(Route)
StagePlugin = plugin(Stage)
