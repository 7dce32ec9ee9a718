"""What a target gets of an event: any JSON value, by its Input, InputPath or InputTransformer.

Amazon EventBridge API Reference, "Target". LocalStack 4.9.2 sends nothing where that is ``{}``, 0,
false or an empty text, and some of its senders take it for the event itself.
"""

from __future__ import annotations

import json
import logging
from abc import abstractmethod
from typing import Any

from localstack.services.events.target import TargetSender

from lakestack.services.event_rules import input_transformer
from lakestack.services.event_rules.event import Delivery
from lakestack.services.event_rules.json_paths import NOTHING, at_path

LOG = logging.getLogger(__name__)


class OriginalSender(TargetSender):
    """A sender that needs the event itself besides what the target gets of it."""

    @abstractmethod
    def send(self, delivery: Delivery, document: Any) -> None:
        """Send to the target.

        Args:
            delivery: has the event that met the rule
            document: what the target gets: a JSON value
        """


def send(sender: Any, delivery: Delivery) -> None:
    """Send an event to a target, in the target's form of it.

    Args:
        sender: LocalStack's of the target, or ours

    Raises:
        Exception: what the target answers; ValueError where a template gives no JSON
    """
    document = input_of(sender, delivery)
    if document is NOTHING:
        return
    if isinstance(sender, OriginalSender):
        sender.send(delivery, document)
    else:
        sender.send_event(document, delivery.trace)


def input_of(sender: Any, delivery: Delivery) -> Any:
    """What a target gets: a JSON value, or `NOTHING` where its InputPath leads nowhere.

    That nothing is sent then is our guess.

    Raises:
        ValueError: a template gives no JSON
    """
    target, event = sender.target, delivery.shown()
    if (text := target.get("Input")) is not None:
        return json.loads(text)
    if (path := target.get("InputPath")) is not None:
        found = at_path(event, path)
        if found is NOTHING:
            LOG.info("rule %s: nothing at %s for target %s", delivery.rule, path, target["Id"])
        return found
    if transformer := target.get("InputTransformer"):
        values = input_transformer.values_of(transformer, event)
        values |= sender._get_predefined_template_replacements(event)
        return input_transformer.filled(transformer["InputTemplate"], values)
    return event
