"""Intrinsic functions where LocalStack's engine differs from AWS.

AWS CloudFormation User Guide, "Intrinsic function reference" and "Get AWS values using pseudo
parameters".
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from typing import Any

from localstack.services.cloudformation.engine.v2.change_set_model import Nothing, is_nothing
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    PreprocEntityDelta,
    PreprocResource,
)
from localstack.services.cloudformation.engine.validations import ValidationError

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
            resolver=lambda pair: _text(pair[0]) == _text(pair[1]),
        )

    def visit_node_object(self, node_object: Any) -> Any:
        """``Fn::Cidr``, which LocalStack does not know for a function."""
        delta = super().visit_node_object(node_object)  # type: ignore[misc]
        if set(node_object.bindings) != {"Fn::Cidr"}:
            return delta
        before, after = (
            value if is_nothing(value) else cidr_blocks(value["Fn::Cidr"])
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
        return str(_text(found))


def cidr_blocks(argument: Any) -> list[str]:
    """CIDR blocks of ``[ipBlock, count, cidrBits]``; "Fn::Cidr" of the reference.

    Without cidrBits the block is shared out evenly, which is our guess.

    Raises:
        ValidationError: not such a list, or the block does not hold so many
    """
    try:
        block, count, *bits = argument
        network = ipaddress.ip_network(str(block))
        number = int(count)
        if not 1 <= number <= 256:
            raise ValueError(f"count is {number}, valid are 1 to 256")
        prefix = (
            network.max_prefixlen - int(bits[0])
            if bits
            else network.prefixlen + (number - 1).bit_length()
        )
        found = list(itertools.islice(network.subnets(new_prefix=prefix), number))
        if len(found) < number:
            raise ValueError(f"{network} holds {len(found)} blocks of /{prefix}, not {number}")
    except (ValueError, TypeError) as e:
        raise ValidationError(f"Template error: Fn::Cidr is not valid: {e}") from e
    return [str(subnet) for subnet in found]


def _text(value: Any) -> Any:
    """A scalar as CloudFormation writes it; anything else as it is."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int | float) else value
