"""Custom entity types: patterns of an account that jobs look for in their data.

AWS Glue Developer Guide, "Sensitive data detection API". Jobs find them by
`awsglue.sensitive_data.custom`.
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.glue.paging import by_name, page
from lakestack.services.glue.state import STORE, GlueState, state_of
from lakestack.services.glue.tagging import drop_tags, set_tags, with_tags
from lakestack.services.patterns import PatternError, compile_pattern

JsonDict = dict[str, Any]

_KIND = "customEntityType"


class EntityTypeApi:
    """Create, get, list and delete custom entity types."""

    @handler("CreateCustomEntityType", expand=False)
    def create_custom_entity_type(self, context: RequestContext, request: JsonDict) -> JsonDict:
        name, pattern = request["Name"], request["RegexString"]
        try:
            compile_pattern(pattern)
        except PatternError as e:
            raise aws_error("InvalidInputException", f"RegexString is not valid: {e}") from e
        made = {"Name": name, "RegexString": pattern}
        if request.get("ContextWords"):
            made["ContextWords"] = request["ContextWords"]
        with STORE.holding(context.account_id, context.region) as state:
            if name in state.entity_types:
                raise aws_error("AlreadyExistsException", f"Entity type {name} already exists")
            state.entity_types[name] = made
        set_tags(state, _KIND, name, request.get("Tags"))
        return {"Name": name}

    @handler("GetCustomEntityType", expand=False)
    def get_custom_entity_type(self, context: RequestContext, request: JsonDict) -> JsonDict:
        return _existing(state_of(context.account_id, context.region), request["Name"])

    @handler("BatchGetCustomEntityTypes", expand=False)
    def batch_get_custom_entity_types(self, context: RequestContext, request: JsonDict) -> JsonDict:
        known = state_of(context.account_id, context.region).entity_types
        return by_name(known, request["Names"], "CustomEntityTypes", dict)

    @handler("ListCustomEntityTypes", expand=False)
    def list_custom_entity_types(self, context: RequestContext, request: JsonDict) -> JsonDict:
        state = state_of(context.account_id, context.region)
        with state.lock:
            names = with_tags(state, _KIND, sorted(state.entity_types), request.get("Tags"))
            found = [state.entity_types[name] for name in names]
        return page(found, request, "CustomEntityTypes")

    @handler("DeleteCustomEntityType", expand=False)
    def delete_custom_entity_type(self, context: RequestContext, request: JsonDict) -> JsonDict:
        with STORE.holding(context.account_id, context.region) as state:
            _existing(state, request["Name"])
            del state.entity_types[request["Name"]]
        drop_tags(state, _KIND, request["Name"])
        return {"Name": request["Name"]}


def _existing(state: GlueState, name: str) -> JsonDict:
    if name not in state.entity_types:
        raise aws_error("EntityNotFoundException", f"Entity type {name} is not found")
    return state.entity_types[name]
