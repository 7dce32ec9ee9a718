"""CloudWatch metrics of the services, collected for a moment and put together."""

from lakestack.services.metrics.collector import COLLECTOR, Collector, Kind
from lakestack.services.metrics.published import PUBLISHED, Published

__all__ = ["COLLECTOR", "PUBLISHED", "Collector", "Kind", "Published"]
