"""Layers: what LocalStack's operations leave behind, or cannot list.

Lambda API Reference, "ListLayers" and "DeleteLayerVersion": a version's number is never used again,
so a layer without versions is kept, and it is not listed.
"""

from __future__ import annotations

import json
from typing import Any

from localstack.aws.api import RequestContext, handler
from localstack.aws.api.lambda_ import LayersListItem, ListLayersResponse
from localstack.services.lambda_ import api_utils
from localstack.services.lambda_.invocation.lambda_models import ValidationException
from localstack.services.lambda_.invocation.models import lambda_stores
from localstack.utils.collections import PaginatedList


class LayerOperations:
    """Goes before LocalStack's provider."""

    @handler("PublishLayerVersion")
    def publish_layer_version(self, context: RequestContext, layer_name: str, **given: Any) -> Any:
        """LocalStack keeps the layer of a refused first version."""
        layers = lambda_stores[context.account_id][context.region].layers
        before = set(layers)
        try:
            return super().publish_layer_version(context, layer_name, **given)  # type: ignore[misc]
        except Exception:
            for name in [name for name in list(layers) if name not in before]:
                if not layers[name].layer_versions:
                    del layers[name]
            raise

    def remove_layer_version_permission(
        self, context: RequestContext, layer_name: str, version_number: int, **given: Any
    ) -> None:
        """LocalStack looks for the statement in a policy that need not be there."""
        parent: Any = super()
        parent.get_layer_version_policy(context, layer_name, version_number)
        parent.remove_layer_version_permission(context, layer_name, version_number, **given)

    def get_layer_version_policy(
        self, context: RequestContext, layer_name: str, version_number: int, **given: Any
    ) -> Any:
        """LocalStack keeps the organization of a statement, and does not show it."""
        parent: Any = super()
        answer = parent.get_layer_version_policy(context, layer_name, version_number, **given)
        region, account, name, _ = parent._resolve_layer(layer_name, context)
        layer = lambda_stores[account][region].layers[name]
        statements = layer.layer_versions[str(version_number)].policy.statements
        policy = json.loads(answer["Policy"])
        for statement in policy["Statement"]:
            if organization := statements[statement["Sid"]].organization_id:
                statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": organization}}
        answer["Policy"] = json.dumps(policy)
        return answer

    @handler("ListLayers")
    def list_layers(
        self,
        context: RequestContext,
        compatible_runtime: str | None = None,
        marker: str | None = None,
        max_items: int | None = None,
        compatible_architecture: str | None = None,
    ) -> ListLayersResponse:
        """The layers with the newest version of each that fits."""
        faults = [
            fault
            for fault in (
                api_utils.validate_layer_architecture(compatible_architecture),
                api_utils.validate_layer_runtime(compatible_runtime),
            )
            if fault
        ]
        if faults:
            plural = "s" if len(faults) > 1 else ""
            raise ValidationException(
                f"{len(faults)} validation error{plural} detected: {';'.join(faults)}"
            )
        found = []
        for name, layer in list(lambda_stores[context.account_id][context.region].layers.items()):
            fitting = [
                version
                for version in list(layer.layer_versions.values())
                if compatible_runtime in (None, *(version.compatible_runtimes or ()))
                and compatible_architecture in (None, *(version.compatible_architectures or ()))
            ]
            if fitting:
                newest = max(fitting, key=lambda version: version.version)
                shown = api_utils.map_layer_out(newest)
                found.append(
                    LayersListItem(LayerName=name, LayerArn=layer.arn, LatestMatchingVersion=shown)
                )
        page, token = PaginatedList(found).get_page(
            lambda item: item["LayerName"], marker, max_items
        )
        return ListLayersResponse(NextMarker=token, Layers=page)
