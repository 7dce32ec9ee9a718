"""EventBridge Scheduler: the API operations.

Amazon EventBridge Scheduler API Reference.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack.services.base import aws_error
from lakestack.services.scheduler import targets
from lakestack.services.scheduler.runner import RUNNER
from lakestack.services.scheduler.schedule import (
    MAX_AGE_SECONDS,
    MAX_ATTEMPTS,
    Document,
    Group,
    Schedule,
)
from lakestack.services.scheduler.state import (
    DEFAULT_GROUP,
    STORE,
    WATCH,
    SchedulerState,
    not_found,
)
from lakestack.services.schedules import ExpressionError
from lakestack.services.schedules.time import TIME

EARLIEST_START = timedelta(minutes=5)
PAGE = 100
MAX_TAGS = 50


class SchedulerProvider:
    """Schedules and schedule groups."""

    service = "scheduler"

    def __init__(self) -> None:
        RUNNER.start()

    @handler("CreateSchedule", expand=False)
    def create_schedule(self, context: RequestContext, request: Document) -> Document:
        given, token, name = _completed(request), request.get("ClientToken"), request["Name"]
        with STORE.holding(context.account_id, context.region) as state:
            group = state.group(request.get("GroupName"))
            there = group.schedules.get(name)
            if there is not None and token and there.token == token:
                return {"ScheduleArn": there.arn}
            if there is not None:
                raise _conflict(f"Schedule {name} already exists.")
            arn = state.schedule_arn(group.name, name)
            now = TIME.now()
            made = Schedule(name, group.name, arn, given, anchor=now, token=token)
            _plan(made, now)
            group.schedules[name] = made
        WATCH.wake()
        return {"ScheduleArn": made.arn}

    @handler("UpdateSchedule", expand=False)
    def update_schedule(self, context: RequestContext, request: Document) -> Document:
        """What is not given has its default, as on AWS: an update replaces the schedule."""
        given = _completed(request)
        with STORE.holding(context.account_id, context.region) as state:
            held = state.schedule(request.get("GroupName"), request["Name"])
            same = held.request["ScheduleExpression"] == given["ScheduleExpression"]
            now = TIME.now()
            changed = Schedule(
                held.name,
                held.group,
                held.arn,
                given,
                created=held.created,
                anchor=held.anchor if same else now,
                token=held.token,
            )
            _plan(changed, now)
            state.group(held.group).schedules[held.name] = changed
        WATCH.wake()
        return {"ScheduleArn": changed.arn}

    @handler("GetSchedule", expand=False)
    def get_schedule(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            return state.schedule(request.get("GroupName"), request["Name"]).describe()

    @handler("DeleteSchedule", expand=False)
    def delete_schedule(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            found = state.schedule(request.get("GroupName"), request["Name"])
            del state.group(found.group).schedules[found.name]
        return {}

    @handler("ListSchedules", expand=False)
    def list_schedules(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            if request.get("GroupName"):
                state.group(request["GroupName"])
            found = [
                schedule.summary()
                for schedule in sorted(state.schedules(), key=lambda s: (s.group, s.name))
                if request.get("GroupName") in (None, schedule.group)
                and schedule.name.startswith(request.get("NamePrefix") or "")
                and request.get("State") in (None, schedule.request["State"])
            ]
        return _page(found, request, "Schedules")

    @handler("CreateScheduleGroup", expand=False)
    def create_schedule_group(self, context: RequestContext, request: Document) -> Document:
        name = request["Name"]
        with STORE.holding(context.account_id, context.region) as state:
            if name in state.groups:
                raise _conflict(f"Schedule group {name} already exists.")
            group = state.groups[name] = Group(name, state.group_arn(name))
            _tag(state, group.arn, request.get("Tags") or [])
        return {"ScheduleGroupArn": group.arn}

    @handler("GetScheduleGroup", expand=False)
    def get_schedule_group(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            return state.group(request["Name"]).describe()

    @handler("DeleteScheduleGroup", expand=False)
    def delete_schedule_group(self, context: RequestContext, request: Document) -> Document:
        """Deletes the group's schedules with it."""
        state = _state(context)
        with state.lock:
            group = state.group(request["Name"])
            if group.name == DEFAULT_GROUP:
                raise _invalid("The default schedule group cannot be deleted.")
            del state.groups[group.name]
            state.tags.pop(group.arn, None)
        return {}

    @handler("ListScheduleGroups", expand=False)
    def list_schedule_groups(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        prefix = request.get("NamePrefix") or ""
        with state.lock:
            groups = sorted(state.groups.values(), key=lambda group: group.name)
            found = [group.describe() for group in groups if group.name.startswith(prefix)]
        return _page(found, request, "ScheduleGroups")

    @handler("TagResource", expand=False)
    def tag_resource(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            _tag(state, _tagged(state, request), request["Tags"])
        return {}

    @handler("UntagResource", expand=False)
    def untag_resource(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            held = state.tags.get(_tagged(state, request), {})
            for key in request["TagKeys"]:
                held.pop(key, None)
        return {}

    @handler("ListTagsForResource", expand=False)
    def list_tags_for_resource(self, context: RequestContext, request: Document) -> Document:
        state = _state(context)
        with state.lock:
            held = state.tags.get(_tagged(state, request), {})
            return {"Tags": [{"Key": key, "Value": value} for key, value in held.items()]}


def _state(context: RequestContext) -> SchedulerState:
    return STORE.get(context.account_id, context.region)


def _completed(request: Document) -> Document:
    """A request with what AWS adds to it, checked.

    Raises:
        CommonServiceException: ValidationException
    """
    window = request["FlexibleTimeWindow"]
    minutes = window.get("MaximumWindowInMinutes")
    if (window["Mode"] == "FLEXIBLE") != (minutes is not None):
        raise _invalid(
            "FlexibleTimeWindow must have MaximumWindowInMinutes with Mode FLEXIBLE, and none "
            "with Mode OFF."
        )
    start, end = request.get("StartDate"), request.get("EndDate")
    if start is not None and end is not None and start >= end:
        raise _invalid("The StartDate must come before the EndDate.")
    target = request["Target"]
    dead = (target.get("DeadLetterConfig") or {}).get("Arn")
    if dead and len(dead.split(":")) != 6:
        raise _invalid(f"DeadLetterConfig.Arn {dead} is not the ARN of a queue.")
    try:
        targets.check(target)
    except targets.TargetError as e:
        raise _invalid(f"{e}.") from e
    policy = target.get("RetryPolicy") or {}
    retries = {
        "MaximumEventAgeInSeconds": policy.get("MaximumEventAgeInSeconds", MAX_AGE_SECONDS),
        "MaximumRetryAttempts": policy.get("MaximumRetryAttempts", MAX_ATTEMPTS),
    }
    given = {name: value for name, value in request.items() if value is not None}
    given.pop("ClientToken", None)
    given |= {name: _aware(given[name]) for name in ("StartDate", "EndDate") if name in given}
    return {
        "ScheduleExpressionTimezone": "UTC",
        "State": "ENABLED",
        "ActionAfterCompletion": "NONE",
        "GroupName": DEFAULT_GROUP,
        **given,
        "Target": {**target, "RetryPolicy": retries},
    }


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plan(schedule: Schedule, moment: datetime) -> None:
    """Find the first time of a schedule that was just made.

    Raises:
        CommonServiceException: ValidationException
    """
    start = schedule.request.get("StartDate")
    once = schedule.request["ScheduleExpression"].startswith("at(")
    if start is not None and not once and start < moment - EARLIEST_START:
        raise _invalid("The StartDate you specify cannot be earlier than 5 minutes ago.")
    try:
        # A rate begins with its first time, the moment itself.
        schedule.plan(moment if once else moment - timedelta(microseconds=1))
    except ExpressionError as e:
        if "time zone" in str(e):
            zone = schedule.request["ScheduleExpressionTimezone"]
            raise _invalid(f"Invalid Schedule Expression Timezone {zone}.") from e
        expression = schedule.request["ScheduleExpression"]
        raise _invalid(f"Invalid Schedule Expression {expression}.") from e


def _page(items: list[Document], request: Document, member: str) -> Document:
    """A page of a list.

    Raises:
        CommonServiceException: ValidationException, NextToken is not from here
    """
    begin = 0
    if token := request.get("NextToken"):
        try:
            begin = int(base64.b64decode(token, validate=True))
        except (ValueError, binascii.Error) as e:
            raise _invalid("Invalid NextToken.") from e
    end = begin + (request.get("MaxResults") or PAGE)
    more = {"NextToken": base64.b64encode(str(end).encode()).decode()}
    return {member: items[begin:end], **(more if end < len(items) else {})}


def _tagged(state: SchedulerState, request: Document) -> str:
    """The ARN of a group; schedules have no tags."""
    arn = str(request["ResourceArn"])
    if arn not in {group.arn for group in state.groups.values()}:
        raise not_found(f"Resource {arn} does not exist.")
    return arn


def _tag(state: SchedulerState, arn: str, tags: list[dict[str, Any]]) -> None:
    merged = {**state.tags.get(arn, {}), **{tag["Key"]: tag["Value"] for tag in tags}}
    if len(merged) > MAX_TAGS:
        raise _invalid(f"A resource has at most {MAX_TAGS} tags, not {len(merged)}.")
    state.tags[arn] = merged


def _invalid(message: str) -> CommonServiceException:
    return aws_error("ValidationException", message)


def _conflict(message: str) -> CommonServiceException:
    return aws_error("ConflictException", message, 409)
