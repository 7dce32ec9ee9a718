"""DynamoDB: LocalStack's provider over DynamoDB Local, or over moto where that cannot run."""

from __future__ import annotations

from typing import Any

from localstack.services.dynamodb.provider import DynamoDBProvider
from localstack.services.plugins import Service

from emulation.services.base import moto_provider_table
from emulation.services.dynamodb import access, engine


class MotoDynamodbProvider:
    """Every operation answered by moto."""

    service = "dynamodb"


def create_service() -> Service:
    """Return the DynamoDB service that this machine can run."""
    if not engine.available():
        return Service.for_provider(
            MotoDynamodbProvider(), dispatch_table_factory=moto_provider_table
        )
    from localstack.aws.forwarder import HttpFallbackDispatcher

    access.install()

    def table(provider: Any) -> Any:
        return HttpFallbackDispatcher(provider, provider.get_forward_url)

    return Service.for_provider(DynamoDBProvider(), dispatch_table_factory=table)
