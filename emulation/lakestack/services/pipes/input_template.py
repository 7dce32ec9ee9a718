"""Input templates: text or JSON with ``<$.path>`` and ``<aws.pipes.…>`` in it.

Amazon EventBridge User Guide, "Amazon EventBridge Pipes input transformation". A template that
begins as a JSON document is one: a variable becomes JSON in it, or text within quotes. In other
templates a variable becomes text. Where a path leads nowhere there is ``null``, or no text (our
guess).
"""

from __future__ import annotations

import json
import re
from typing import Any

from lakestack.services.pipes.event_values import MISSING, PATH, decoded, text_of, value_at

RESERVED = (
    "aws.pipes.pipe-arn",
    "aws.pipes.pipe-name",
    "aws.pipes.source-arn",
    "aws.pipes.enrichment-arn",
    "aws.pipes.target-arn",
    "aws.pipes.event.ingestion-time",
    "aws.pipes.event",
    "aws.pipes.event.json",
)
_VARIABLE = re.compile(r"<(\$[^<>\s\"]*|aws\.pipes\.[^<>\s\"]*)>")
_OPEN = re.compile(r"<(?:\$|aws\.pipes\.)[^>]{0,40}")
"""How a variable begins."""


class TemplateError(ValueError):
    """A template that cannot be filled; the text says why."""


def check(template: str) -> None:
    """Check a template when its pipe is made.

    Raises:
        TemplateError: a variable is none of ours, or does not end
    """
    for name in _VARIABLE.findall(template):
        if name not in RESERVED and not PATH.fullmatch(name):
            raise TemplateError(
                f"<{name}> is not a variable; valid: <$.path.to[0].value>, "
                f"{', '.join(f'<{each}>' for each in RESERVED)}"
            )
    if left := _OPEN.search(_VARIABLE.sub("", template)):
        raise TemplateError(f"{left[0]} begins a variable that does not end; valid: <$.path.to>")


def render(template: str, event: Any, reserved: dict[str, str]) -> str:
    """Fill a template.

    Args:
        event: as received; what is encoded in it is read here
        reserved: values of the reserved variables but for the event itself
    """
    read = decoded(event)
    is_json = template.lstrip()[:1] in ("{", "[", '"')
    parts, at, quoted = list[str](), 0, False
    for found in _VARIABLE.finditer(template):
        between = template[at : found.start()]
        quoted = _quoted_after(between, quoted) if is_json else False
        value = _value(found[1], event, read, reserved)
        parts += [between, _placed(value, is_json=is_json, quoted=quoted)]
        at = found.end()
    return "".join([*parts, template[at:]])


def _value(name: str, event: Any, read: Any, reserved: dict[str, str]) -> Any:
    if name == "aws.pipes.event":
        return event
    if name == "aws.pipes.event.json":
        return read
    if name.startswith("$"):
        return value_at(read, name)
    return reserved.get(name, MISSING)


def _placed(value: Any, *, is_json: bool, quoted: bool) -> str:
    if is_json and not quoted:
        return "null" if value is MISSING else json.dumps(value)
    text = "" if value is MISSING else text_of(value)
    return json.dumps(text)[1:-1] if quoted else text


def _quoted_after(text: str, quoted: bool) -> bool:
    """Whether a text of JSON ends within quotes, given whether it began so."""
    escaped = False
    for letter in text:
        if escaped:
            escaped = False
        elif letter == "\\" and quoted:
            escaped = True
        elif letter == '"':
            quoted = not quoted
    return quoted
