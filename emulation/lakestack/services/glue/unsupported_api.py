"""Operations that moto would accept without anything ever happening: refused by name instead."""

from __future__ import annotations

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext, handler

from lakestack.services.base import aws_error


class UnsupportedApi:
    """Development endpoints."""

    @handler("CreateDevEndpoint", expand=False)
    def refuse_create_dev_endpoint(self, context: RequestContext, request: dict[str, Any]) -> Any:  # noqa: ARG002
        raise _refused("Development endpoints", "CreateSession")


def _refused(what: str, instead: str) -> CommonServiceException:
    return aws_error("InvalidInputException", f"{what} are not emulated; use {instead}")
