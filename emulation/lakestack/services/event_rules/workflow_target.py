"""Workflows of Glue as targets: an event starts one, alone or with others."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException

from lakestack.services.api_destinations.errors import TargetError
from lakestack.services.event_rules.event import Delivery
from lakestack.services.event_rules.target_input import OriginalSender


class WorkflowSender(OriginalSender):
    """Tells Glue of an event.

    AWS Glue Developer Guide, "Starting an AWS Glue workflow with an Amazon EventBridge event":
    the workflow gets the event's id.
    """

    def send(self, delivery: Delivery, document: Any) -> None:  # noqa: ARG002 - a sender
        from lakestack.services.glue.orchestration.notification import notify  # loads all of Glue

        name = self.target["Arn"].rpartition(":workflow/")[2]
        place = self.target_account_id, self.target_region
        try:
            notify(*place, name, str(delivery.event["id"]))
        except CommonServiceException as e:
            gone = e.code == "EntityNotFoundException"
            raise TargetError("NO_RESOURCE" if gone else "INVALID_PARAMETER", e.message) from e

    def send_event(self, event: Any, trace_header: Any) -> None:
        """Not called: LocalStack's way to a target."""
        raise NotImplementedError
