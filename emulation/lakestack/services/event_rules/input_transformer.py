"""Input transformers: values of the event in a template.

Amazon EventBridge User Guide, "Amazon EventBridge input transformation". LocalStack 4.9.2 fails
where a number or a boolean stands within a text, and takes 0 and false for nothing.
"""

from __future__ import annotations

import json
import re
from typing import Any

from localstack.services.events.utils import EventJSONEncoder, is_nested_in_string, to_json_str

from lakestack.services.event_rules.json_paths import NOTHING, at_path

RESERVED = "aws.events."
_PLACEHOLDER = re.compile(r"<(.*?)>")
_ALONE = re.compile(r"<[^<>]*>")


def values_of(transformer: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """The values of the variables of InputPathsMap; no text where a path leads nowhere."""
    paths = transformer.get("InputPathsMap") or {}
    found = {
        name: at_path(event, path) for name, path in paths.items() if not name.startswith(RESERVED)
    }
    return {n: "" if v is NOTHING or v in (None, []) else v for n, v in found.items()}


def filled(template: str, values: dict[str, Any]) -> Any:
    """A template with its values: text where it is quoted, and the value of its JSON otherwise.

    What is neither, such as ``<a> is <b>``, is text as well (our guess).

    Raises:
        ValueError: an object or a list is no JSON any more
    """
    trimmed = template.strip()
    is_text = trimmed.startswith('"')

    def value_at(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        if isinstance(value, str):
            quoted = not is_text and not is_nested_in_string(trimmed, found)
            return json.dumps(value) if quoted else value
        if not isinstance(value, dict | list):
            return json.dumps(value, cls=EventJSONEncoder)
        text: str = to_json_str(value)
        return text.replace('"', "") if is_text else text

    text = _PLACEHOLDER.sub(value_at, trimmed)
    if is_text:
        return text[1:-1].replace("\\n", "\n")
    if trimmed.startswith(("{", "[")) or _ALONE.fullmatch(trimmed):
        return json.loads(text)
    return filled(f'"{template}"', values)
