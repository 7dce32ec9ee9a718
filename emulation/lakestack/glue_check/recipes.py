"""Steps of data preparation recipes: ``DataCleaning.RemoveCombined`` of `recipe_transforms`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lakestack.glue_check.findings import Finding
from lakestack.services.glue.runtime.awsglue.coverage import APPLIED, refused
from lakestack.services.glue.runtime.recipe_transforms import STEPS

__all__ = ["recipe_steps"]

_MODULE = "recipe_transforms"


def recipe_steps(file: str, tree: ast.AST) -> Iterator[Finding]:
    """The steps of a script that imports their module, each once for a line.

    Args:
        file: the script
        tree: its text
    """
    nodes = list(ast.walk(tree))
    if not any(isinstance(n, ast.ImportFrom) and n.module == _MODULE for n in nodes):
        return
    for node in nodes:
        if not (isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute)):
            continue
        group, step = node.value.value, node.value.attr
        if node.attr == "apply" and isinstance(group, ast.Name) and group.id in STEPS:
            known = step in STEPS[group.id]
            entry = APPLIED if known else refused("the same in Spark SQL")
            yield Finding.of(file, node.lineno, "recipe step", f"{group.id}.{step}", entry)
