"""Event patterns that AWS refuses: of rules, archives, pipes and event source mappings.

Amazon EventBridge User Guide, "Creating Amazon EventBridge event patterns" and "Comparison
operators for use in event patterns"; the words are those of AWS's library (aws/event-ruler).
LocalStack 4.9.2 has most of the rules, and does not apply them where a pattern is given.
"""

from __future__ import annotations

import json
from typing import Any

from localstack.services.events.event_rule_engine import EventPatternCompiler

_OR = "$or"
_LIST = "Inside anything but list, "


class PatternError(ValueError):
    """A pattern that is none; the text is AWS's reason."""


def checked(pattern: str) -> dict[str, Any]:
    """Read a pattern.

    Args:
        pattern: JSON

    Raises:
        PatternError: AWS refuses it
    """
    try:
        found = json.loads(pattern)
    except (ValueError, RecursionError) as e:
        raise PatternError("Filter is not valid JSON") from e
    if not isinstance(found, dict):
        raise PatternError("Filter is not an object")
    try:
        _object(found)
        EventPatternCompiler().compile_event_pattern(found)
    except RecursionError as e:
        raise PatternError("Filter is not valid JSON") from e
    except PatternError:
        raise
    except Exception as e:  # LocalStack has its own class for it in each module
        message = getattr(e, "reason", None) or str(e)
        raise PatternError(str(message).rpartition("Reason: ")[2]) from e
    return found


def _object(pattern: dict[str, Any]) -> None:
    if not pattern:
        raise PatternError("Empty objects are not allowed")
    for name, value in pattern.items():
        if name == _OR:
            _alternatives(value)
        elif isinstance(value, dict):
            _object(value)
        elif isinstance(value, list):
            for each in value:
                _condition(each)


def _alternatives(value: Any) -> None:
    if not isinstance(value, list):
        raise PatternError(f"It must be an Array followed with {_OR}.")
    for each in value:
        if not isinstance(each, dict):
            raise PatternError(f"Only JSON object is allowed in array of {_OR} relationship.")
        _object(each)
    if len(value) < 2:
        raise PatternError(f"There must have at least 2 Objects in {_OR} relationship.")


def _condition(value: Any) -> None:
    """A matcher, where LocalStack takes more than AWS."""
    if not isinstance(value, dict):
        return
    if not value:
        raise PatternError("Match expression name not found")
    but = value.get("anything-but")
    if "anything-but" not in value or isinstance(but, dict):
        return
    if isinstance(but, list):
        if any(each is None or isinstance(each, bool | dict | list) for each in but):
            raise PatternError(f"{_LIST}start|null|boolean is not supported.")
        if len({isinstance(each, str) for each in but}) != 1:
            raise PatternError(
                f"{_LIST}either all values are number or string, mixed type is not supported"
            )
    elif but is None or isinstance(but, bool):
        raise PatternError("Value of anything-but must be an array or single string/number value.")
