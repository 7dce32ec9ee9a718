"""API destinations as targets of rules."""

from __future__ import annotations

from typing import Any

from localstack.services.events.target import TargetSender
from localstack.services.events.utils import to_json_str

from lakestack.services.api_destinations.invocation import HttpParameters, invoke


class ApiDestinationSender(TargetSender):
    """Fails where the endpoint has not taken the event; LocalStack logs that and goes on."""

    def send_event(self, event: Any, trace_header: Any) -> None:
        given = self.target.get("HttpParameters") or {}
        header = {"X-Amzn-Trace-Id": trace_header.to_header_str()}
        parameters = HttpParameters(
            given.get("PathParameterValues") or [],
            {**header, **(given.get("HeaderParameters") or {})},
            given.get("QueryStringParameters") or {},
        )
        invoke(self.target["Arn"], to_json_str(event), parameters)
