"""From an event, or a schedule, to the targets of the rules that it meets.

LocalStack 4.9.2 sends to the targets before PutEvents answers, one after another, and what fails is
gone: RetryPolicy and DeadLetterConfig are kept and not used. Rules that are disabled start as well.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from localstack.services.events.target import TargetSenderFactory
from localstack.services.events.utils import is_archive_arn
from localstack.utils.strings import long_uid

from lakestack.services.event_rules import replays, rule_metrics
from lakestack.services.event_rules.event import Delivery
from lakestack.services.event_rules.http_target import ApiDestinationSender, StageSender
from lakestack.services.event_rules.lanes import Lanes
from lakestack.services.event_rules.matching import matches
from lakestack.services.event_rules.queue_target import QueueSender
from lakestack.services.event_rules.service_targets import (
    EventBusSender,
    StateMachineSender,
    StreamSender,
)
from lakestack.services.event_rules.workflow_target import WorkflowSender
from lakestack.services.schedules.time import TIME

Document = dict[str, Any]
SENDERS = {
    "events": EventBusSender,
    "events_api_destination": ApiDestinationSender,
    "execute-api": StageSender,
    "glue": WorkflowSender,
    "kinesis": StreamSender,
    "sqs": QueueSender,
    "states": StateMachineSender,
}
"""Our targets, by LocalStack's name of their kind."""


class Bus:
    """The event buses of all accounts and regions.

    Args:
        provider: LocalStack's EventsProvider
    """

    def __init__(self, provider: Any) -> None:
        self._provider = provider
        self._lanes = Lanes(provider._target_sender_store.get)

    def start(self) -> None:
        """Serve: targets get our senders, and what failed is sent again when it is due."""
        for kind, sender in SENDERS.items():
            TargetSenderFactory.register_target_sender(kind, sender)
        self._lanes.start()

    def offer(self, rule: Any, account: str, region: str, event: Document, trace: Any) -> None:
        """Send an event to the targets of a rule, if it meets the rule's pattern.

        Args:
            rule: LocalStack's
            trace: LocalStack's TraceHeader
        """
        if rule.state == "DISABLED" or not matches(rule.event_pattern, event):
            return
        if (replay := event.get("replay-name")) is not None:
            known = self._provider.get_store(region, account).replays
            if not replays.wants(known.get(replay), rule.arn):
                return
        rule_metrics.triggered(account, region, rule.name)
        for target in list((rule.targets or {}).values()):
            if is_archive_arn(target["Arn"]):
                self._provider._put_to_archive(region, account, target["Id"], event)
            else:
                self._put(rule, account, region, target, event, trace)

    def begin(self, rule: Any, account: str, region: str, moment: datetime) -> None:
        """Send to the targets of a rule what its schedule has come for.

        Args:
            moment: the time of the schedule, which is the event's
        """
        rule_metrics.triggered(account, region, rule.name)
        for target in list((rule.targets or {}).values()):
            event = {
                "version": "0",
                "id": str(long_uid()),
                "detail-type": "Scheduled Event",
                "source": "aws.events",
                "account": account,
                "time": moment.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "region": region,
                "resources": [rule.arn],
                "detail": {},
            }
            self._put(rule, account, region, target, event, None)

    def _put(
        self, rule: Any, account: str, region: str, target: Document, event: Document, trace: Any
    ) -> None:
        self._lanes.put(
            Delivery(
                account=account,
                region=region,
                rule=rule.arn,
                rule_name=rule.name,
                target=target["Id"],
                event=event,
                began=TIME.now(),
                trace=trace,
            )
        )
