"""Resources in the old template and in the new one are changed, whatever changes in them.

LocalStack derives what becomes of a resource from what becomes of its parts: one that gets its
first properties counts as created, beside the one that is there, and one that loses its last as
removed.
"""

from __future__ import annotations

import functools
from typing import Any

from localstack.services.cloudformation.engine.v2.change_set_model import ChangeType, is_nothing

from lakestack import patches

_OF_A_WHOLE = (ChangeType.CREATED, ChangeType.REMOVED)


def install() -> None:
    """Correct LocalStack's model of an update while it is made."""
    original = patches.original("cloudformation.kept")

    @functools.wraps(original)
    def visit(
        self: Any, scope: Any, resource_name: str, before_resource: Any, after_resource: Any
    ) -> Any:
        node = original(self, scope, resource_name, before_resource, after_resource)
        if not is_nothing(before_resource) and not is_nothing(after_resource):
            for part in (node, node.properties):
                if part.change_type in _OF_A_WHOLE:
                    part.change_type = ChangeType.MODIFIED
        return node

    patches.replace("cloudformation.kept", visit)
