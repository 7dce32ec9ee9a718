"""Which metrics CloudWatch takes, beyond the constraints of its model.

Amazon CloudWatch API Reference, "PutMetricData" and "MetricDatum". The message for a reserved
namespace is the one that clients of AWS report; those for values and resolutions have its form.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from localstack.aws.api import CommonServiceException
from localstack.aws.api.cloudwatch import InvalidParameterValueException

Document = dict[str, Any]

RESERVED = "AWS/"
LARGEST = 2.0**360
"""Of a value, either sign."""

_RESOLUTIONS = (1, 60)


def refusal(request: Document) -> CommonServiceException | InvalidParameterValueException | None:
    """What is wrong with a PutMetricData, whoever sends it; None if nothing is.

    Args:
        request: API "PutMetricData"
    """
    data = request.get("MetricData") or ()
    if not data and not request.get("EntityMetricData"):
        return CommonServiceException(
            "MissingParameter", "The parameter MetricData is required.", sender_fault=True
        )
    for number, datum in enumerate(data, 1):
        here = f"MetricData.member.{number}"
        for name, value in _values(datum):
            if not -LARGEST <= value <= LARGEST:  # nor is NaN
                return _invalid(value, f"{here}.{name}")
        resolution = datum.get("StorageResolution")
        if resolution is not None and resolution not in _RESOLUTIONS:
            return _invalid(resolution, f"{here}.StorageResolution")
    return None


def reserved_namespace(request: Document) -> InvalidParameterValueException | None:
    """Only AWS's own services publish in its namespaces.

    Args:
        request: API "PutMetricData"
    """
    if not str(request.get("Namespace") or "").startswith(RESERVED):
        return None
    return _invalid(RESERVED, "Namespace")


def _values(datum: Document) -> Iterator[tuple[str, float]]:
    if datum.get("Value") is not None:
        yield "Value", datum["Value"]
    for number, value in enumerate(datum.get("Values") or (), 1):
        yield f"Values.member.{number}", value
    for name, value in (datum.get("StatisticValues") or {}).items():
        if value is not None:
            yield f"StatisticValues.{name}", value


def _invalid(value: Any, parameter: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(
        f"The value {value} for parameter {parameter} is invalid."
    )
