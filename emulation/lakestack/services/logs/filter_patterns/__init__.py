"""Filter patterns of CloudWatch Logs, for events that are read, forwarded and counted.

Amazon CloudWatch Logs User Guide, "Filter pattern syntax for metric filters, subscription filters,
filter log events, and Live Tail".
"""

from lakestack.services.logs.filter_patterns.compiled import FilterPattern, compile_filter
from lakestack.services.logs.filter_patterns.values import Match

__all__ = ["FilterPattern", "Match", "compile_filter"]
