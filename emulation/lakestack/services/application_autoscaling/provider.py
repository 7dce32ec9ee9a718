"""Application Auto Scaling: the API operations.

What is registered is kept and shown; no capacity changes, so that there are no scaling activities
and no alarms. Application Auto Scaling API Reference. moto's answers are not used: a policy gets
another ARN there with each change, and needs no target.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack import clock
from lakestack.services.application_autoscaling import rules
from lakestack.services.application_autoscaling.state import (
    PLACE,
    STORE,
    Document,
    ScalingState,
    find,
    not_found,
    state_of,
)
from lakestack.services.base import aws_error
from lakestack.services.paging import answer, cut

MAX_TAGS = 50
_PAGE = 50
_SUSPENDED = dict.fromkeys(
    ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
)
_OF_ACTION = ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")
_CONFIGURATIONS = {
    "StepScaling": "StepScalingPolicyConfiguration",
    "TargetTrackingScaling": "TargetTrackingScalingPolicyConfiguration",
    "PredictiveScaling": "PredictiveScalingPolicyConfiguration",
}


class ApplicationAutoscalingProvider:
    """Scalable targets, scaling policies, scheduled actions and tags."""

    service = "application-autoscaling"

    @handler("RegisterScalableTarget", expand=False)
    def register_scalable_target(self, context: RequestContext, request: Document) -> Document:
        """What a target that is there already does not get stays as it is."""
        rules.check_place(request)
        rules.check_table(context.account_id, context.region, request)
        with STORE.holding(context.account_id, context.region) as state:
            there = find(state.targets, request)
            made: Document = {name: request[name] for name in PLACE}
            target = {"SuspendedState": _SUSPENDED, **(there or made)}
            target |= _given(request, ("MinCapacity", "MaxCapacity", "RoleARN"))
            target["SuspendedState"] = {
                **target["SuspendedState"],
                **_given(request.get("SuspendedState") or {}, tuple(_SUSPENDED)),
            }
            rules.check_capacity(target)
            if "RoleARN" not in target:
                target["RoleARN"] = rules.role(
                    context.account_id, context.region, request["ServiceNamespace"]
                )
            if there is not None:
                there.update(target)
                return {"ScalableTargetARN": there["ScalableTargetARN"]}
            target["ScalableTargetARN"] = arn = state.target_arn()
            target["CreationTime"] = clock.utc()
            state.tags[arn] = _checked(dict(request.get("Tags") or {}))
            state.targets.append(target)
            return {"ScalableTargetARN": arn}

    @handler("DeregisterScalableTarget", expand=False)
    def deregister_scalable_target(self, context: RequestContext, request: Document) -> Document:
        """Its policies and scheduled actions go with it."""
        with STORE.holding(context.account_id, context.region) as state:
            target = find(state.targets, request)
            if target is None:
                raise not_found("No scalable target found", request)
            state.targets.remove(target)
            state.tags.pop(target["ScalableTargetARN"], None)
            for items in (state.policies, state.actions):
                while (each := find(items, request)) is not None:
                    items.remove(each)
        return {}

    @handler("DescribeScalableTargets", expand=False)
    def describe_scalable_targets(self, context: RequestContext, request: Document) -> Document:
        asked = _filters(request, {"ResourceId": "ResourceIds"})
        return _listed(context, request, "ScalableTargets", lambda s: s.targets, asked)

    @handler("PutScalingPolicy", expand=False)
    def put_scaling_policy(self, context: RequestContext, request: Document) -> Document:
        """A policy that is there already keeps its ARN, and what it does not get."""
        rules.check_place(request)
        with STORE.holding(context.account_id, context.region) as state:
            _require_target(state, request)
            there = find(state.policies, request, "PolicyName")
            kind = request.get("PolicyType") or (there or {}).get("PolicyType")
            if kind is None:
                raise rules.invalid("PolicyType is required for a new scaling policy")
            member = _CONFIGURATIONS[kind]
            others = [name for name in _CONFIGURATIONS.values() if name != member]
            if wrong := _given(request, tuple(others)):
                raise rules.invalid(f"{', '.join(wrong)} cannot be specified for {kind}")
            configuration = request.get(member) or (there or {}).get(member)
            if configuration is None:
                raise rules.invalid(f"{member} is required for {kind}")
            policy = there or {
                **{name: request[name] for name in ("PolicyName", *PLACE)},
                "PolicyARN": state.arn_of(
                    "scalingPolicy", request, f"policyName/{request['PolicyName']}"
                ),
                "CreationTime": clock.utc(),
                "Alarms": [],
            }
            for name in others:
                policy.pop(name, None)
            policy |= {"PolicyType": kind, member: configuration}
            if there is None:
                state.policies.append(policy)
            return {"PolicyARN": policy["PolicyARN"], "Alarms": []}

    @handler("DescribeScalingPolicies", expand=False)
    def describe_scaling_policies(self, context: RequestContext, request: Document) -> Document:
        asked = _filters(request, {"PolicyName": "PolicyNames", "ResourceId": "ResourceId"})
        return _listed(context, request, "ScalingPolicies", lambda s: s.policies, asked)

    @handler("DeleteScalingPolicy", expand=False)
    def delete_scaling_policy(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            _remove(state.policies, request, "PolicyName", "scaling policy", "policy")
        return {}

    @handler("PutScheduledAction", expand=False)
    def put_scheduled_action(self, context: RequestContext, request: Document) -> Document:
        """Start and end are those of the last request; all else stays where it has none."""
        rules.check_place(request)
        with STORE.holding(context.account_id, context.region) as state:
            _require_target(state, request)
            there = find(state.actions, request, "ScheduledActionName")
            if there is None:
                action: Document = {name: request[name] for name in ("ScheduledActionName", *PLACE)}
            else:
                action = {k: v for k, v in there.items() if k not in ("StartTime", "EndTime")}
            action |= _given(request, _OF_ACTION)
            rules.check_action(action)
            if there is not None:
                there.clear()
                there.update(action)
                return {}
            end = f"scheduledActionName/{request['ScheduledActionName']}"
            action["ScheduledActionARN"] = state.arn_of("scheduledAction", request, end)
            action["CreationTime"] = clock.utc()
            state.actions.append(action)
        return {}

    @handler("DescribeScheduledActions", expand=False)
    def describe_scheduled_actions(self, context: RequestContext, request: Document) -> Document:
        asked = _filters(
            request, {"ScheduledActionName": "ScheduledActionNames", "ResourceId": "ResourceId"}
        )
        return _listed(context, request, "ScheduledActions", lambda s: s.actions, asked)

    @handler("DeleteScheduledAction", expand=False)
    def delete_scheduled_action(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            _remove(
                state.actions,
                request,
                "ScheduledActionName",
                "scheduled action",
                "scheduled action",
            )
        return {}

    @handler("DescribeScalingActivities", expand=False)
    def describe_scaling_activities(self, context: RequestContext, request: Document) -> Document:
        """None: nothing is scaled."""
        return _listed(context, request, "ScalingActivities", lambda _: [], {})

    @handler("TagResource", expand=False)
    def tag_resource(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            arn = request["ResourceARN"]
            state.tags[arn] = _checked({**_tags(state, arn), **request["Tags"]})
        return {}

    @handler("UntagResource", expand=False)
    def untag_resource(self, context: RequestContext, request: Document) -> Document:
        with STORE.holding(context.account_id, context.region) as state:
            tags = _tags(state, request["ResourceARN"])
            for key in request["TagKeys"]:
                tags.pop(key, None)
        return {}

    @handler("ListTagsForResource", expand=False)
    def list_tags_for_resource(self, context: RequestContext, request: Document) -> Document:
        state = state_of(context)
        with state.lock:
            return {"Tags": dict(_tags(state, request["ResourceARN"]))}


def _require_target(state: ScalingState, request: Document) -> None:
    if find(state.targets, request) is None:
        raise not_found("No scalable target registered", request)


def _remove(items: list[Document], request: Document, name: str, what: str, short: str) -> None:
    """Delete what is at a place under a name.

    Args:
        name: the member that has it
        what: the kind of item, as the error says it
        short: its kind, before the word ``name``
    """
    found = find(items, request, name)
    if found is None:
        raise not_found(f"No {what} found", request, f", {short} name: {request[name]}")
    items.remove(found)


def _given(request: Mapping[str, object], names: tuple[str, ...]) -> Document:
    return {name: request[name] for name in names if request.get(name) is not None}


def _filters(request: Document, members: Mapping[str, str]) -> dict[str, list[str]]:
    """The values that a member of a listed item may have, by the request's members."""
    asked = {}
    for name, member in {**members, "ScalableDimension": "ScalableDimension"}.items():
        if given := request.get(member):
            asked[name] = given if isinstance(given, list) else [given]
    return asked


def _listed(
    context: RequestContext,
    request: Document,
    key: str,
    items: Callable[[ScalingState], list[Document]],
    asked: Mapping[str, list[str]],
) -> Document:
    asked = {"ServiceNamespace": [request["ServiceNamespace"]], **asked}
    state = state_of(context)
    with state.lock:
        found = [
            dict(each)
            for each in items(state)
            if all(each[name] in values for name, values in asked.items())
        ]
    if (most := request.get("MaxResults")) is not None and most < 1:
        raise rules.invalid(f"MaxResults must be at least 1, not {most}")
    return answer(key, *cut(found, request, _PAGE, lambda _: _bad_token()))


def _bad_token() -> CommonServiceException:
    return aws_error("InvalidNextTokenException", "The next token is not valid.")


def _tags(state: ScalingState, arn: str) -> dict[str, str]:
    found = state.tags.get(arn)
    if found is None:
        raise aws_error("ResourceNotFoundException", f"The resource does not exist: {arn}")
    return found


def _checked(tags: dict[str, str]) -> dict[str, str]:
    if len(tags) > MAX_TAGS:
        raise aws_error("TooManyTagsException", f"A resource has at most {MAX_TAGS} tags")
    return tags
