"""Stack sets: one template as stacks in several accounts and regions.

LocalStack 4.9.2 keeps new stack sets where its own DescribeStackSet, ListStackSets, UpdateStackSet
and ListStackInstances do not look, and drops their parameters, tags and capabilities.
CloudFormation User Guide, "StackSets concepts"; API Reference, "CreateStackInstances" and
"StackSetOperation".
"""

from __future__ import annotations

import threading
import uuid
from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudformation import (
    NameAlreadyExistsException,
    OperationNotFoundException,
    StackInstanceNotFoundException,
    StackSetNotEmptyException,
    StackSetNotFoundException,
)
from localstack.services.cloudformation.stores import get_cloudformation_store
from localstack.services.cloudformation.v2.entities import StackInstance, StackSet

from lakestack import clock
from lakestack.services.arns import arn
from lakestack.services.base import client
from lakestack.services.cloudformation.request_template import Request
from lakestack.services.cloudformation.template import parse_template, template_text
from lakestack.services.cloudformation.template_check import check

_SHARED = ("Parameters", "Tags", "Capabilities")
_COPIED = ("Description", *_SHARED, "AdministrationRoleARN", "ExecutionRoleName", "PermissionModel")
_WAIT = {"Delay": 1, "MaxAttempts": 3600}


class StackSetOperations:
    """Handlers of stack sets, their instances and operations."""

    @handler("CreateStackSet", expand=False)
    def create_stack_set(self, context: RequestContext, request: Request) -> Any:
        text = template_text(request, context.account_id, context.region)
        check(parse_template(text))
        state, name = _sets(context), request["StackSetName"]
        if any(s.stack_set_name == name for s in state.values()):
            raise NameAlreadyExistsException(f"StackSet {name} already exists")
        made = StackSet(context.account_id, context.region, {**request, "TemplateBody": text})
        made.template_url = None
        made.settings = {key: request[key] for key in _COPIED if request.get(key)}
        state[made.stack_set_id] = made
        return {"StackSetId": made.stack_set_id}

    @handler("UpdateStackSet", expand=False)
    def update_stack_set(self, context: RequestContext, request: Request) -> Any:
        found = _found(context, request["StackSetName"])
        if not request.get("UsePreviousTemplate"):
            text = template_text(request, context.account_id, context.region)
            check(parse_template(text))
            found.template_body = text
        found.settings.update({key: request[key] for key in _COPIED if request.get(key)})
        return _begin(found, "UPDATE", request, [*found.stack_instances], _update)

    @handler("DescribeStackSet", expand=False)
    def describe_stack_set(self, context: RequestContext, request: Request) -> Any:
        found = _found(context, request["StackSetName"])
        return {
            "StackSet": {
                **_summary(found),
                "TemplateBody": found.template_body,
                "Parameters": [],
                "Tags": [],
                "Capabilities": [],
                **found.settings,
                "StackSetARN": arn(
                    "cloudformation", context.region, context.account_id, _path(found)
                ),
            }
        }

    @handler("ListStackSets", expand=False)
    def list_stack_sets(self, context: RequestContext, request: Request) -> Any:
        if request.get("Status") == "DELETED":  # of which none is kept
            return {"Summaries": []}
        found = sorted(_sets(context).values(), key=lambda s: s.stack_set_name)
        return {"Summaries": [_summary(each) for each in found]}

    @handler("DeleteStackSet", expand=False)
    def delete_stack_set(self, context: RequestContext, request: Request) -> Any:
        found = _find(context, request["StackSetName"])
        if found is not None and found.stack_instances:
            raise StackSetNotEmptyException("StackSet is not empty")
        if found is not None:
            _sets(context).pop(found.stack_set_id, None)
        return {}

    @handler("CreateStackInstances", expand=False)
    def create_stack_instances(self, context: RequestContext, request: Request) -> Any:
        found = _found(context, request["StackSetName"])
        made = []
        for account, region in _targets(request):
            if _instance(found, account, region) is None:
                made.append(StackInstance(account, region, found.stack_set_id, "", ""))
                made[-1].status = "OUTDATED"
        for instance in made:
            instance.overrides = list(request.get("ParameterOverrides") or ())
        found.stack_instances.extend(made)
        return _begin(found, "CREATE", request, made, _create)

    @handler("DeleteStackInstances", expand=False)
    def delete_stack_instances(self, context: RequestContext, request: Request) -> Any:
        found = _found(context, request["StackSetName"])
        gone = [i for t in _targets(request) if (i := _instance(found, *t)) is not None]
        work = _forget if request.get("RetainStacks") else _delete
        return _begin(found, "DELETE", request, gone, work)

    @handler("ListStackInstances", expand=False)
    def list_stack_instances(self, context: RequestContext, request: Request) -> Any:
        found = _found(context, request["StackSetName"])
        account, region = request.get("StackInstanceAccount"), request.get("StackInstanceRegion")
        return {
            "Summaries": [
                _shown(i)
                for i in list(found.stack_instances)
                if account in (None, i.account_id) and region in (None, i.region_name)
            ]
        }

    @handler("DescribeStackInstance", expand=False)
    def describe_stack_instance(self, context: RequestContext, request: Request) -> Any:
        found = _found(context, request["StackSetName"])
        account, region = request["StackInstanceAccount"], request["StackInstanceRegion"]
        instance = _instance(found, account, region)
        if instance is None:
            raise StackInstanceNotFoundException(
                f"Stack instance not found for account {account} and region {region}"
            )
        return {"StackInstance": {**_shown(instance), "ParameterOverrides": instance.overrides}}

    @handler("DescribeStackSetOperation", expand=False)
    def describe_stack_set_operation(self, context: RequestContext, request: Request) -> Any:
        found = _found(context, request["StackSetName"])
        operation = found.operations.get(request["OperationId"])
        if operation is None:
            raise OperationNotFoundException(
                f"Operation {request['OperationId']} of {found.stack_set_name} not found"
            )
        return {"StackSetOperation": {**operation, "StackSetId": found.stack_set_id}}

    @handler("ListStackSetOperations", expand=False)
    def list_stack_set_operations(self, context: RequestContext, request: Request) -> Any:
        found = _found(context, request["StackSetName"])
        return {"Summaries": list(found.operations.values())[::-1]}


