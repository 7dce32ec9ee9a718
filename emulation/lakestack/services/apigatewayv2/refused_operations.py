"""What belongs to WebSocket APIs or to a network that is not here: refused by name."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.apigatewayv2.state import STORE, Document, not_emulated

_SOCKETS = "belong to WebSocket APIs, which are not emulated"
_DOMAINS = "Custom domain names of HTTP APIs are not emulated; valid here: the API's own host name"


class RefusedOperations:
    """Models, responses of routes and integrations, custom domains, VPC links, exports."""

    @handler("CreateModel", expand=False)
    def refuse_create_model(self, context: RequestContext, request: Document) -> Any:  # noqa: ARG002
        raise not_emulated(f"Models {_SOCKETS}")

    @handler("CreateIntegrationResponse", expand=False)
    def refuse_integration_response(self, context: RequestContext, request: Document) -> Any:  # noqa: ARG002
        raise not_emulated(f"Integration responses {_SOCKETS}")

    @handler("CreateRouteResponse", expand=False)
    def refuse_route_response(self, context: RequestContext, request: Document) -> Any:  # noqa: ARG002
        raise not_emulated(f"Route responses {_SOCKETS}")

    @handler("GetModels", expand=False)
    def get_models(self, context: RequestContext, request: Document) -> Document:
        return _none_of(context, request)

    @handler("GetIntegrationResponses", expand=False)
    def get_integration_responses(self, context: RequestContext, request: Document) -> Document:
        return _none_of(context, request)

    @handler("GetRouteResponses", expand=False)
    def get_route_responses(self, context: RequestContext, request: Document) -> Document:
        return _none_of(context, request)

    @handler("CreateVpcLink", expand=False)
    def refuse_vpc_link(self, context: RequestContext, request: Document) -> Any:  # noqa: ARG002
        raise not_emulated("VPC links are not emulated; valid here: http:// to 127.0.0.1")

    @handler("CreateDomainName", expand=False)
    def refuse_domain_name(self, context: RequestContext, request: Document) -> Any:  # noqa: ARG002
        raise not_emulated(_DOMAINS)

    @handler("CreateApiMapping", expand=False)
    def refuse_api_mapping(self, context: RequestContext, request: Document) -> Any:  # noqa: ARG002
        raise not_emulated(_DOMAINS)

    @handler("ExportApi", expand=False)
    def refuse_export(self, context: RequestContext, request: Document) -> Any:  # noqa: ARG002
        raise not_emulated("The export of an HTTP API is not emulated")


def _none_of(context: RequestContext, request: Document) -> Document:
    """The empty list of what no HTTP API has."""
    with STORE.holding(context.account_id, context.region) as state:
        state.api(request["ApiId"])
        return {"Items": []}
