"""AWS Database Migration Service: its API operations.

Instances, endpoints and subnet groups are ready as soon as they are made: there is no machine to
wait for. The role ``dms-vpc-role``, which AWS needs for subnet groups, is not checked, nor is a
successful TestConnection demanded before a task is started.
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.dms.connections import ConnectionOperations
from lakestack.services.dms.endpoints import EndpointOperations
from lakestack.services.dms.instances import InstanceOperations
from lakestack.services.dms.state import DmsState, given_tags, not_found
from lakestack.services.dms.subscriptions import SubscriptionOperations
from lakestack.services.dms.tasks import TaskOperations


class DmsProvider(
    InstanceOperations,
    EndpointOperations,
    ConnectionOperations,
    TaskOperations,
    SubscriptionOperations,
):
    """All emulated operations; others fail with the name of the operation."""

    service = "dms"

    @handler("AddTagsToResource", expand=False)
    def add_tags_to_resource(self, context: RequestContext, request: Any) -> Any:
        store, arn = self._tagged(context, request["ResourceArn"])
        with store.lock:
            tags = store.tags.setdefault(arn, {})
            tags.update(given_tags(request))
        return {}

    @handler("RemoveTagsFromResource", expand=False)
    def remove_tags_from_resource(self, context: RequestContext, request: Any) -> Any:
        store, arn = self._tagged(context, request["ResourceArn"])
        with store.lock:
            for key in request["TagKeys"]:
                store.tags.get(arn, {}).pop(key, None)
        return {}

    @handler("ListTagsForResource", expand=False)
    def list_tags_for_resource(self, context: RequestContext, request: Any) -> Any:
        one, several = request.get("ResourceArn"), request.get("ResourceArnList") or []
        tags = []
        for asked in several or [one or ""]:
            store, arn = self._tagged(context, asked)
            with store.lock:
                found = dict(store.tags.get(arn, {}))
            named = {"ResourceArn": arn} if several else {}
            tags += [{"Key": k, "Value": v, **named} for k, v in found.items()]
        return {"TagList": tags}

    def _tagged(self, context: RequestContext, arn: str) -> tuple[DmsState, str]:
        store = self.store(context)
        with store.lock:
            if not store.exists(arn):
                raise not_found(f"Resource {arn} not found")
        return store, arn
