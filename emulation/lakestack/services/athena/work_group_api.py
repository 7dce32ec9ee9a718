"""Operations on work groups, and tags.

Amazon Athena API Reference, "CreateWorkGroup", "UpdateWorkGroup", "DeleteWorkGroup".
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack import clock
from lakestack.services.athena.execution import Document
from lakestack.services.athena.paging import page
from lakestack.services.athena.state import (
    ENGINE,
    PRIMARY,
    STORE,
    AthenaState,
    invalid,
    not_found,
    state_of,
)

_DEFAULTS: Document = {
    "EnforceWorkGroupConfiguration": True,
    "PublishCloudWatchMetricsEnabled": True,
    "RequesterPaysEnabled": False,
    "EnableMinimumEncryptionConfiguration": False,
}
_RESULT = ("OutputLocation", "EncryptionConfiguration", "ExpectedBucketOwner", "AclConfiguration")
MAX_TAGS = 50


class WorkGroupApi:
    """Work groups, and tags of these and of data catalogs."""

    @handler("CreateWorkGroup", expand=False)
    def create_work_group(self, context: RequestContext, request: Document) -> Document:
        name = request["Name"]
        with STORE.holding(context.account_id, context.region) as state:
            if name in state.work_groups:
                raise invalid(f"WorkGroup {name} is already created")
            given = request.get("Configuration") or {}
            _check_location((given.get("ResultConfiguration") or {}).get("OutputLocation"))
            settings = {"ResultConfiguration": {}, **_DEFAULTS, **given}
            settings["EngineVersion"] = _engine(given.get("EngineVersion"))
            state.work_groups[name] = {
                "Name": name,
                "State": "ENABLED",
                "Description": request.get("Description", ""),
                "CreationTime": clock.utc(),
                "Configuration": settings,
            }
            if request.get("Tags"):
                state.tags[state.arn("workgroup", name)] = _tags(request["Tags"])
        return {}

    @handler("GetWorkGroup", expand=False)
    def get_work_group(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            return {"WorkGroup": state.work_group(request["WorkGroup"])}

    @handler("ListWorkGroups", expand=False)
    def list_work_groups(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            found = [
                {
                    **{k: v for k, v in group.items() if k != "Configuration"},
                    "EngineVersion": group["Configuration"]["EngineVersion"],
                }
                for _, group in sorted(state.work_groups.items())
            ]
        return page(found, request, "WorkGroups")

    @handler("UpdateWorkGroup", expand=False)
    def update_work_group(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            group = state.work_group(request["WorkGroup"])
            updates = dict(request.get("ConfigurationUpdates") or {})
            results = updates.pop("ResultConfigurationUpdates", None) or {}
            _check_location(results.get("OutputLocation"))
            settings = {**group["Configuration"]}
            settings["ResultConfiguration"] = _updated(
                settings.get("ResultConfiguration") or {}, results
            )
            if updates.pop("RemoveBytesScannedCutoffPerQuery", False):
                settings.pop("BytesScannedCutoffPerQuery", None)
            if updates.pop("RemoveCustomerContentEncryptionConfiguration", False):
                settings.pop("CustomerContentEncryptionConfiguration", None)
            if "EngineVersion" in updates:
                updates["EngineVersion"] = _engine(updates["EngineVersion"])
            group["Configuration"] = {**settings, **updates}
            for name in ("Description", "State"):
                if request.get(name) is not None:
                    group[name] = request[name]
        return {}

    @handler("DeleteWorkGroup", expand=False)
    def delete_work_group(self, context: RequestContext, request: Document) -> Document:
        name = request["WorkGroup"]
        with STORE.holding(context.account_id, context.region) as state:
            state.work_group(name)
            if name == PRIMARY:
                raise invalid("The primary WorkGroup cannot be deleted")
            held = [k for k, each in state.named_queries.items() if each["WorkGroup"] == name]
            runs = [k for k, each in state.executions.items() if each.work_group == name]
            prepared = state.prepared.get(name)
            if (held or runs or prepared) and not request.get("RecursiveDeleteOption"):
                raise invalid(f"WorkGroup {name} is not empty")
            for key in runs:
                state.stop(state.executions[key])
                del state.executions[key]
            for key in held:
                del state.named_queries[key]
            state.prepared.pop(name, None)
            state.tags.pop(state.arn("workgroup", name), None)
            del state.work_groups[name]
        return {}

    @handler("ListEngineVersions", expand=False)
    def list_engine_versions(self, context: RequestContext, request: Document) -> Document:  # noqa: ARG002 - LocalStack's signature
        effective = ENGINE["EffectiveEngineVersion"]
        versions = [_engine({"SelectedEngineVersion": v}) for v in ("AUTO", effective)]
        return page(versions, request, "EngineVersions", 10)

    @handler("TagResource", expand=False)
    def tag_resource(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            arn = _tagged(state, request["ResourceARN"])
            merged = {**state.tags.get(arn, {}), **_tags(request["Tags"])}
            if len(merged) > MAX_TAGS:
                raise invalid(f"A resource has at most {MAX_TAGS} tags, not {len(merged)}")
            state.tags[arn] = merged
        return {}

    @handler("UntagResource", expand=False)
    def untag_resource(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            arn = _tagged(state, request["ResourceARN"])
            for key in request["TagKeys"]:
                state.tags.get(arn, {}).pop(key, None)
        return {}

    @handler("ListTagsForResource", expand=False)
    def list_tags_for_resource(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            found = state.tags.get(_tagged(state, request["ResourceARN"]), {})
            tags = [{"Key": key, "Value": value} for key, value in sorted(found.items())]
        return page(tags, request, "Tags", 75)


def _engine(given: Document | None) -> Document:
    selected = (given or {}).get("SelectedEngineVersion") or ENGINE["SelectedEngineVersion"]
    return {**ENGINE, "SelectedEngineVersion": selected}


def _tags(given: list[Document]) -> dict[str, str]:
    return {each["Key"]: each.get("Value", "") for each in given}


def _check_location(location: Any) -> None:
    if location and not str(location).startswith("s3://"):
        raise invalid(f"outputLocation is not a valid S3 path: {location}")


def _updated(result: Document, updates: Document) -> Document:
    found = {**result}
    for name in _RESULT:
        if updates.get(f"Remove{name}"):
            found.pop(name, None)
        elif name in updates:
            found[name] = updates[name]
    return found


def _tagged(state: AthenaState, arn: str) -> str:
    groups = {state.arn("workgroup", name) for name in state.work_groups}
    if arn not in groups | {state.arn("datacatalog", name) for name in state.catalogs}:
        raise not_found(f"Athena Resource, {arn} Does Not Exist")
    return arn
