"""Operations on notebook instances and their lifecycle configurations, which are only recorded.

Amazon SageMaker API Reference, "CreateNotebookInstance", "UpdateNotebookInstance",
"CreateNotebookInstanceLifecycleConfig". No notebook is served, and no script of a lifecycle
configuration runs; the states are those of an instance whose machine comes up at once.
"""

from __future__ import annotations

from typing import Any

from lakestack import clock
from lakestack.services.sagemaker import tags
from lakestack.services.sagemaker.operations import Answer, Request, listed, operation
from lakestack.services.sagemaker.state import (
    STORE,
    Resource,
    SagemakerState,
    page,
    refuse_existing,
)
from lakestack.services.sagemaker.validation import validation_error

IN_SERVICE, STOPPED = "InService", "Stopped"
_STATUS, _CHANGED = "status", "changed"
_DEFAULTS: dict[str, Any] = {
    "DirectInternetAccess": "Enabled",
    "VolumeSizeInGB": 5,
    "RootAccess": "Enabled",
    "PlatformIdentifier": "notebook-al2-v3",
    "InstanceMetadataServiceConfiguration": {"MinimumInstanceMetadataServiceVersion": "2"},
}
_UPDATED = (
    *("InstanceType", "IpAddressType", "RoleArn", "LifecycleConfigName", "VolumeSizeInGB"),
    *("DefaultCodeRepository", "AdditionalCodeRepositories", "AcceleratorTypes", "RootAccess"),
    "InstanceMetadataServiceConfiguration",
)
_DISSOCIATED = {
    "DisassociateLifecycleConfig": "LifecycleConfigName",
    "DisassociateAcceleratorTypes": "AcceleratorTypes",
    "DisassociateDefaultCodeRepository": "DefaultCodeRepository",
    "DisassociateAdditionalCodeRepositories": "AdditionalCodeRepositories",
}
_SUMMARY = (
    *("NotebookInstanceName", "NotebookInstanceArn", "NotebookInstanceStatus", "Url"),
    *("InstanceType", "CreationTime", "LastModifiedTime", "DefaultCodeRepository"),
    *("NotebookInstanceLifecycleConfigName", "AdditionalCodeRepositories"),
)


