"""Stages and deployments of APIs."""

from __future__ import annotations

from localstack.aws.api import RequestContext, handler

from lakestack import clock
from lakestack.services.apigatewayv2 import rules
from lakestack.services.apigatewayv2.paging import page_of
from lakestack.services.apigatewayv2.state import (
    STORE,
    Api,
    Document,
    bad_request,
    conflict,
    not_found,
)


class StageOperations:
    """What is done with stages and deployments."""

    @handler("CreateStage", expand=False)
    def create_stage(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            made = rules.stage(api, rules.given(request, "ApiId"))
            if made["StageName"] in api.stages:
                raise conflict("Stage already exists")
            now = clock.utc()
            made |= {"CreatedDate": now, "LastUpdatedDate": now}
            api.stages[made["StageName"]] = made
            if made["AutoDeploy"]:
                api.changed()
            return dict(made)

    @handler("GetStage", expand=False)
    def get_stage(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            return dict(_stage(state.api(request["ApiId"]), request["StageName"]))

    @handler("GetStages", expand=False)
    def get_stages(self, context: RequestContext, request: Document) -> Document:
        return page_of(context, request, "stages")

    @handler("UpdateStage", expand=False)
    def update_stage(self, context: RequestContext, request: Document) -> Document:
        """A stage variable with an empty value is removed (our guess)."""
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            before = _stage(api, request["StageName"])
            follows = before["AutoDeploy"] and request.get("AutoDeploy") is not False
            if request.get("DeploymentId") and follows:
                raise bad_request("DeploymentId is not supported with AutoDeploy")
            changed = rules.merged(before, request, "ApiId", "StageVariables")
            variables = {**before["StageVariables"], **(request.get("StageVariables") or {})}
            changed["StageVariables"] = {k: v for k, v in variables.items() if v != ""}
            looked_at = {n: v for n, v in changed.items() if n != "DeploymentId"}
            rules.stage(api, looked_at)
            if not changed["AutoDeploy"] and request.get("DeploymentId"):
                rules.stage(api, changed)
            changed["LastUpdatedDate"] = clock.utc()
            api.stages[before["StageName"]] = changed
            if changed["AutoDeploy"]:
                api.changed()
            return dict(changed)

    @handler("DeleteStage", expand=False)
    def delete_stage(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            del api.stages[_stage(api, request["StageName"])["StageName"]]
            return {}

    @handler("DeleteAccessLogSettings", expand=False)
    def delete_access_log_settings(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            stage = _stage(state.api(request["ApiId"]), request["StageName"])
            stage.pop("AccessLogSettings", None)
            return {}

    @handler("DeleteRouteSettings", expand=False)
    def delete_route_settings(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            stage = _stage(state.api(request["ApiId"]), request["StageName"])
            if request["RouteKey"] not in stage["RouteSettings"]:
                raise not_found(f"Unable to find RouteSettings of {request['RouteKey']}")
            settings = {k: v for k, v in stage["RouteSettings"].items() if k != request["RouteKey"]}
            stage["RouteSettings"] = settings
            return {}

    @handler("CreateDeployment", expand=False)
    def create_deployment(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            if not api.routes:
                raise bad_request("At least one route is required before deploying the Api.")
            stage = _stage(api, request["StageName"]) if request.get("StageName") else None
            if stage is not None and stage["AutoDeploy"]:
                raise bad_request("Deployments cannot be made to a stage with AutoDeploy")
            made = api.deploy(request.get("Description"))
            if stage is not None:
                stage["DeploymentId"] = made["DeploymentId"]
                stage["LastUpdatedDate"] = clock.utc()
            return dict(made)

    @handler("GetDeployment", expand=False)
    def get_deployment(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            return dict(_deployment(state.api(request["ApiId"]), request["DeploymentId"]))

    @handler("GetDeployments", expand=False)
    def get_deployments(self, context: RequestContext, request: Document) -> Document:
        return page_of(context, request, "deployments")

    @handler("UpdateDeployment", expand=False)
    def update_deployment(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            found = _deployment(state.api(request["ApiId"]), request["DeploymentId"])
            if request.get("Description") is not None:
                found["Description"] = request["Description"]
            return dict(found)

    @handler("DeleteDeployment", expand=False)
    def delete_deployment(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            api = state.api(request["ApiId"])
            found = _deployment(api, request["DeploymentId"])
            name = found["DeploymentId"]
            if any(stage.get("DeploymentId") == name for stage in api.stages.values()):
                raise bad_request(
                    "Active stages pointing to this deployment must be moved or deleted"
                )
            del api.deployments[name], api.copies[name]
            return {}


def _stage(api: Api, name: str) -> Document:
    """A stage.

    Raises:
        CommonServiceException: NotFoundException
    """
    found = api.stages.get(name)
    if found is None:
        raise not_found("Invalid stage identifier specified")
    return found


def _deployment(api: Api, name: str) -> Document:
    """A deployment.

    Raises:
        CommonServiceException: NotFoundException
    """
    found = api.deployments.get(name)
    if found is None:
        raise not_found(f"Invalid deployment identifier specified {name}")
    return found
