"""What a deployment evaluates from what it has made: attributes, imports and outputs.

AWS CloudFormation User Guide, "Fn::GetAtt", "Get exported outputs from a deployed CloudFormation
stack" and "CloudFormation template Outputs syntax".
"""

from __future__ import annotations

from typing import Any

from localstack.aws.api.cloudformation import Output
from localstack.services.cloudformation.engine.v2.change_set_model import Nothing, is_nothing
from localstack.services.cloudformation.engine.v2.change_set_model_preproc import (
    ChangeSetModelPreproc,
    PreprocEntityDelta,
)
from localstack.services.cloudformation.stores import exports_map, get_cloudformation_store

from lakestack.services.cloudformation.functions import Functions
from lakestack.services.cloudformation.stack_notes import StackNotes, importers

Model = dict[str, Any]
CUSTOM = "AWS::CloudFormation::CustomResource"
_OTHER_NAMES = {
    ("AWS::Lambda::Alias", "AliasArn"): "Id",
    ("AWS::Lambda::Version", "FunctionArn"): "Id",
}
"""Attributes that LocalStack's types keep under another name only."""


class StopError(Exception):
    """The deployment cannot go on; the failing resource's event says why."""

    def __init__(self, resource: str | None, reason: str) -> None:
        super().__init__(reason)
        self.resource, self.reason = resource, reason

    @property
    def sentence(self) -> str:
        """The reason, with the space before what follows it."""
        return self.reason.rstrip(". ") + ". "


class Values(Functions):
    """Mixed into a deployment, which sets these."""

    _change_set: Any
    _stack: Any
    _notes: StackNotes
    _old_records: dict[str, Model]
    resources: dict[str, Model]
    outputs: list[Any]
    imports: set[str]

    def visit_node_output(self, node_output: Any) -> Any:
        this: Any = self
        reference = node_output.condition_reference
        try:
            # What an output without its condition names may not be there: it is not evaluated.
            if not is_nothing(reference):
                condition = this._resolve_resource_condition_reference(reference)
                if condition.after is False:
                    return PreprocEntityDelta(before=Nothing, after=Nothing)
            delta: PreprocEntityDelta[Any, Any] = ChangeSetModelPreproc.visit_node_output(
                self, node_output
            )
        except StopError:
            raise
        except Exception as e:
            raise StopError(None, getattr(e, "message", None) or str(e)) from e
        after = delta.after
        if is_nothing(after):
            return delta
        value = after.value
        if isinstance(value, dict | list) or value is None or is_nothing(value):
            raise StopError(
                None,
                "Template format error: The Value field of every Outputs member must evaluate to "
                f"a String; that of {after.name} does not.",
            )
        output = Output(OutputKey=after.name, OutputValue=_text(value))
        template = self._change_set.template or {}
        declared = (template.get("Outputs") or {}).get(after.name, {})
        if declared.get("Description"):
            output["Description"] = declared["Description"]
        if after.export:
            output["ExportName"] = after.export["Name"]
        self.outputs.append(output)
        return delta

    def _resolve_attribute(self, arguments: Any, select_before: bool) -> Any:
        """``Fn::GetAtt``: what the resource has, not what its template says of it."""
        this: Any = self
        parts = arguments.split(".", 1) if isinstance(arguments, str) else list(arguments)
        name, attribute = parts[0], ".".join(parts[1:])
        if select_before:
            records = self._old_records
        else:
            this._get_node_resource_for(name, self._change_set.update_model.node_template)
            records = self.resources
        if select_before and name not in records:
            return Nothing  # its condition did not hold, or it is new
        if name not in records:
            return ChangeSetModelPreproc._resolve_attribute(this, [name, attribute], select_before)
        record = records[name]
        found = attribute_of(record["Properties"], attribute)
        if found is not None:
            return found
        if is_custom(record["Type"]):
            raise ValueError(
                f"CustomResource attribute error: Vendor response doesn't contain {attribute} "
                f"attribute in object {record.get('PhysicalResourceId')}"
            )
        found = attribute_of(
            record["Properties"], _OTHER_NAMES.get((record["Type"], attribute), "")
        )
        if found is None:
            found = ChangeSetModelPreproc._resolve_attribute(this, [name, attribute], select_before)
        if found is None:
            raise ValueError(
                f"Requested attribute {attribute} does not exist in schema for {record['Type']}"
            )
        return found

    def export_of(self, name: str) -> str:
        """Value of another stack's export.

        Raises:
            ValueError: there is no such export
        """
        exports = exports_map(self._stack.account_id, self._stack.region_name)
        if name not in exports:
            raise ValueError(f"No export named {name} found")
        self.imports.add(name)
        self._notes.imports |= {name}  # from now on the export cannot go
        return str(exports[name]["Value"])

    def check_exports(self) -> None:
        """Raises StopError if an export is taken, or would change while it is in use."""
        store = get_cloudformation_store(self._stack.account_id, self._stack.region_name)
        new = {o["ExportName"]: o["OutputValue"] for o in self.outputs if o.get("ExportName")}
        for name, export in store.exports_v2.items():
            if name in new and export["ExportingStackId"] != self._stack.stack_id:
                other = export["ExportingStackId"].split("/")[1]
                raise StopError(
                    None, f"Export with name {name} is already exported by stack {other}. "
                )
        for name, value in self._stack.resolved_exports.items():
            if new.get(name) != value and (users := importers(store.stacks_v2.values(), name)):
                verb = "updated" if name in new else "deleted"
                raise StopError(
                    None, f"Export {name} cannot be {verb} as it is in use by {' and '.join(users)}"
                )


def attribute_of(model: Any, path: str) -> Any:
    """Value at a dotted path, or under the whole path as one key; None if there is none."""
    if not isinstance(model, dict):
        return None
    if path in model:
        return model[path]
    first, dot, rest = path.partition(".")
    return attribute_of(model.get(first), rest) if dot else None


def is_custom(resource_type: str) -> bool:
    """Whether a resource type is a custom resource's."""
    return resource_type == CUSTOM or resource_type.startswith("Custom::")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
