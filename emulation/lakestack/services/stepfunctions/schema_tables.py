"""Fields of Amazon States Language: where they may stand, and what they may be.

AWS Step Functions Developer Guide, "State machine structure in Amazon States Language", the pages
of the states, "Handling errors in Step Functions workflows", "Choice workflow state" and "Passing
data with variables"; ranges as ValidateStateMachineDefinition answers.
"""

from __future__ import annotations

TYPES = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")
ENDING = ("Succeed", "Fail", "Choice")
"""Types that have neither Next nor End."""

ALL = "States.ALL"
BOTH = "There should only be one of the following fields: [{}]"

MACHINE = ("Comment", "QueryLanguage", "StartAt", "TimeoutSeconds", "Version", "States")
NAMED = ("Type", "Comment", "QueryLanguage")
"""Fields of every state."""

_IN_OUT = ("InputPath", "OutputPath", "Output")
_FLOW = (*_IN_OUT, "Assign", "Next", "End")
_HANDLED = ("ResultPath", "ResultSelector", "Parameters", "Retry", "Catch")
FIELDS = {
    "Pass": (*_FLOW, "Result", "ResultPath", "Parameters"),
    "Task": (
        *(*_FLOW, *_HANDLED, "Arguments", "Resource", "Credentials"),
        *("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"),
    ),
    "Wait": (*_FLOW, "Seconds", "Timestamp", "SecondsPath", "TimestampPath"),
    "Parallel": (*_FLOW, *_HANDLED, "Arguments", "Branches"),
    "Map": (
        *(*_FLOW, *_HANDLED, "ItemProcessor", "Iterator", "ItemsPath", "Items", "ItemSelector"),
        *("ItemReader", "ItemBatcher", "ResultWriter", "MaxConcurrency", "MaxConcurrencyPath"),
        *("ToleratedFailurePercentage", "ToleratedFailurePercentagePath", "Label"),
        *("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ),
    "Choice": (*_IN_OUT, "Assign", "Choices", "Default"),
    "Succeed": _IN_OUT,
    "Fail": ("Error", "Cause", "ErrorPath", "CausePath"),
}
REQUIRED = {"Task": ("Resource",), "Choice": ("Choices",), "Parallel": ("Branches",)}
RETRIER = (
    *("ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds"),
    *("JitterStrategy", "Comment"),
)
CATCHER = ("ErrorEquals", "Next", "ResultPath", "Output", "Assign", "Comment")

ALTERNATIVES = {
    "Wait": ("SecondsPath", "Seconds", "TimestampPath", "Timestamp"),
    "Map": ("ItemProcessor", "Iterator"),
}
"""One of these is needed, and only one."""

PAIRS = (
    ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    ("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ("Error", "ErrorPath"),
    ("Cause", "CausePath"),
    ("Next", "End"),
)

LANGUAGES = ("JSONPath", "JSONata")
JSONATA_ONLY = ("Arguments", "Output", "Items")
JSONPATH_ONLY = (
    *("InputPath", "OutputPath", "ResultPath", "ResultSelector", "Parameters", "ItemsPath"),
    *("SecondsPath", "TimestampPath", "TimeoutSecondsPath", "HeartbeatSecondsPath", "ErrorPath"),
    *("CausePath", "MaxConcurrencyPath", "ToleratedFailurePercentagePath"),
    "ToleratedFailureCountPath",
)

CHOSEN = ("And", "Or", "Not", "Variable", "Condition")
_ORDERS = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")
COMPARISONS = (
    *(
        f"{kind}{order}{path}"
        for kind in ("String", "Numeric", "Timestamp")
        for order in _ORDERS
        for path in ("", "Path")
    ),
    *("BooleanEquals", "BooleanEqualsPath", "StringMatches"),
    *("IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"),
)

_STRING, _OBJECT, _ARRAY = ((str,), "String"), ((dict,), "Object"), ((list,), "Array")
_INTEGER, _NUMBER = ((int,), "Integer"), ((int, float), "Number")
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    **dict.fromkeys(("Comment", "StartAt", "Next", "Default", "Resource", "Version"), _STRING),
    **dict.fromkeys(("QueryLanguage", "Timestamp", "Label", "JitterStrategy", "Mode"), _STRING),
    **dict.fromkeys(("ExecutionType",), _STRING),
    **dict.fromkeys(("States", "ItemProcessor", "Iterator", "ProcessorConfig"), _OBJECT),
    **dict.fromkeys(("ItemReader", "ItemBatcher", "ResultWriter", "Assign"), _OBJECT),
    **dict.fromkeys(("Choices", "Branches", "Retry", "Catch", "ErrorEquals"), _ARRAY),
    **dict.fromkeys(("TimeoutSeconds", "HeartbeatSeconds", "Seconds", "MaxConcurrency"), _INTEGER),
    **dict.fromkeys(("ToleratedFailureCount", "IntervalSeconds", "MaxAttempts"), _INTEGER),
    "MaxDelaySeconds": _INTEGER,
    **dict.fromkeys(("BackoffRate", "ToleratedFailurePercentage"), _NUMBER),
    "End": ((bool,), "Boolean"),
}
"""What the value of a field is, and AWS's name of it; that of some is our guess."""

VALUES = {
    "Version": ("1.0",),
    "QueryLanguage": LANGUAGES,
    "JitterStrategy": ("NONE", "FULL"),
    "Mode": ("INLINE", "DISTRIBUTED"),
    "ExecutionType": ("STANDARD", "EXPRESS"),
}
LEAST: dict[str, float] = {
    **dict.fromkeys(("TimeoutSeconds", "HeartbeatSeconds", "BackoffRate", "MaxDelaySeconds"), 1),
    **dict.fromkeys(("Seconds", "MaxConcurrency", "MaxAttempts"), 0),
    **dict.fromkeys(("ToleratedFailureCount", "IntervalSeconds"), 0),
    "ToleratedFailurePercentage": 0.0,
}
MOST: dict[str, float] = {
    **dict.fromkeys(("TimeoutSeconds", "HeartbeatSeconds", "Seconds", "MaxAttempts"), 99999999),
    "MaxDelaySeconds": 31622400,
    "ToleratedFailurePercentage": 100.0,
}
COUNTED = ("Choices", "Branches", "ErrorEquals")
"""What may not be empty."""
