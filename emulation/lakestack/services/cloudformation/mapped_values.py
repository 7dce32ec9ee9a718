"""What an update makes of ``Fn::FindInMap`` whose map or keys are made by functions.

AWS CloudFormation Template Reference, "Fn::FindInMap": Fn::FindInMap and Ref may stand in it.
LocalStack compares old and new template by literal keys, and nothing else.
"""

from __future__ import annotations

import functools
from typing import Any

from localstack.services.cloudformation.engine.v2.change_set_model import (
    ChangeType,
    NodeArray,
    TerminalValue,
    parent_change_type_of,
)

from lakestack import patches

_KEYS = 3


def install() -> None:
    """Compare the whole mapping, or all mappings, where keys or names are not literal."""
    original = patches.original("cloudformation.find_in_map")

    @functools.wraps(original)
    def compared(self: Any, arguments: Any) -> Any:
        given = arguments.array if isinstance(arguments, NodeArray) else []
        literal = all(isinstance(each, TerminalValue) for each in given[:_KEYS])
        if arguments.change_type != ChangeType.UNCHANGED or literal:
            return original(self, arguments)
        name = given[0]
        if isinstance(name, TerminalValue):
            return self._retrieve_mapping(mapping_name=name.value).change_type
        return parent_change_type_of([self._retrieve_mapping(each) for each in _names(self)])

    patches.replace("cloudformation.find_in_map", compared)


def _names(model: Any) -> set[str]:
    templates = (model._before_template, model._after_template)
    return {name for each in templates for name in (each or {}).get("Mappings") or {}}
