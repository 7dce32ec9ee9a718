"""Intrinsic functions where LocalStack's engine differs from AWS.

AWS CloudFormation User Guide, "Intrinsic function reference" and "Get AWS values using pseudo
parameters".
"""

from __future__ import annotations

import json
import re
from typing import Any

from localstack.services.cloudformation.engine.v2.change_set_model import Nothing, is_nothing
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    PreprocEntityDelta,
    PreprocResource,
)
from localstack.services.cloudformation.engine.validations import ValidationError

from lakestack.services.cloudformation import dynamic_references
from lakestack.services.cloudformation.cidr import cidr_blocks
from lakestack.services.cloudformation.parameter_values import of_type
from lakestack.services.cloudformation.static_values import joined, length, same
from lakestack.services.cloudformation.template import as_text

_VARIABLE = re.compile(r"\$\{(!?)\s*([^{}]+?)\s*\}")


class Functions:
    """Mixed into LocalStack's evaluation of a template, before its own class."""

    def export_of(self, name: str) -> str:
        """Value of an export."""
        raise NotImplementedError

    def _resolve_pseudo_parameter(self, pseudo_parameter_name: str) -> Any:
        if pseudo_parameter_name == "AWS::URLSuffix":
            return "amazonaws.com"  # LocalStack says its own host, which no policy would match
        if pseudo_parameter_name == "AWS::NotificationARNs":
            return []
        return super()._resolve_pseudo_parameter(pseudo_parameter_name)  # type: ignore[misc]

    def visit_node_intrinsic_function_fn_import_value(self, node: Any) -> Any:
        this: Any = self
        return this._cached_apply(
            scope=node.scope,
            arguments_delta=this.visit(node.arguments),
            resolver=self._import,
        )

    def visit_node_intrinsic_function_fn_sub(self, node: Any) -> Any:
        """``Fn::Sub`` gives a string always, and leaves ``${!Literal}`` as ``${Literal}``."""
        this: Any = self
        arguments = this.visit(node.arguments)
        before = this._before_cache.get(node.scope, Nothing)
        if is_nothing(before) and not is_nothing(arguments.before):
            before = self._substitute(arguments.before, before=True)
        after = this._after_cache.get(node.scope, Nothing)
        if is_nothing(after) and not is_nothing(arguments.after):
            after = self._substitute(arguments.after, before=False)
        return PreprocEntityDelta(before=before, after=after)

    def visit_node_intrinsic_function_fn_equals(self, node: Any) -> Any:
        """``Fn::Equals`` compares texts: ``1`` and ``"1"`` are the same."""
        this: Any = self
        return this._cached_apply(
            scope=node.scope,
            arguments_delta=this.visit(node.arguments),
            resolver=lambda pair: same(pair[0], pair[1]),
        )

    def visit_node_intrinsic_function_fn_join(self, node: Any) -> Any:
        """``Fn::Join`` writes true and false as YAML does."""
        this: Any = self
        return this._cached_apply(
            scope=node.scope,
            arguments_delta=this.visit(node.arguments),
            resolver=lambda pair: joined([pair[0], _present(pair[1])]),
        )

    def visit_node_intrinsic_function_fn_select(self, node: Any) -> Any:
        """``Fn::Select`` of a list of anything."""
        this: Any = self
        return this._cached_apply(
            scope=node.scope, arguments_delta=this.visit(node.arguments), resolver=_select
        )

    def visit_node_intrinsic_function_fn_find_in_map(self, node: Any) -> Any:
        """``Fn::FindInMap``, with the DefaultValue of AWS::LanguageExtensions."""
        this: Any = self

        def find(argument: Any, side: str) -> Any:
            name, first, second, *default = argument
            try:
                keys = (str(as_text(key)) for key in (name, first, second))
                return getattr(this._resolve_mapping(*keys), side)
            except (ValidationError, RuntimeError):
                if default:
                    return default[0]["DefaultValue"]
                raise

        arguments = this.visit(node.arguments)
        before, after = (
            given if is_nothing(given) else find(given, side)
            for given, side in ((arguments.before, "before"), (arguments.after, "after"))
        )
        return PreprocEntityDelta(before=before, after=after)

    def visit_node_parameter(self, node: Any) -> Any:
        """A parameter of a list's type is a list; an empty text is a value, too."""
        this: Any = self
        given, default = this.visit(node.dynamic_value), this.visit(node.default_value)
        kind = this.visit(node.type_)
        found = []
        for side in ("before", "after"):
            value = getattr(given, side)
            value = getattr(default, side) if is_nothing(value) else value
            known = is_nothing(value) or is_nothing(getattr(kind, side))
            found.append(value if known else of_type(value, getattr(kind, side)))
        return PreprocEntityDelta(before=found[0], after=found[1])

    def _perform_static_replacements(self, value: str) -> str:
        return value  # LocalStack puts its own host into URLs of execute-api

    def _perform_dynamic_replacements(self, value: Any) -> Any:
        if not isinstance(value, str) or "{{resolve:" not in value:
            return value
        change_set: Any = getattr(self, "_change_set")  # noqa: B009 - LocalStack's
        return dynamic_references.resolved(value, change_set.account_id, change_set.region_name)

    def visit_node_object(self, node_object: Any) -> Any:
        """Functions that LocalStack does not know for such."""
        delta = super().visit_node_object(node_object)  # type: ignore[misc]
        name = next(iter(node_object.bindings), "")
        if len(node_object.bindings) != 1 or name not in _OBJECTS:
            return delta
        before, after = (
            value if is_nothing(value) else _OBJECTS[name](value[name])
            for value in (delta.before, delta.after)
        )
        return PreprocEntityDelta(before=before, after=after)

    def _import(self, name: Any) -> str:
        if not isinstance(name, str):
            raise ValueError(f"Template error: Fn::ImportValue must evaluate to a string: {name!r}")
        return self.export_of(name)

    def _substitute(self, argument: Any, *, before: bool) -> str:
        values: dict[str, Any] = {}
        if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
            argument, values = argument
        if not isinstance(argument, str):
            raise ValueError(
                "Template error: One or more Fn::Sub intrinsic functions don't specify expected "
                "arguments. Specify a string as first argument, and an optional second argument "
                "to specify a mapping of values to replace in the string"
            )

        def value(found: re.Match[str]) -> str:
            literal, name = found.groups()
            return f"${{{name}}}" if literal else self._variable(name, values, before=before)

        return _VARIABLE.sub(value, argument)

    def _variable(self, name: str, values: dict[str, Any], *, before: bool) -> str:
        this: Any = self
        if name in values:
            found = values[name]
        elif name.startswith("AWS::"):
            found = self._resolve_pseudo_parameter(name)
        elif "." in name:
            logical, _, attribute = name.partition(".")
            found = this._resolve_attribute(arguments=[logical, attribute], select_before=before)
        else:
            delta = this._resolve_reference(logical_id=name)
            found = delta.before if before else delta.after
            if isinstance(found, PreprocResource):
                found = found.physical_resource_id
        if found is None or is_nothing(found):
            raise ValueError(f"Template error: no value for ${{{name}}} of Fn::Sub")
        if isinstance(found, list):
            return ",".join(map(str, found))
        return str(as_text(found))


def _present(items: Any) -> list[Any]:
    """Without what is not there, such as the name of a resource that is still to be made.

    Raises:
        RuntimeError: not a list, which a change set only describes
    """
    if items == "":  # CDK's bootstrap joins an empty parameter
        return []
    if not isinstance(items, list):
        raise RuntimeError(f"Template error: Fn::Join requires a list of strings: {items!r}")
    return [item for item in items if item is not None and not is_nothing(item)]


def _select(argument: Any) -> Any:
    index, items = argument
    if not isinstance(items, list):
        raise RuntimeError(
            "Template error: Fn::Select requires a list argument with two elements: an integer "
            "index and a list"
        )
    if not 0 <= int(index) < len(items):
        raise ValidationError(
            f"Template error: Fn::Select cannot select nonexistent value at index {index}"
        )
    return items[int(index)]


def _as_json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


_OBJECTS = {"Fn::Cidr": cidr_blocks, "Fn::Length": length, "Fn::ToJsonString": _as_json}
