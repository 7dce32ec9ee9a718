"""Alarms that change their state, on EventBridge.

Amazon CloudWatch User Guide, "Alarm events and EventBridge".
"""

from __future__ import annotations

import functools
import uuid
from datetime import UTC, datetime
from typing import Any

from lakestack import patches
from lakestack.services import state_events
from lakestack.services.state_events import types

Document = dict[str, Any]

_SUPPRESSION = {
    "actionsSuppressor": "ActionsSuppressor",
    "actionsSuppressorWaitPeriod": "ActionsSuppressorWaitPeriod",
    "actionsSuppressorExtensionPeriod": "ActionsSuppressorExtensionPeriod",
}
_METRIC_IDS = uuid.UUID("3d0f3a55-5a0c-4a52-8a35-0f6e1b0c7a11")
"""The namespace of the ids that the single metric of an alarm gets in events."""


def install() -> None:
    """Publish each change that LocalStack's CloudWatch keeps for DescribeAlarmHistory."""
    patches.replace_on_import("cloudwatch.alarm_state", _update_state)


def _update_state(original: Any) -> Any:
    @functools.wraps(original)
    def update_state(self: Any, context: Any, alarm: Any, *given: Any, **named: Any) -> None:
        before = dict(alarm.alarm)
        original(self, context, alarm, *given, **named)
        publish(alarm.account_id, alarm.region, before, alarm.alarm)

    return update_state


def publish(account: str, region: str, before: Document, after: Document) -> None:
    """Publish a change of an alarm's state.

    Args:
        before: MetricAlarm or CompositeAlarm structure of the API
        after: the same alarm, with its new state
    """
    detail = {
        "alarmName": after["AlarmName"],
        "configuration": configuration(after),
        "previousState": _state(before),
        "state": _state(after),
    }
    state_events.publish(types.CLOUDWATCH_ALARM, account, region, detail, [after["AlarmArn"]])


def configuration(alarm: Document) -> Document:
    """What an alarm looks at: its metrics, or the rule of a composite one.

    Args:
        alarm: MetricAlarm or CompositeAlarm structure of the API
    """
    found: Document = {}
    if "AlarmRule" in alarm:
        found["alarmRule"] = alarm["AlarmRule"]
        found |= {name: alarm[key] for name, key in _SUPPRESSION.items() if key in alarm}
    else:
        found["metrics"] = [_query(query) for query in alarm.get("Metrics") or [_single(alarm)]]
    if alarm.get("AlarmDescription"):
        found["description"] = alarm["AlarmDescription"]
    return found


def _single(alarm: Document) -> Document:
    """The only metric of an alarm, as MetricDataQuery."""
    names = ("Namespace", "MetricName", "Dimensions")
    stat = alarm.get("Statistic") or alarm.get("ExtendedStatistic")
    return {
        "Id": str(uuid.uuid5(_METRIC_IDS, alarm["AlarmArn"])),
        "MetricStat": {
            "Metric": {name: alarm[name] for name in names if name in alarm},
            "Period": alarm.get("Period"),
            "Stat": stat,
            "Unit": alarm.get("Unit"),
        },
    }


def _query(query: Document) -> Document:
    """A MetricDataQuery, in the form of events; ReturnData is true by default."""
    found: Document = {"id": query["Id"]}
    if given := query.get("MetricStat"):
        metric = given["Metric"]
        dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or []}
        stat = {
            "metric": {
                "dimensions": dimensions,
                "name": metric.get("MetricName"),
                "namespace": metric.get("Namespace"),
            },
            "period": given.get("Period"),
            "stat": given.get("Stat"),
            "unit": given.get("Unit"),
        }
        found["metricStat"] = {name: value for name, value in stat.items() if value is not None}
    for name, key in (("expression", "Expression"), ("label", "Label"), ("period", "Period")):
        if query.get(key) is not None:
            found[name] = query[key]
    found["returnData"] = query.get("ReturnData", True)
    return found


def _state(alarm: Document) -> Document:
    """The state of an alarm; reasonData, where there is some, is the text of a JSON document."""
    found = {
        "reason": alarm.get("StateReason") or "",
        "timestamp": _time(alarm["StateUpdatedTimestamp"]),
        "value": str(alarm["StateValue"]),
    }
    if alarm.get("StateReasonData"):
        found["reasonData"] = alarm["StateReasonData"]
    return found


def _time(moment: datetime) -> str:
    """A time to the millisecond; LocalStack's without a zone is of this machine's."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03}+0000"
