"""The calls of a script: methods of Glue's objects, transforms, sources and sinks."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from lakestack.glue_check.entity_types import entity_types
from lakestack.glue_check.findings import Finding, Verdict
from lakestack.glue_check.receivers import CLIENT, Receivers, dotted
from lakestack.glue_check.sources import Endpoint, Sides
from lakestack.glue_check.values import UNKNOWN, Constants
from lakestack.services.glue.runtime.awsglue.coverage import APPLIED, Entry
from lakestack.services.glue.runtime.awsglue.coverage.context import CLASSES, CONTEXT
from lakestack.services.glue.runtime.awsglue.coverage.frames import (
    BASE,
    DYNAMIC_FRAME,
    TRANSFORMS,
)

__all__ = ["Calls"]

_OF_SPARK_TOO = {
    "coalesce", "count", "filter", "getNumPartitions", "join", "map", "printSchema", "repartition",
    "schema", "show", "toDF", "union", "write",
}  # fmt: skip
_READER = (
    "database", "table_name", "redshift_tmp_dir", "transformation_ctx", "push_down_predicate",
    "additional_options", "catalog_id",
)  # fmt: skip
_FROM_OPTIONS = (
    "connection_type", "connection_options", "format", "format_options", "transformation_ctx",
)  # fmt: skip
_WRITE_CATALOG = (
    "frame", "database", "table_name", "redshift_tmp_dir", "transformation_ctx",
    "additional_options", "catalog_id",
)  # fmt: skip
_JDBC_CONF = ("frame", "catalog_connection", "connection_options", "redshift_tmp_dir")
_SIDES = ("create_dynamic_frame", "create_data_frame", "write_dynamic_frame", "write_data_frame")
_OWN_SINK = ("connection_type", "format", "transformation_ctx")


class Calls:
    """Finds the calls of one script.

    Args:
        file: its name, for the findings
        tree: its text, parsed
    """

    def __init__(self, file: str, tree: ast.AST) -> None:
        self._file, self._tree = file, tree
        self._constants, self._receivers = Constants(tree), Receivers(tree)
        self.operations: dict[str, int] = {}
        """Methods of a client of the Glue API, and the line where one is first called."""

    def findings(self) -> Iterator[Finding]:
        """All that the script's calls use."""
        for node in ast.walk(self._tree):
            if isinstance(node, ast.Call):
                yield from self._of_call(node)
            elif isinstance(node, ast.Attribute):
                yield from self._of_attribute(node)

    def _of_attribute(self, node: ast.Attribute) -> Iterator[Finding]:
        """Java classes by ``_jvm``."""
        path = dotted(node)
        before, found, name = path.rpartition("._jvm.")
        if found and not before.count("_jvm") and name[:1] and "()" not in name:
            from lakestack.services.glue.runtime.awsglue.jvm_classes import is_missing

            if is_missing(name):
                note = "a class of AWS's own library"
                yield self._found(node, "Java class", name, Verdict.REFUSED, note)

    def _of_call(self, node: ast.Call) -> Iterator[Finding]:
        function = node.func
        if not isinstance(function, ast.Attribute):
            return
        if transform := self._receivers.transform(function):
            yield from self._transform(node, transform)
            return
        side, name = self._side(function)
        if side:
            entry = CLASSES[side].get(name)
            if entry is not None:
                yield self._row(node, "call", f"{side}.{name}", entry)
                yield from self._endpoint(node, side, name)
            return
        owner = self._receivers.kind(function.value)
        if owner == CLIENT:
            self.operations.setdefault(name, node.lineno)
            return
        if owner == "EntityDetector":
            given = self._arguments(node, ("frame", "entityTypesToDetect"))
            yield from entity_types(self._file, node.lineno, given.get("entityTypesToDetect"))
            return
        yield from self._method(node, owner, name)

    def _side(self, function: ast.Attribute) -> tuple[str, str]:
        """A reader or writer and its method, in any spelling: ``create_dynamic_frame.from_…``."""
        if isinstance(function.value, ast.Attribute) and function.value.attr in _SIDES:
            return function.value.attr, function.attr
        for side in _SIDES:
            if function.attr.startswith(f"{side}_from_"):
                return side, function.attr.removeprefix(f"{side}_")
        return "", function.attr

    def _transform(self, node: ast.Call, name: str) -> Iterator[Finding]:
        if name in TRANSFORMS:
            yield self._row(node, "transform", name, TRANSFORMS[name])
            thresholds = self._arguments(node, ())
            yield from self._thresholds(node, thresholds)

    def _thresholds(self, node: ast.Call, given: Mapping[str, Any]) -> Iterator[Finding]:
        for name in ("stageThreshold", "totalThreshold"):
            if given.get(name) not in (None, 0, UNKNOWN):
                yield self._row(node, "option", name, APPLIED)

    def _method(self, node: ast.Call, owner: str, name: str) -> Iterator[Finding]:
        if owner in CLASSES:
            entry = CLASSES[owner].get(name)
            if entry is None and owner == "DynamicFrame" and not name.startswith(("_", "gs_")):
                note = "AWS documents no such method; a module may add one"
                yield self._found(node, "call", f"{owner}.{name}", Verdict.RUN_TIME, note)
        else:
            entry = CONTEXT.get(name)
            owner = "GlueContext" if entry else "DynamicFrame"
            if entry is None and name not in _OF_SPARK_TOO:
                entry = DYNAMIC_FRAME.get(name)
        if entry is None or name in BASE:
            return
        yield self._row(node, "call", f"{owner}.{name}", entry)
        given = self._arguments(node, ())
        if name in ("getSink", "getSource"):
            yield from self._sink(node, name)
        elif name == "setFormat":
            yield from self._set_format(node, owner)
        elif name in ("create_sample_dynamic_frame_from_options", "write_from_options"):
            yield from self._endpoint(node, _SIDES[2 * name.startswith("write")], "from_options")
        else:
            yield from self._thresholds(node, given)

    def _endpoint(self, node: ast.Call, side: str, method: str) -> Iterator[Finding]:
        writes = side.startswith("write")
        order = {
            "from_options": (("frame",) if writes else ()) + _FROM_OPTIONS,
            "from_catalog": _WRITE_CATALOG if writes else _READER,
            "from_jdbc_conf": _JDBC_CONF,
        }.get(method)
        if order is None:
            return
        given = self._arguments(node, order)
        named = Endpoint(
            self._file,
            node.lineno,
            Sides.SINK if writes else Sides.SOURCE,
            streams=side == "create_data_frame",
        )
        if method == "from_options":
            yield from named.of_options(given)
        elif method == "from_catalog":
            options = given.get("additional_options", {})
            yield from named.of_catalog(options)
        else:
            yield from named.of_jdbc(given.get("connection_options", {}))

    def _sink(self, node: ast.Call, name: str) -> Iterator[Finding]:
        given = self._arguments(node, _OWN_SINK)
        known = {key: value for key, value in given.items() if key in _OWN_SINK}
        options = {key: value for key, value in given.items() if key not in _OWN_SINK}
        side = Sides.SINK if name == "getSink" else Sides.SOURCE
        yield from Endpoint(self._file, node.lineno, side).of_options(
            {**known, "connection_options": options}
        )

    def _set_format(self, node: ast.Call, owner: str) -> Iterator[Finding]:
        given = self._arguments(node, ("format",))
        side = Sides.SOURCE if owner == "DataSource" else Sides.SINK
        options = {key: value for key, value in given.items() if key != "format"}
        yield from Endpoint(self._file, node.lineno, side).of_format(given.get("format"), options)

    def _arguments(self, node: ast.Call, order: tuple[str, ...]) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for name, argument in zip(order, node.args, strict=False):
            if isinstance(argument, ast.Starred):
                break
            found[name] = self._constants.value(argument)
        for keyword in node.keywords:
            value = self._constants.value(keyword.value)
            if keyword.arg is not None:
                found[keyword.arg] = value
            elif isinstance(value, dict):  # **options
                found.update(value)
            else:
                found[UNKNOWN] = UNKNOWN
        return found

    def _row(self, node: ast.expr, kind: str, name: str, entry: Entry) -> Finding:
        return Finding.of(self._file, node.lineno, kind, name, entry)

    def _found(
        self, node: ast.expr, kind: str, name: str, verdict: Verdict, note: str = ""
    ) -> Finding:
        return Finding(self._file, node.lineno, kind, name, verdict, note)
