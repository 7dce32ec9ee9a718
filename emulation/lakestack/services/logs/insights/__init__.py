"""CloudWatch Logs Insights: queries over the events that log groups hold.

`lexer` cuts a query into tokens, `expressions` reads fields, operators and functions, `aggregates`
those of ``stats``, `commands` the commands, `events` makes the fields of an event, and `queries` is
the API. Source: Amazon CloudWatch Logs User Guide, "CloudWatch Logs Insights query syntax".
"""
