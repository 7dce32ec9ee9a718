"""Schedule expressions of AWS (`at`, `rate`, `cron`): whoever starts something by the clock."""

from __future__ import annotations

from lakestack.services.schedules.cron import Cron, CronError
from lakestack.services.schedules.expressions import At, Expression, ExpressionError, Rate, parse

__all__ = ["At", "Cron", "CronError", "Expression", "ExpressionError", "Rate", "parse"]
