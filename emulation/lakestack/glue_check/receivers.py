"""What the names of a script stand for, as far as its text says so."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from lakestack.services.glue.runtime.awsglue.coverage.frames import DYNAMIC_FRAME, TRANSFORMS

__all__ = ["Receivers", "dotted"]

CLIENT = "boto3.client('glue')"
_CLASSES = ("DynamicFrameCollection", "EntityDetector", "GlueContext", "Job")
_CONTEXTS = ("gluecontext", "glue_context", "glue_ctx", "gluectx")
_COLLECTIONS = ("FlatMap", "MapToCollection", "Relationalize", "SplitFields", "SplitRows")
_NO_FRAMES = (
    "assertErrorThreshold", "count", "errorsCount", "getNumPartitions", "printSchema", "schema",
    "show", "stageErrorsCount", "toDF",
)  # fmt: skip
_OF_FRAMES = {"relationalize", "split_fields", "split_rows"}
_READERS = ("create_dynamic_frame_from_", "create_sample_dynamic_frame_from_")
_PASSES = 3


def dotted(node: ast.expr) -> str:
    """``a.b.c`` of names and attributes, with ``()`` for a call within; "" of anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return f"{before}.{node.attr}" if before else f"?.{node.attr}"
    if isinstance(node, ast.Call):
        return f"{dotted(node.func)}()"
    return ""


class Receivers:
    """The class on AWS of expressions: ``GlueContext``, ``DynamicFrame`` and so on.

    A name stands for a class when everything that the script gives it is of that class; attributes
    go by their last name (``self.glue`` by ``glue``).

    Args:
        tree: the script
    """

    def __init__(self, tree: ast.AST) -> None:
        self.transforms: dict[str, str] = {}
        self._aliases: dict[str, str] = {}
        self._modules = {"transforms"}
        self._kinds: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                self._import(node)
            elif isinstance(node, ast.Import):
                self._modules.update(
                    each.asname
                    for each in node.names
                    if each.asname and each.name.endswith(".transforms")
                )
            elif isinstance(node, ast.arg) and _is_context(node):
                self._kinds[node.arg] = "GlueContext"
        assigned = list(_assigned(tree))
        for _ in range(_PASSES):
            found: dict[str, set[str]] = {}
            for name, value in assigned:
                found.setdefault(name, set()).add(self.kind(value))
            for name, kinds in found.items():
                if len(kinds) == 1 and (kind := next(iter(kinds))):
                    self._kinds[name] = kind
                else:
                    self._kinds.pop(name, None)

    def _import(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        for each in node.names:
            name = each.asname or each.name
            if module.startswith("awsglue"):
                self._aliases[name] = each.name
                if each.name == "transforms":
                    self._modules.add(name)
            if module.startswith(("awsglue.transforms", "awsglueml", "awsgluedq")):
                if each.name == "*":
                    self.transforms.update({known: known for known in TRANSFORMS})
                else:
                    self.transforms[name] = each.name

    def kind(self, node: ast.expr) -> str:
        """The class of an expression; "" where the text does not say."""
        if isinstance(node, ast.Name):
            return self._kinds.get(node.id, "")
        if isinstance(node, ast.Attribute):
            return self._kinds.get(node.attr, "")
        return self._of_call(node) if isinstance(node, ast.Call) else ""

    def transform(self, function: ast.expr) -> str:
        """The transform whose `apply` a call's function is; "" for others."""
        if not (isinstance(function, ast.Attribute) and function.attr == "apply"):
            return ""
        owner = function.value
        if isinstance(owner, ast.Name):
            return self.transforms.get(owner.id, "")
        if isinstance(owner, ast.Attribute):
            module = dotted(owner.value).rpartition(".")[2]
            return owner.attr if module in self._modules else ""
        return ""

    def _of_call(self, node: ast.Call) -> str:
        function = node.func
        path = dotted(function)
        name = path.rpartition(".")[2]
        made = ""
        if self._aliases.get(path, name) in _CLASSES:
            made = self._aliases.get(path, name)
        elif name == "client" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and first.value == "glue":
                made = CLIENT
        elif transform := self.transform(function):
            made = "DynamicFrameCollection" if transform in _COLLECTIONS else "DynamicFrame"
        elif name == "fromDF" or name.startswith(_READERS) or ".create_dynamic_frame." in path:
            made = "DynamicFrame"
        elif name in ("getSink", "getSource"):
            made = f"Data{name[3:]}"
        elif isinstance(function, ast.Attribute):
            made = self._of_method(self.kind(function.value), name)
        return made

    @staticmethod
    def _of_method(owner: str, name: str) -> str:
        if owner == "DynamicFrame" and name in DYNAMIC_FRAME and name not in _NO_FRAMES:
            return "DynamicFrameCollection" if name in _OF_FRAMES else "DynamicFrame"
        if (owner, name) in (("DynamicFrameCollection", "select"), ("EntityDetector", "detect")):
            return "DynamicFrame"
        return "DynamicFrame" if owner == "DataSource" and name == "getFrame" else ""


def _is_context(node: ast.arg) -> bool:
    annotated = node.annotation is not None and "GlueContext" in ast.unparse(node.annotation)
    return annotated or node.arg.lower() in _CONTEXTS


def _assigned(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        for target in targets:
            if isinstance(target, ast.Name):
                yield target.id, value
            elif isinstance(target, ast.Attribute):
                yield target.attr, value
            elif isinstance(target, ast.Tuple | ast.List):
                for each in target.elts:
                    if isinstance(each, ast.Name):
                        yield each.id, ast.Constant(None)
