"""APIs: the operations of an API itself, its tags and its imports."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from localstack.aws.api import RequestContext, handler

from lakestack import clock
from lakestack.services import arns
from lakestack.services.apigatewayv2 import open_api, rules
from lakestack.services.apigatewayv2.paging import page
from lakestack.services.apigatewayv2.state import (
    DEFAULT,
    STORE,
    Api,
    ApisState,
    Document,
    bad_request,
    new_id,
    not_emulated,
    not_found,
)

MAX_TAGS = 50
_QUICK = ("Target", "RouteKey", "CredentialsArn")


class ApiOperations:
    """What is done with a whole API."""

    @handler("CreateApi", expand=False)
    def create_api(self, context: RequestContext, request: Document) -> Document:
        """With Target: an integration, a route and the stage ``$default``, too."""
        document = rules.given(request, *_QUICK)
        rules.check_api(document)
        with STORE.holding(context.account_id, context.region) as state:
            api = Api(_new(state, document))
            if request.get("Target"):
                _quick(api, request)
            elif request.get("RouteKey") or request.get("CredentialsArn"):
                raise bad_request("RouteKey and CredentialsArn need Target")
            state.apis[api.id] = api
            return dict(api.document)

    @handler("GetApi", expand=False)
    def get_api(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            return dict(state.api(request["ApiId"]).document)

    @handler("GetApis", expand=False)
    def get_apis(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            return page([dict(api.document) for api in state.apis.values()], request)

    @handler("UpdateApi", expand=False)
    def update_api(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            changed = rules.merged(api.document, request, "ApiId", *_QUICK)
            rules.check_api(changed)
            _change_quick(api, request)
            api.document = changed
            api.changed()
            return dict(api.document)

    @handler("DeleteApi", expand=False)
    def delete_api(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            state.apis.pop(state.api(request["ApiId"]).id)
            return {}

    @handler("DeleteCorsConfiguration", expand=False)
    def delete_cors_configuration(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            state.api(request["ApiId"]).document.pop("CorsConfiguration", None)
            return {}

    @handler("ImportApi", expand=False)
    def import_api(self, context: RequestContext, request: Document) -> Document:
        definition = _definition(request)
        document = open_api.settings(definition)
        rules.check_api(document)
        with STORE.holding(context.account_id, context.region) as state:
            api = Api(_new(state, document))
            open_api.fill(api, definition)
            state.apis[api.id] = api
            return dict(api.document)

    @handler("ReimportApi", expand=False)
    def reimport_api(self, context: RequestContext, request: Document) -> Document:
        """The API gets everything from the definition; its stages stay."""
        definition = _definition(request)
        document = open_api.settings(definition)
        rules.check_api(document)
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            kept = {name: api.document[name] for name in ("ApiId", "ApiEndpoint", "CreatedDate")}
            tags = {**api.document["Tags"], **document.pop("Tags")}
            made = Api({**_defaults(), **document, **kept, "Tags": tags})
            open_api.fill(made, definition)
            api.document = made.document
            api.integrations, api.routes = made.integrations, made.routes
            api.authorizers = made.authorizers
            api.changed()
            return dict(api.document)

    @handler("GetTags", expand=False)
    def get_tags(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            return {"Tags": dict(_tagged(state, request["ResourceArn"])["Tags"])}

    @handler("TagResource", expand=False)
    def tag_resource(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            document = _tagged(state, request["ResourceArn"])
            tags = {**document["Tags"], **(request.get("Tags") or {})}
            if len(tags) > MAX_TAGS:
                raise bad_request(f"A resource has at most {MAX_TAGS} tags, not {len(tags)}")
            document["Tags"] = tags
            return {}

    @handler("UntagResource", expand=False)
    def untag_resource(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            document = _tagged(state, request["ResourceArn"])
            gone = set(request["TagKeys"])
            document["Tags"] = {k: v for k, v in document["Tags"].items() if k not in gone}
            return {}


def _defaults() -> Document:
    return {
        "ApiKeySelectionExpression": "$request.header.x-api-key",
        "DisableExecuteApiEndpoint": False,
        "IpAddressType": "ipv4",
        "RouteSelectionExpression": "$request.method $request.path",
        "Tags": {},
    }


def _new(state: ApisState, document: Document) -> Document:
    api_id = new_id(10)
    return {
        **_defaults(),
        **document,
        "ApiId": api_id,
        "ApiEndpoint": f"https://{api_id}.execute-api.{state.region}.amazonaws.com",
        "CreatedDate": clock.utc(),
    }


def _quick(api: Api, request: Document) -> None:
    """Quick create: the parts belong to API Gateway."""
    made = rules.managed(request["Target"], request.get("CredentialsArn"))
    made = rules.add(api.integrations, "IntegrationId", made)
    route = {
        "RouteKey": request.get("RouteKey") or DEFAULT,
        "Target": f"integrations/{made['IntegrationId']}",
        "ApiGatewayManaged": True,
    }
    rules.add(api.routes, "RouteId", rules.route(api, route))
    now = clock.utc()
    stage = {"StageName": DEFAULT, "AutoDeploy": True, "ApiGatewayManaged": True}
    dates = {"CreatedDate": now, "LastUpdatedDate": now}
    api.stages[DEFAULT] = {**rules.stage(api, stage), **dates}
    api.changed()


def _change_quick(api: Api, request: Document) -> None:
    """Change what quick create has made.

    Raises:
        CommonServiceException: BadRequestException, the API was not made so
    """
    if not any(request.get(name) for name in _QUICK):
        return
    routes = [each for each in api.routes.values() if each.get("ApiGatewayManaged")]
    made = [each for each in api.integrations.values() if each.get("ApiGatewayManaged")]
    if not routes or not made:
        raise bad_request("Target, RouteKey and CredentialsArn need an API of quick create")
    (route,), (integration,) = routes, made
    target = request.get("Target") or integration["IntegrationUri"]
    credentials = request.get("CredentialsArn") or integration.get("CredentialsArn")
    changed = rules.managed(target, credentials)
    key = request.get("RouteKey") or route["RouteKey"]
    moved = rules.route(api, {**route, "RouteKey": key}, route["RouteId"])
    api.integrations[integration["IntegrationId"]] = {
        **changed,
        "IntegrationId": integration["IntegrationId"],
    }
    api.routes[route["RouteId"]] = moved


def _definition(request: Document) -> Document:
    """The definition of an import.

    Raises:
        CommonServiceException: BadRequestException; 501 for a base path that is to be used
    """
    base = request.get("Basepath") or "ignore"
    if base not in ("ignore", "prepend", "split"):
        raise bad_request(f"Invalid basepath {base}; valid: ignore, prepend, split")
    if base != "ignore":
        raise not_emulated(f"An import with basepath {base} is not emulated; valid here: ignore")
    return open_api.read(request["Body"])


def _tagged(state: ApisState, arn: str) -> Document:
    """The API or stage of an ARN.

    Raises:
        CommonServiceException: NotFoundException
    """
    name = unquote(arn)
    start = f"{arns.arn_prefix('apigateway', state.region)}:/apis/"
    parts: list[Any] = name.removeprefix(start).split("/")
    api = state.apis.get(parts[0]) if name.startswith(start) else None
    if api is not None and len(parts) == 1:
        return api.document
    if api is not None and len(parts) == 3 and parts[1] == "stages" and parts[2] in api.stages:
        return api.stages[parts[2]]
    raise not_found(f"Invalid resource identifier specified {arn}")
