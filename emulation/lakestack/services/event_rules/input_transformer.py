"""Input transformers: values of the event in a template.

Amazon EventBridge User Guide, "Amazon EventBridge input transformation". LocalStack 4.9.2 fails
where a number or a boolean stands within a text, and takes 0 and false for nothing.
"""

from __future__ import annotations

import json
import re
from typing import Any

from localstack.services.events.utils import EventJSONEncoder, is_nested_in_string, to_json_str
from localstack.utils.json import extract_jsonpath

RESERVED = "aws.events."
_PLACEHOLDER = re.compile(r"<(.*?)>")


def values_of(transformer: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
    """The values of the variables of InputPathsMap; no text where a path leads nowhere."""
    paths = transformer.get("InputPathsMap") or {}
    found = {
        name: extract_jsonpath(event, path)
        for name, path in paths.items()
        if not name.startswith(RESERVED)
    }
    # LocalStack's answer for nothing is an empty list.
    return {name: "" if value in (None, []) else value for name, value in found.items()}


def filled(template: str, values: dict[str, Any], is_json_template: bool) -> Any:
    """A template with its values: the document where it is one of JSON, text otherwise.

    Raises:
        ValueError: it is no JSON any more
    """

    def value_at(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        if isinstance(value, str):
            quoted = is_json_template and not is_nested_in_string(template, found)
            return json.dumps(value) if quoted else value
        if not isinstance(value, dict | list):
            return json.dumps(value, cls=EventJSONEncoder)
        text: str = to_json_str(value)
        return text if is_json_template else text.replace('"', "")

    text = _PLACEHOLDER.sub(value_at, template).replace("\\n", "\n")
    return json.loads(text) if is_json_template else text[1:-1]
