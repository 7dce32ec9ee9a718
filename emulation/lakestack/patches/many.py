"""Modules and methods that all get the same change: `register` declares it once for each."""

from __future__ import annotations

_INVOCATION = "localstack.services.lambda_.invocation"

STEADY: dict[str, tuple[str, ...]] = {
    "localstack.utils.scheduler": ("time",),
    "localstack.services.sqs.models": ("time", "datetime"),
    "localstack.services.sqs.queue": ("time",),
    "localstack.services.sqs.provider": ("time",),
    f"{_INVOCATION}.event_manager": ("time", "datetime"),
    f"{_INVOCATION}.lambda_service": ("datetime",),
}
"""Modules of LocalStack that measure by our steady clock, and what of theirs is replaced."""

PATTERNS = (
    "localstack.services.apigateway.legacy.helpers",  # selection patterns
    "localstack.services.apigateway.next_gen.execute_api.handlers.integration_response",
    "localstack.services.events.event_rule_engine",  # wildcards of events, also of mappings
    "localstack.services.s3.cors",  # allowed origins
    "moto.core.utils",  # names with * and ?
    "moto.events.models",  # name prefixes
    "moto.glue.models",  # GetTables
    "moto.glue.utils",  # LIKE of GetPartitions
    "moto.iam.access_control",
    "moto.s3.utils",
    "moto.sqs.models",
)
"""Modules of LocalStack and moto that run patterns of clients."""

LOG_READS = (
    *("describe_log_groups", "describe_log_streams", "filter_log_events", "get_log_events"),
    *("create_log_group", "ensure_log_group", "delete_log_group"),
    *("create_log_stream", "delete_log_stream"),
)
"""Methods of moto's `LogsBackend` that walk over groups and streams, or add and remove them."""
