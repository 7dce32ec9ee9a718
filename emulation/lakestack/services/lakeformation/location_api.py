"""Operations on registered locations and on the settings of the data lake.

AWS Lake Formation API Reference, "RegisterResource", "ListResources", "PutDataLakeSettings".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from localstack.aws.api import RequestContext, handler

from lakestack import clock
from lakestack.services import arns
from lakestack.services.lakeformation.grants import Document
from lakestack.services.lakeformation.paging import page
from lakestack.services.lakeformation.state import (
    STORE,
    LakeFormationState,
    default_settings,
    exists,
    invalid,
    not_found,
    state_of,
)

_SERVICE_ROLE = (
    "role/aws-service-role/lakeformation.amazonaws.com/AWSServiceRoleForLakeFormationDataAccess"
)
_VERSION = "CROSS_ACCOUNT_VERSION"
_FLAGS = ("WithFederation", "HybridAccessEnabled", "WithPrivilegedAccess")
_FIELDS = {
    "RESOURCE_ARN": "ResourceArn",
    "ROLE_ARN": "RoleArn",
    "LAST_MODIFIED": "LastModified",
}
_COMPARISONS: dict[str, Callable[[str, list[str]], bool]] = {
    "EQ": lambda value, given: value == given[0],
    "NE": lambda value, given: value != given[0],
    "LE": lambda value, given: value <= given[0],
    "LT": lambda value, given: value < given[0],
    "GE": lambda value, given: value >= given[0],
    "GT": lambda value, given: value > given[0],
    "CONTAINS": lambda value, given: given[0] in value,
    "NOT_CONTAINS": lambda value, given: given[0] not in value,
    "BEGINS_WITH": lambda value, given: value.startswith(given[0]),
    "IN": lambda value, given: value in given,
    "BETWEEN": lambda value, given: given[0] <= value <= given[-1],
}


class LocationApi:
    """Locations in S3 that Lake Formation manages; who administers the data lake."""

    @handler("RegisterResource", expand=False)
    def register_resource(self, context: RequestContext, request: Document) -> Document:
        arn = request["ResourceArn"]
        with STORE.holding(context.account_id, context.region) as state:
            if arn in state.locations:
                raise exists("Resource is already registered")
            role = request.get("RoleArn")
            if request.get("UseServiceLinkedRole"):
                role = arns.global_arn("iam", state.region, state.account, _SERVICE_ROLE)
            if not role and not request.get("WithFederation"):
                raise invalid("Either RoleArn or UseServiceLinkedRole must be given.")
            flags = {name: bool(request[name]) for name in _FLAGS if name in request}
            state.locations[arn] = {"ResourceArn": arn, "RoleArn": role, **flags}
            _touch(state.locations[arn])
        return {}

    @handler("UpdateResource", expand=False)
    def update_resource(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            found = _location(state, request["ResourceArn"])
            found["RoleArn"] = request["RoleArn"]
            found.update({name: bool(request[name]) for name in _FLAGS if name in request})
            _touch(found)
        return {}

    @handler("DeregisterResource", expand=False)
    def deregister_resource(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            _location(state, request["ResourceArn"])
            del state.locations[request["ResourceArn"]]
        return {}

    @handler("DescribeResource", expand=False)
    def describe_resource(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            return {"ResourceInfo": dict(_location(state, request["ResourceArn"]))}

    @handler("ListResources", expand=False)
    def list_resources(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        conditions = request.get("FilterConditionList") or []
        with state.lock:
            found = [dict(each) for _, each in sorted(state.locations.items())]
        found = [each for each in found if all(_fits(each, c) for c in conditions)]
        return page(found, request, "ResourceInfoList")

    @handler("GetDataLakeSettings", expand=False)
    def get_data_lake_settings(self, context: RequestContext, request: Document) -> Document:
        del request
        state = state_of(context)
        with state.lock:
            return {"DataLakeSettings": dict(state.settings)}

    @handler("PutDataLakeSettings", expand=False)
    def put_data_lake_settings(self, context: RequestContext, request: Document) -> Document:
        """What is left out is empty afterwards, but for the version of cross-account grants."""
        given: Document = {k: v for k, v in request["DataLakeSettings"].items() if v is not None}
        with STORE.holding(context.account_id, context.region) as state:
            version = state.settings["Parameters"][_VERSION]
            parameters = {_VERSION: version, **(given.get("Parameters") or {})}
            state.settings = {
                **default_settings(),
                **_NOBODY,
                **given,
                "Parameters": parameters,
            }
        return {}

    @handler("GetDataLakePrincipal", expand=False)
    def get_data_lake_principal(self, context: RequestContext, request: Document) -> Document:
        del request
        return {"Identity": arns.global_arn("iam", context.region, context.account_id, "root")}


_NOBODY: Document = {
    "CreateDatabaseDefaultPermissions": [],
    "CreateTableDefaultPermissions": [],
}


def _location(state: LakeFormationState, arn: str) -> Document:
    found = state.locations.get(arn)
    if found is None:
        raise not_found("Entity not found")
    return found


def _touch(location: Document) -> None:
    location["LastModified"] = clock.wall()


def _fits(location: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
    """Whether a location meets a condition; times are compared as their seconds."""
    name, given = condition.get("Field"), condition.get("StringValueList") or []
    if name is None or not given:
        raise invalid("A filter condition needs Field, ComparisonOperator and StringValueList.")
    compare = _COMPARISONS[condition.get("ComparisonOperator") or "EQ"]
    return compare(str(location.get(_FIELDS[name], "")), given)
