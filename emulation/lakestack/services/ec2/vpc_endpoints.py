"""A VPC endpoint whose type nobody names is a gateway.

Amazon EC2 API Reference, "CreateVpcEndpoint": VpcEndpointType is Gateway by default. moto keeps no
type then, and cannot delete the endpoint.
"""

from __future__ import annotations

import functools
from typing import Any

from lakestack import patches

_DEFAULT = "Gateway"


def install() -> None:
    """Give the default before the endpoint is kept, once moto's backend is loaded."""
    patches.replace_on_import("ec2.endpoint_type", _with_default)


def _with_default(original: Any) -> Any:
    @functools.wraps(original)
    def create_vpc_endpoint(
        self: Any,  # by this name: LocalStack passes it as a keyword
        vpc_id: str,
        service_name: str,
        endpoint_type: str | None,
        *more: Any,
        **rest: Any,
    ) -> Any:
        return original(self, vpc_id, service_name, endpoint_type or _DEFAULT, *more, **rest)

    return create_vpc_endpoint