def _sets(context: RequestContext) -> dict[str, Any]:
    state = get_cloudformation_store(context.account_id, context.region)
    sets: dict[str, Any] = state.stack_sets_v2
    return sets


def _find(context: RequestContext, name: str) -> Any:
    wanted = name.rpartition("stackset/")[2]  # of an ARN
    found = (s for s in _sets(context).values() if wanted in (s.stack_set_name, s.stack_set_id))
    return next(found, None)


def _found(context: RequestContext, name: str) -> Any:
    found = _find(context, name)
    if found is None:
        raise StackSetNotFoundException(f"StackSet {name} not found")
    return found


def _path(found: Any) -> str:
    return f"stackset/{found.stack_set_id}"


def _summary(found: Any) -> dict[str, Any]:
    about = (
        {"Description": found.settings["Description"]} if "Description" in found.settings else {}
    )
    return {
        "StackSetName": found.stack_set_name,
        "StackSetId": found.stack_set_id,
        "Status": "ACTIVE",
        "PermissionModel": found.settings.get("PermissionModel", "SELF_MANAGED"),
        **about,
    }


def _targets(request: Request) -> list[tuple[str, str]]:
    return [(a, r) for a in request.get("Accounts") or () for r in request.get("Regions") or ()]


def _instance(found: Any, account: str, region: str) -> Any:
    fits = (i for i in found.stack_instances if (i.account_id, i.region_name) == (account, region))
    return next(fits, None)


def _shown(instance: Any) -> dict[str, Any]:
    return {
        "StackSetId": instance.stack_set_id,
        "Account": instance.account_id,
        "Region": instance.region_name,
        "StackId": instance.stack_id or None,
        "Status": instance.status,
        "StatusReason": getattr(instance, "reason", None),
        "StackInstanceStatus": instance.stack_instance_status,
        "LastOperationId": instance.operation_id or None,
    }


def _begin(found: Any, action: str, request: Request, instances: list[Any], work: Any) -> Any:
    """Start an operation over instances in a thread; it is RUNNING until all are done."""
    number = request.get("OperationId") or str(uuid.uuid4())
    operation = {
        "OperationId": number,
        "Action": action,
        "Status": "RUNNING",
        "CreationTimestamp": clock.utc(),
    }
    found.operations[number] = operation

    def run() -> None:
        failed = False
        for instance in instances:
            instance.operation_id = number
            try:
                work(found, instance)
                instance.status, instance.reason = "CURRENT", None
                detail = "SUCCEEDED"
            except Exception as e:  # the next instance is tried; the reason is shown
                failed, detail = True, "FAILED"
                instance.status, instance.reason = "OUTDATED", str(e)[:1024]
            instance.stack_instance_status = {"DetailedStatus": detail}
        operation.update(Status="FAILED" if failed else "SUCCEEDED", EndTimestamp=clock.utc())

    threading.Thread(target=run, name=f"stack-set-{number}", daemon=True).start()
    return {"OperationId": number}


def _given(found: Any, instance: Any) -> dict[str, Any]:
    shared = {key: found.settings[key] for key in _SHARED if key in found.settings}
    values = {p["ParameterKey"]: p for p in shared.get("Parameters") or ()}
    values.update({p["ParameterKey"]: p for p in instance.overrides})
    return {**shared, "Parameters": list(values.values()), "TemplateBody": found.template_body}


def _create(found: Any, instance: Any) -> None:
    api = client(instance.account_id, instance.region_name, "cloudformation")
    name = f"StackSet-{found.stack_set_name}-{uuid.uuid4()}"[:128]
    instance.stack_id = api.create_stack(StackName=name, **_given(found, instance))["StackId"]
    waiter = api.get_waiter("stack_create_complete")
    waiter.wait(StackName=instance.stack_id, WaiterConfig=_WAIT)


def _update(found: Any, instance: Any) -> None:
    if not instance.stack_id:
        _create(found, instance)
        return
    api = client(instance.account_id, instance.region_name, "cloudformation")
    try:
        api.update_stack(StackName=instance.stack_id, **_given(found, instance))
    except ClientError as e:
        if "No updates" in str(e):
            return
        raise
    waiter = api.get_waiter("stack_update_complete")
    waiter.wait(StackName=instance.stack_id, WaiterConfig=_WAIT)


def _delete(found: Any, instance: Any) -> None:
    if instance.stack_id:
        api = client(instance.account_id, instance.region_name, "cloudformation")
        api.delete_stack(StackName=instance.stack_id)
        waiter = api.get_waiter("stack_delete_complete")
        waiter.wait(StackName=instance.stack_id, WaiterConfig=_WAIT)
    _forget(found, instance)


def _forget(found: Any, instance: Any) -> None:
    found.stack_instances.remove(instance)
