"""Alarms of CloudWatch that change their state, on the default event bus."""

from __future__ import annotations

import json
from typing import Any

from tests.contract.events.helpers import Aws, Bus

KIND = "CloudWatch Alarm State Change"


def _alarm(aws: Aws, name: str, **more: Any) -> None:
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=50.0,
        TreatMissingData="ignore",  # else the evaluation, which finds no data, sets a state, too
        **more,
    )


def _set(aws: Aws, name: str, state: str, **reason: int) -> None:
    more = {"StateReasonData": json.dumps(reason)} if reason else {}
    aws("cloudwatch").set_alarm_state(
        AlarmName=name, StateValue=state, StateReason=f"now {state}", **more
    )


def test_an_alarm_of_one_metric(aws: Aws, name: str) -> None:
    bus = Bus(aws, {"source": ["aws.cloudwatch"], "detail": {"alarmName": [name]}})
    metric = {"Namespace": "N", "MetricName": "m", "Dimensions": [{"Name": "d", "Value": "v"}]}
    _alarm(aws, name, **metric, Period=300, Statistic="Average", AlarmDescription="too high")
    _set(aws, name, "ALARM", threshold=50)
    _set(aws, name, "ALARM")  # none: it is the state that it was
    _set(aws, name, "OK")
    first, second = sorted(bus.wait(2), key=lambda event: event["detail"]["state"]["value"])
    arn = f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"
    assert (first["detail-type"], first["resources"]) == (KIND, [arn])
    [query] = first["detail"]["configuration"]["metrics"]
    assert first["detail"]["configuration"]["description"] == "too high"
    assert query["returnData"] is True
    assert query["metricStat"] == {
        "metric": {"dimensions": {"d": "v"}, "name": "m", "namespace": "N"},
        "period": 300,
        "stat": "Average",
    }
    state, before = first["detail"]["state"], first["detail"]["previousState"]
    assert (state["value"], state["reason"]) == ("ALARM", "now ALARM")
    assert json.loads(state["reasonData"])["threshold"] == 50
    assert state["timestamp"] >= before["timestamp"]
    assert before["value"] == "INSUFFICIENT_DATA"
    assert second["detail"]["previousState"] == state
    assert second["detail"]["state"]["value"] == "OK"
    assert len(bus.queue.bodies()) == 2


def test_a_composite_alarm_and_one_of_an_expression(aws: Aws, name: str) -> None:
    both = [name, f"{name}-any"]
    bus = Bus(aws, {"detail-type": [KIND], "detail": {"alarmName": both}})
    stat = {"Metric": {"Namespace": "N", "MetricName": "m"}, "Period": 60, "Stat": "Sum"}
    queries = [
        {"Id": "e1", "Expression": "m1 * 2", "Label": "twice", "ReturnData": True},
        {"Id": "m1", "MetricStat": stat, "ReturnData": False},
    ]
    _alarm(aws, name, Metrics=queries)
    arn = f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{name}"
    rule = f'ALARM("{arn}")'
    aws("cloudwatch").put_composite_alarm(AlarmName=both[1], AlarmRule=rule)
    _set(aws, name, "ALARM")
    found = {event["detail"]["alarmName"]: event["detail"] for event in bus.wait(2)}
    assert found[name]["configuration"]["metrics"] == [
        {"expression": "m1 * 2", "id": "e1", "label": "twice", "returnData": True},
        {
            "id": "m1",
            "metricStat": {
                "metric": {"dimensions": {}, "name": "m", "namespace": "N"},
                "period": 60,
                "stat": "Sum",
            },
            "returnData": False,
        },
    ]
    composite = found[both[1]]
    assert composite["configuration"] == {"alarmRule": rule}
    assert composite["state"]["value"] == "ALARM"
    assert json.loads(composite["state"]["reasonData"])["triggeringAlarms"][0]["arn"] == arn
