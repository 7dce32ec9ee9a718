"""CloudWatch metrics of rules.

Amazon EventBridge User Guide, "Monitoring Amazon EventBridge".
"""

from __future__ import annotations

from lakestack.services.event_rules.event import Delivery
from lakestack.services.metrics import COLLECTOR, Kind

NAMESPACE = "AWS/Events"


def triggered(account: str, region: str, rule: str) -> None:
    """An event has met a rule, or its schedule has."""
    COLLECTOR.add(_kind(account, region, rule, "TriggeredRules"), 1)


def invoked(delivery: Delivery, ended: int, failed: int) -> None:
    """So many events will not be sent again, of which so many have not arrived."""
    for name, value in (("Invocations", ended), ("FailedInvocations", failed)):
        if value:
            kind = _kind(delivery.account, delivery.region, delivery.rule_name, name)
            COLLECTOR.add(kind, value)


def given_up(delivery: Delivery, *, sent: bool) -> None:
    """An event with a dead-letter queue was given up.

    Args:
        sent: whether the queue has it
    """
    name = "InvocationsSentToDlq" if sent else "InvocationsFailedToBeSentToDlq"
    COLLECTOR.add(_kind(delivery.account, delivery.region, delivery.rule_name, name), 1)


def _kind(account: str, region: str, rule: str, metric: str) -> Kind:
    return Kind(account, region, NAMESPACE, (("RuleName", rule),), metric, "Count")
