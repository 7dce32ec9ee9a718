"""Where something stands in a template's text, for errors that name it."""

from __future__ import annotations

import yaml

from lakestack.services.cloudformation.template import node_of


def where(text: str | None, resource: str, path: tuple[str, ...]) -> str:
    """The line of a resource's property as the end of an error: `` (line 12)``.

    Args:
        text: of the template; JSON is read as the YAML that it is
        path: names of the properties down to it

    Returns:
        Empty if the text does not have it, such as where a macro made the resource.
    """
    node = node_of(text) if text else None
    for name in ("Resources", resource, "Properties", *path):
        if isinstance(node, yaml.SequenceNode):
            node = next((n for n in node.value if _member(n, name) is not None), None)
        found = _member(node, name)
        if found is None:
            return ""
        key, node = found
        line = key.start_mark.line + 1
    return f" (line {line})"


def _member(node: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next(((k, v) for k, v in node.value if getattr(k, "value", None) == name), None)
