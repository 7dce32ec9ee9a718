"""Brings events to the targets of rules: each target has a thread while there is something for it.

PutEvents answers before the targets have the events, as on AWS: a target that is slow, or is not
there, holds up nobody but those that come after it to the same target.
"""

from __future__ import annotations

import functools
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from localstack.utils.xray.trace_header import TraceHeader

from lakestack import changes
from lakestack.services.api_destinations.errors import TargetError
from lakestack.services.base import client
from lakestack.services.event_rules import failure, rule_metrics, target_input
from lakestack.services.event_rules.event import Delivery
from lakestack.services.event_rules.queue_target import QueueSender
from lakestack.services.event_rules.state import STORE, WATCH
from lakestack.services.schedules.time import TIME

LOG = logging.getLogger(__name__)

MOST_AT_ONCE = 10
"""Entries of one request to a queue."""

IDLE_SECONDS = 5.0
"""How long a thread waits for another event before it ends."""

Lane = queue.SimpleQueue[Delivery]


class Lanes:
    """The threads, by target.

    Args:
        find: the sender of LocalStack's of a target, None when there is none any more
        now: the time of schedules, by which retries are due
    """

    def __init__(self, find: Callable[[str], Any], now: Callable[[], datetime] = TIME.now) -> None:
        self._find, self._now = find, now
        self._lock = threading.Lock()
        self._lanes: dict[str, Lane] = {}

    def start(self) -> None:
        """Look after what is to be sent again, from now on."""
        WATCH.start(self.look)

    def put(self, delivery: Delivery) -> None:
        """Send an event soon; never waits."""
        with STORE.holding(delivery.account, delivery.region) as state:
            state.deliveries[delivery.id] = delivery
        self._enter(delivery)

    def look(self) -> float:
        """Send again what is due; seconds until the next is."""
        now, wait = self._now(), WATCH.longest
        for state in STORE.states():
            with state.lock:
                waiting = [each for each in state.deliveries.values() if each.due is not None]
                due = [each for each in waiting if each.due is not None and each.due <= now]
                for each in due:
                    each.due = None
                rest = [each.due for each in waiting if each.due is not None]
            for each in due:
                self._enter(each)
            wait = min([wait, *((moment - now).total_seconds() for moment in rest)])
        return wait

    def _enter(self, delivery: Delivery) -> None:
        with self._lock:
            lane = self._lanes.get(delivery.sender)
            if lane is None:
                lane = self._lanes[delivery.sender] = queue.SimpleQueue()
                work = functools.partial(self._work, delivery.sender, lane)
                threading.Thread(
                    target=work, name=f"rule-{delivery.rule_name}", daemon=True
                ).start()
            lane.put(delivery)

    def _work(self, name: str, lane: Lane) -> None:
        while True:
            try:
                batch = [lane.get(timeout=IDLE_SECONDS)]
            except queue.Empty:
                with self._lock:
                    if lane.empty():
                        del self._lanes[name]
                        return
                continue
            while len(batch) < MOST_AT_ONCE:
                try:
                    batch.append(lane.get_nowait())
                except queue.Empty:
                    break
            try:
                self._deliver(batch)
            except Exception:
                LOG.exception("rule %s: %d events", batch[0].rule, len(batch))
            changes.note()

    def _deliver(self, batch: list[Delivery]) -> None:
        first = batch[0]
        state = STORE.get(first.account, first.region)
        with state.lock:
            batch = [each for each in batch if each.id in state.deliveries]  # no reset since
        sender = self._find(first.sender)
        for each in batch:
            each.attempts += 1
        failed = (
            _send(sender, batch)
            if sender is not None
            else {each.id: _no_target(each) for each in batch}
        )
        ended = [
            each
            for each in batch
            if each.id not in failed or self._failed(each, failed[each.id], sender)
        ]
        with state.lock:
            for each in ended:
                state.deliveries.pop(each.id, None)
        rule_metrics.invoked(first, len(ended), len([e for e in ended if e.id in failed]))

    def _failed(self, delivery: Delivery, error: Exception, sender: Any) -> bool:
        """Have an event sent again later, or give it up; whether it was given up."""
        target = sender.target if sender is not None else {"Arn": delivery.target}
        now = self._now()
        condition = failure.given_up(target, delivery, error, now)
        if condition is None:
            pause = failure.pause_before(error, delivery.attempts)
            delivery.due = now + timedelta(seconds=pause)
            WATCH.wake()
            return False
        _give_up(delivery, target, error, condition)
        return True


def _send(sender: Any, batch: Sequence[Delivery]) -> dict[str, Exception]:
    """Send events; what went wrong, by the id of the delivery."""
    for each in batch:
        each.trace = each.trace or TraceHeader().ensure_root_exists()
    if isinstance(sender, QueueSender):
        return sender.send_all(batch)
    failed: dict[str, Exception] = {}
    for each in batch:
        try:
            target_input.send(sender, each)
        except Exception as e:
            failed[each.id] = e
    return failed


def _no_target(delivery: Delivery) -> TargetError:
    return TargetError("NO_RESOURCE", f"{delivery.rule} has no target {delivery.target} any more")


def _give_up(delivery: Delivery, target: dict[str, Any], error: Exception, condition: str) -> None:
    dead = (target.get("DeadLetterConfig") or {}).get("Arn")
    try:
        if not dead:
            raise ValueError("it has no dead-letter queue")
        sqs = client(delivery.account, dead.split(":")[3], "sqs")
        failure.to_dead_letter_queue(sqs, dead, target["Arn"], delivery, error, condition)
        rule_metrics.given_up(delivery, sent=True)
    except Exception as e:
        state = STORE.get(delivery.account, delivery.region)
        with state.lock:
            state.lost += 1
        if dead:
            rule_metrics.given_up(delivery, sent=False)
        LOG.error(
            "rule %s: event %s is lost for target %s after %d attempts: %s; %s",
            *(delivery.rule, delivery.event.get("id"), target["Arn"], delivery.attempts),
            *(error, e),
        )
