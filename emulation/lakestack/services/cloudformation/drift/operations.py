"""Drift detection: which resources of a stack differ from its template.

AWS CloudFormation API Reference, "DetectStackDrift", "DetectStackResourceDrift",
"DescribeStackDriftDetectionStatus" and "DescribeStackResourceDrifts"; AWS CloudFormation User
Guide, "Drift detection status codes".
"""

from __future__ import annotations

import functools
import logging
import threading
from collections.abc import Collection, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from localstack.aws.api import RequestContext, handler
from localstack.aws.api.cloudformation import StackStatus
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.stores import get_cloudformation_store
from localstack.services.cloudformation.v2.provider import CloudformationProviderV2

from lakestack import clock
from lakestack.services.base import client
from lakestack.services.cloudformation import drift_results as results
from lakestack.services.cloudformation.actions import SPECIFIED
from lakestack.services.cloudformation.drift.comparison import comparable, differences, text_of
from lakestack.services.cloudformation.drift.readers import GoneError, read_properties, readable
from lakestack.services.cloudformation.drift_results import Detection
from lakestack.services.cloudformation.stack_lookup import existing_stack
from lakestack.services.cloudformation.stack_notes import notes_of

LOG = logging.getLogger(__name__)
Model = dict[str, Any]
_DETECTABLE = {
    StackStatus.CREATE_COMPLETE,
    StackStatus.UPDATE_COMPLETE,
    StackStatus.UPDATE_ROLLBACK_COMPLETE,
    StackStatus.UPDATE_ROLLBACK_FAILED,
}


class DriftOperations(CloudformationProviderV2):  # type: ignore[misc]
    """Detects drift and tells of it."""

    @handler("DetectStackDrift", expand=False)
    def detect_stack_drift(self, context: RequestContext, request: Mapping[str, Any]) -> Any:
        stack = _detectable(context, request["StackName"], request.get("LogicalResourceIds"))
        drift = notes_of(stack).drift
        if drift.running:
            raise ValidationError(
                f"Drift detection is already in progress for stack [{stack.stack_id}]"
            )
        detection = Detection(stack.stack_id)
        drift.detections[detection.id] = detection
        names = list(request.get("LogicalResourceIds") or stack.resolved_resources)
        threading.Thread(
            target=_detect, args=(stack, detection, names), name="cfn-drift", daemon=True
        ).start()
        return {"StackDriftDetectionId": detection.id}

    @handler("DescribeStackDriftDetectionStatus", expand=False)
    def describe_stack_drift_detection_status(
        self, context: RequestContext, request: Mapping[str, Any]
    ) -> Any:
        asked = request["StackDriftDetectionId"]
        state = get_cloudformation_store(context.account_id, context.region)
        for stack in list(state.stacks_v2.values()):
            if (found := notes_of(stack).drift.detections.get(asked)) is not None:
                return found.described()
        raise ValidationError(f"DetectionId [{asked}] does not exist")

    @handler("DetectStackResourceDrift", expand=False)
    def detect_stack_resource_drift(
        self, context: RequestContext, request: Mapping[str, Any]
    ) -> Any:
        name = request["LogicalResourceId"]
        stack = _detectable(context, request["StackName"], [name])
        kind = stack.resolved_resources[name]["Type"]
        if not readable(kind):
            raise ValidationError(
                f"Drift detection is not supported for resource type {kind} in the emulator"
            )
        found = _examined(stack, name)
        notes_of(stack).drift.resources[name] = found
        return {"StackResourceDrift": found}

    @handler("DescribeStackResourceDrifts", expand=False)
    def describe_stack_resource_drifts(
        self, context: RequestContext, request: Mapping[str, Any]
    ) -> Any:
        """Of the resources that have been checked."""
        wanted = request.get("StackResourceDriftStatusFilters")
        found = list(
            notes_of(existing_stack(context, request["StackName"])).drift.resources.values()
        )
        shown = [d for d in found if not wanted or d["StackResourceDriftStatus"] in wanted]
        return {"StackResourceDrifts": shown}


def _detectable(context: RequestContext, name: str, resources: Collection[str] | None) -> Any:
    """The stack, if drift of these resources can be detected; raises ValidationError."""
    stack = existing_stack(context, name)
    if stack.status not in _DETECTABLE:
        raise ValidationError(
            f"Drift detection cannot be performed on stack [{stack.stack_id}] in "
            f"{stack.status} state"
        )
    for each in resources or ():
        if each not in stack.resolved_resources:
            raise ValidationError(f"Resource {each} does not exist for stack {name}")
    return stack


def _detect(stack: Any, detection: Detection, names: Collection[str]) -> None:
    """Look at the resources, and write down what was found."""
    drift, failed = notes_of(stack).drift, []
    for name in names:
        record = stack.resolved_resources.get(name)
        if record is None or not readable(record["Type"]):
            drift.resources.pop(name, None)
            continue
        try:
            drift.resources[name] = _examined(stack, name)
        except Exception as e:  # whatever a service answers, the detection must end
            LOG.debug("drift of %s", name, exc_info=not isinstance(e, BotoCoreError | ClientError))
            failed.append(f"{name}: {e}")
    for name in drift.resources.keys() - stack.resolved_resources.keys():
        del drift.resources[name]
    found = [each["StackResourceDriftStatus"] for each in drift.resources.values()]
    detection.drifted = sum(status != results.IN_SYNC for status in found)
    drift.status = results.DRIFTED if detection.drifted else results.IN_SYNC
    drift.checked = clock.utc()
    detection.stack_status = drift.status
    if failed:
        detection.reason = f"Failed to detect drift on resource(s) {'; '.join(failed)}"
    detection.status = results.FAILED if failed else results.COMPLETE


def _examined(stack: Any, name: str) -> Model:
    """The StackResourceDrift structure of a resource; raises what its service raises."""
    record = stack.resolved_resources[name]
    kind, specified = record["Type"], record.get(SPECIFIED) or {}
    made: Model = {
        "StackId": stack.stack_id,
        "LogicalResourceId": name,
        "PhysicalResourceId": record.get("PhysicalResourceId") or "",
        "ResourceType": kind,
        "Timestamp": clock.utc(),
    }
    connect = functools.partial(client, stack.account_id, stack.region_name)
    try:
        read = read_properties(connect, record) or {}
    except GoneError:
        return {
            **made,
            "ExpectedProperties": text_of(specified),
            "StackResourceDriftStatus": results.DELETED,
        }
    expected, actual = comparable(kind, specified, read)
    found = list(differences(expected, actual))
    return {
        **made,
        "ExpectedProperties": text_of(expected),
        "ActualProperties": text_of(actual),
        "PropertyDifferences": found,
        "StackResourceDriftStatus": results.MODIFIED if found else results.IN_SYNC,
    }
