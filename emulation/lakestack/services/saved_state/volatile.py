"""What is no state: threads, clients and what is computed from the rest.

It is left out, and `running` or its owner makes it again.
"""

from __future__ import annotations

from typing import Any

_SFN = "localstack.services.stepfunctions.backend.execution"

WITHOUT: dict[str, frozenset[str]] = {
    f"{_SFN}:Execution": frozenset({"exec_worker"}),
    f"{_SFN}:SyncExecution": frozenset({"exec_worker"}),
    "moto.config.models:ConfigBackend": frozenset({"config_schema"}),
    "moto.ec2.models.subnets:Subnet": frozenset({"_subnet_ip_generator"}),
}
"""Attributes, by class; a backend's are those of a new one, others are None."""

REMADE = frozenset({"localstack.services.sqs.models:SqsQueue.default_attributes.<locals>.<lambda>"})
"""Functions."""


def of(thing: Any) -> frozenset[str]:
    """The attributes of a thing that are left out."""
    kind = type(thing)
    return WITHOUT.get(f"{kind.__module__}:{kind.__qualname__}", frozenset())