class NotebookOperations:
    """Notebook instances by name; scripts for them by name."""

    @operation("CreateNotebookInstance")
    def create_notebook_instance(self, state: SagemakerState, request: Request) -> Answer:
        name = request["NotebookInstanceName"]
        with STORE.holding(state.account, state.region) as held:
            refuse_existing(held.notebooks, name, "notebook instance")
            _check_configuration(held, request)
            arn = held.arn("notebook-instance", name)
            kept = {k: v for k, v in request.items() if v is not None and k != "Tags"}
            notebook = Resource(name, arn, {**_DEFAULTS, **kept, _STATUS: IN_SERVICE})
            notebook.request[_CHANGED] = notebook.created
            held.notebooks[name] = notebook
            tags.put(held, arn, request.get("Tags"))
        return {"NotebookInstanceArn": arn}

    @operation("DescribeNotebookInstance")
    def describe_notebook_instance(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            return _described(state, _notebook(state, request))

    @operation("ListNotebookInstances")
    def list_notebook_instances(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            found = [_described(state, each) for each in state.notebooks.values()]
        shown = [{k: each[k] for k in _SUMMARY if k in each} for each in found]
        found_page = page(
            shown,
            request,
            name="NotebookInstanceName",
            status="NotebookInstanceStatus",
            default_sort="Name",
        )
        return listed("NotebookInstances", *found_page)

    @operation("StartNotebookInstance")
    def start_notebook_instance(self, state: SagemakerState, request: Request) -> Answer:
        _turn(state, request, STOPPED, IN_SERVICE)
        return {}

    @operation("StopNotebookInstance")
    def stop_notebook_instance(self, state: SagemakerState, request: Request) -> Answer:
        _turn(state, request, IN_SERVICE, STOPPED)
        return {}

    @operation("UpdateNotebookInstance")
    def update_notebook_instance(self, state: SagemakerState, request: Request) -> Answer:
        with STORE.holding(state.account, state.region) as held:
            notebook = _notebook(held, request)
            _require(notebook, STOPPED)
            _check_configuration(held, request)
            for name in _UPDATED:
                if request.get(name) is not None:
                    notebook.request[name] = request[name]
            for flag, name in _DISSOCIATED.items():
                if request.get(flag):
                    notebook.request.pop(name, None)
            notebook.request[_CHANGED] = clock.utc()
        return {}

    @operation("DeleteNotebookInstance")
    def delete_notebook_instance(self, state: SagemakerState, request: Request) -> Answer:
        with STORE.holding(state.account, state.region) as held:
            notebook = _notebook(held, request)
            _require(notebook, STOPPED)
            del held.notebooks[notebook.name]
            held.tags.pop(notebook.arn, None)
        return {}

    @operation("CreateNotebookInstanceLifecycleConfig")
    def create_lifecycle_config(self, state: SagemakerState, request: Request) -> Answer:
        name = request["NotebookInstanceLifecycleConfigName"]
        with STORE.holding(state.account, state.region) as held:
            refuse_existing(held.lifecycles, name, "notebook instance lifecycle config")
            arn = held.arn("notebook-instance-lifecycle-config", name)
            scripts = {k: request[k] for k in ("OnCreate", "OnStart") if request.get(k)}
            held.lifecycles[name] = Resource(name, arn, scripts)
            held.lifecycles[name].request[_CHANGED] = held.lifecycles[name].created
            tags.put(held, arn, request.get("Tags"))
        return {"NotebookInstanceLifecycleConfigArn": arn}

    @operation("DescribeNotebookInstanceLifecycleConfig")
    def describe_lifecycle_config(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            found = _lifecycle(state, request["NotebookInstanceLifecycleConfigName"])
            scripts = {k: v for k, v in found.request.items() if k != _CHANGED}
            return {**_lifecycle_summary(found), "OnCreate": [], "OnStart": [], **scripts}

    @operation("ListNotebookInstanceLifecycleConfigs")
    def list_lifecycle_configs(self, state: SagemakerState, request: Request) -> Answer:
        with state.lock:
            shown = [_lifecycle_summary(each) for each in state.lifecycles.values()]
        name = "NotebookInstanceLifecycleConfigName"
        found = page(shown, request, name=name, default_sort="Name")
        return listed("NotebookInstanceLifecycleConfigs", *found)

    @operation("UpdateNotebookInstanceLifecycleConfig")
    def update_lifecycle_config(self, state: SagemakerState, request: Request) -> Answer:
        with STORE.holding(state.account, state.region) as held:
            found = _lifecycle(held, request["NotebookInstanceLifecycleConfigName"])
            for name in ("OnCreate", "OnStart"):
                if request.get(name) is not None:
                    found.request[name] = request[name]
            found.request[_CHANGED] = clock.utc()
        return {}

    @operation("DeleteNotebookInstanceLifecycleConfig")
    def delete_lifecycle_config(self, state: SagemakerState, request: Request) -> Answer:
        name = request["NotebookInstanceLifecycleConfigName"]
        with STORE.holding(state.account, state.region) as held:
            found = _lifecycle(held, name)
            used = [n.name for n in held.notebooks.values() if _uses(n, name)]
            if used:
                raise validation_error(
                    f"Cannot delete lifecycle config {found.arn}: notebook instances use it: "
                    + ", ".join(sorted(used))
                )
            del held.lifecycles[name]
            held.tags.pop(found.arn, None)
        return {}


def _notebook(state: SagemakerState, request: Request) -> Resource:
    name = request["NotebookInstanceName"]
    if name not in state.notebooks:
        raise validation_error("RecordNotFound")
    return state.notebooks[name]


def _lifecycle(state: SagemakerState, name: str) -> Resource:
    if name not in state.lifecycles:
        raise validation_error(
            f"Unable to describe Notebook Instance Lifecycle Config '{name}'. "
            "(Details: Notebook Instance Lifecycle Config does not exist.)"
        )
    return state.lifecycles[name]


def _check_configuration(state: SagemakerState, request: Request) -> None:
    if name := request.get("LifecycleConfigName"):
        _lifecycle(state, name)


def _uses(notebook: Resource, name: str) -> bool:
    return bool(notebook.request.get("LifecycleConfigName") == name)


def _require(notebook: Resource, status: str) -> None:
    now = notebook.request[_STATUS]
    if now != status:
        raise validation_error(
            f"Status ({now}) not in ([{status}]). Unable to change Notebook "
            f"Instance ({notebook.arn})."
        )


def _turn(state: SagemakerState, request: Request, before: str, after: str) -> None:
    with STORE.holding(state.account, state.region) as held:
        notebook = _notebook(held, request)
        _require(notebook, before)
        notebook.request |= {_STATUS: after, _CHANGED: clock.utc()}


def _described(state: SagemakerState, notebook: Resource) -> Answer:
    shown = {k: v for k, v in notebook.request.items() if k not in (_STATUS, _CHANGED)}
    if groups := shown.pop("SecurityGroupIds", None):
        shown["SecurityGroups"] = groups
    if lifecycle := shown.pop("LifecycleConfigName", None):
        shown["NotebookInstanceLifecycleConfigName"] = lifecycle
    return {
        **shown,
        "NotebookInstanceArn": notebook.arn,
        "NotebookInstanceStatus": notebook.request[_STATUS],
        "Url": f"{notebook.name.lower()}.notebook.{state.region}.sagemaker.aws",
        "CreationTime": notebook.created,
        "LastModifiedTime": notebook.request[_CHANGED],
    }


def _lifecycle_summary(found: Resource) -> Answer:
    return {
        "NotebookInstanceLifecycleConfigName": found.name,
        "NotebookInstanceLifecycleConfigArn": found.arn,
        "CreationTime": found.created,
        "LastModifiedTime": found.request[_CHANGED],
    }
