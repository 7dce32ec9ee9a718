"""CloudWatch metrics of the services, collected for a moment and put together."""

from lakestack.services.metrics.collector import COLLECTOR, Collector, Kind

__all__ = ["COLLECTOR", "Collector", "Kind"]
