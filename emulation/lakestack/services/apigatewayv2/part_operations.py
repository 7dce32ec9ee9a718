"""Parts of APIs: integrations, routes, authorizers."""

from __future__ import annotations

from localstack.aws.api import RequestContext, handler

from lakestack.services.apigatewayv2 import rules
from lakestack.services.apigatewayv2.paging import page_of
from lakestack.services.apigatewayv2.state import STORE, Document, bad_request, conflict, not_found


class PartOperations:
    """What is done with integrations, routes and authorizers."""

    @handler("CreateIntegration", expand=False)
    def create_integration(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            made = rules.integration(rules.given(request, "ApiId"))
            found = rules.add(api.integrations, "IntegrationId", made)
            api.changed()
            return dict(found)

    @handler("GetIntegration", expand=False)
    def get_integration(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            return dict(_part(state.api(request["ApiId"]).integrations, request, "Integration"))

    @handler("GetIntegrations", expand=False)
    def get_integrations(self, context: RequestContext, request: Document) -> Document:
        return page_of(context, request, "integrations")

    @handler("UpdateIntegration", expand=False)
    def update_integration(self, context: RequestContext, request: Document) -> Document:
        """Parameters with an empty value are removed."""
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            before = _part(api.integrations, request, "Integration")
            changed = rules.merged(before, request, "ApiId", "IntegrationId")
            parameters = {**(before.get("RequestParameters") or {})}
            parameters |= request.get("RequestParameters") or {}
            changed["RequestParameters"] = {k: v for k, v in parameters.items() if v != ""}
            if not changed["RequestParameters"]:
                del changed["RequestParameters"]
            api.integrations[request["IntegrationId"]] = rules.integration(changed)
            api.changed()
            return dict(api.integrations[request["IntegrationId"]])

    @handler("DeleteIntegration", expand=False)
    def delete_integration(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            found = _part(api.integrations, request, "Integration")
            target = f"integrations/{found['IntegrationId']}"
            for route in api.routes.values():
                if route.get("Target") == target:
                    raise conflict(
                        f"Cannot delete Integration '{found['IntegrationId']}' as it is used by "
                        f"Route '{route['RouteId']}'"
                    )
            del api.integrations[found["IntegrationId"]]
            api.changed()
            return {}

    @handler("CreateRoute", expand=False)
    def create_route(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            made = rules.route(api, rules.given(request, "ApiId"))
            found = rules.add(api.routes, "RouteId", made)
            api.changed()
            return dict(found)

    @handler("GetRoute", expand=False)
    def get_route(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            return dict(_part(state.api(request["ApiId"]).routes, request, "Route"))

    @handler("GetRoutes", expand=False)
    def get_routes(self, context: RequestContext, request: Document) -> Document:
        return page_of(context, request, "routes")

    @handler("UpdateRoute", expand=False)
    def update_route(self, context: RequestContext, request: Document) -> Document:
        """A route that is no longer authorized by an authorizer lets go of it."""
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            before = _part(api.routes, request, "Route")
            changed = rules.merged(before, request, "ApiId", "RouteId")
            if request.get("AuthorizationType") in ("NONE", "AWS_IAM"):
                for name in ("AuthorizerId", "AuthorizationScopes"):
                    if request.get(name) is None:
                        changed.pop(name, None)
            api.routes[request["RouteId"]] = rules.route(api, changed, request["RouteId"])
            api.changed()
            return dict(api.routes[request["RouteId"]])

    @handler("DeleteRoute", expand=False)
    def delete_route(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            del api.routes[_part(api.routes, request, "Route")["RouteId"]]
            api.changed()
            return {}

    @handler("CreateAuthorizer", expand=False)
    def create_authorizer(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            made = rules.authorizer(rules.given(request, "ApiId"))
            if any(each["Name"] == made["Name"] for each in api.authorizers.values()):
                raise bad_request("Authorizer name must be unique")
            found = rules.add(api.authorizers, "AuthorizerId", made)
            api.changed()
            return dict(found)

    @handler("GetAuthorizer", expand=False)
    def get_authorizer(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            return dict(_part(state.api(request["ApiId"]).authorizers, request, "Authorizer"))

    @handler("GetAuthorizers", expand=False)
    def get_authorizers(self, context: RequestContext, request: Document) -> Document:
        return page_of(context, request, "authorizers")

    @handler("UpdateAuthorizer", expand=False)
    def update_authorizer(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            before = _part(api.authorizers, request, "Authorizer")
            changed = rules.merged(before, request, "ApiId", "AuthorizerId")
            api.authorizers[request["AuthorizerId"]] = rules.authorizer(changed)
            state.decisions.clear()
            api.changed()
            return dict(api.authorizers[request["AuthorizerId"]])

    @handler("DeleteAuthorizer", expand=False)
    def delete_authorizer(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            found = _part(api.authorizers, request, "Authorizer")
            for route in api.routes.values():
                if route.get("AuthorizerId") == found["AuthorizerId"]:
                    raise conflict(
                        f"Cannot delete authorizer '{found['AuthorizerId']}', is referenced in "
                        f"route: {route['RouteKey']}"
                    )
            del api.authorizers[found["AuthorizerId"]]
            api.changed()
            return {}

    @handler("ResetAuthorizersCache", expand=False)
    def reset_authorizers_cache(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            if request["StageName"] not in api.stages:
                raise not_found("Invalid stage identifier specified")
            place = (api.id, request["StageName"])
            for key in [k for k in state.decisions if (k[0], k[2]) == place]:
                del state.decisions[key]
            return {}


def _part(things: dict[str, Document], request: Document, kind: str) -> Document:
    """A part by its id.

    Raises:
        CommonServiceException: NotFoundException
    """
    found = things.get(request[f"{kind}Id"])
    if found is None:
        raise not_found(f"Invalid {kind} identifier specified {request[f'{kind}Id']}")
    return found
