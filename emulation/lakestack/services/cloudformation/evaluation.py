"""LocalStack's evaluations of a template that make nothing, with our intrinsic functions."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from localstack.aws.api import ServiceException
from localstack.aws.api.cloudformation import ChangeAction
from localstack.services.cloudformation.engine.transformers import FailedTransformationException
from localstack.services.cloudformation.engine.v2.change_set_model import ChangeType
from localstack.services.cloudformation.engine.v2.change_set_model_describer import (
    ChangeSetModelDescriber,
)
from localstack.services.cloudformation.engine.v2.change_set_model_transform import (
    ChangeSetModelTransform,
)
from localstack.services.cloudformation.engine.v2.change_set_model_validator import (
    ChangeSetModelValidator,
)
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.stores import exports_map

from lakestack.services.cloudformation.change_details import Changed, details, policy_action
from lakestack.services.cloudformation.functions import Functions
from lakestack.services.cloudformation.transforms import has_macros

LOG = logging.getLogger(__name__)
_ROLLBACK = ". Rollback requested by user."


class MacroError(ValidationError):
    """A macro that fails, or is not there.

    Attributes:
        reason: what it says
    """

    def __init__(self, said: str) -> None:
        super().__init__(f"Template error: it cannot be evaluated here: {said}")
        self.reason = said.removesuffix(_ROLLBACK)


@contextmanager
def template_errors() -> Iterator[None]:
    """What LocalStack's engine stumbles over is wrong in the template, or not emulated.

    Raises:
        MacroError: a macro fails
        ValidationError: in the place of any other error that is none of AWS's
    """
    try:
        yield
    except ServiceException:
        raise
    except FailedTransformationException as e:
        raise MacroError(e.message) from e
    except Exception as e:
        LOG.warning("a template cannot be evaluated", exc_info=e)
        said = str(e)[:500] or type(e).__name__
        raise ValidationError(f"Template error: it cannot be evaluated here: {said}") from e


class _BeforeDeployment(Functions):
    """What is known only during the deployment is taken for empty."""

    def export_of(self, name: str) -> str:  # noqa: ARG002 - the deployment asks for it
        return ""

    def _perform_dynamic_replacements(self, value: Any) -> Any:
        return value

    def _variable(self, name: str, values: dict[str, Any], *, before: bool) -> str:
        try:
            return super()._variable(name, values, before=before)
        except (ValueError, RuntimeError):
            return ""


class Validator(_BeforeDeployment, ChangeSetModelValidator):  # type: ignore[misc]
    """Has nothing to look for: a template is checked when it is prepared."""

    def validate(self) -> None:
        pass


class Transformer(_BeforeDeployment, ChangeSetModelTransform):  # type: ignore[misc]
    """Has nothing to do where the macros have been applied; else says how they fail."""

    def transform(self) -> Any:
        if has_macros(self._before_template) or has_macros(self._after_template):
            return super().transform()
        return self._before_template, self._after_template


class Describer(Functions, ChangeSetModelDescriber):  # type: ignore[misc]
    """Describes the changes of a change set."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._modified: dict[str, tuple[Any, Any]] = {}

    def get_changes(self) -> Any:
        self._modified.clear()
        changes = super().get_changes()
        nodes = self._change_set.update_model.node_template.parameters.parameters
        changed = Changed(
            {node.name for node in nodes if node.change_type != ChangeType.UNCHANGED},
            {change["ResourceChange"]["LogicalResourceId"] for change in changes},
            {
                change["ResourceChange"]["LogicalResourceId"]
                for change in changes
                if change["ResourceChange"].get("Replacement") == "True"
            },
        )
        resources = self._change_set.template.get("Resources") or {}
        old = (self._change_set.stack.template or {}).get("Resources") or {}
        for change in changes:
            about = change["ResourceChange"]
            name, kind = about["LogicalResourceId"], about["ResourceType"]
            about["Scope"], about["Details"] = [], []
            if about["Action"] == ChangeAction.Modify:
                written = (resources.get(name) or {}).get("Properties") or {}
                before, after = self._modified[name]
                shown = self._include_property_values
                about["Details"] = details(kind, before, after, written, changed, values=shown)
                about["Scope"] = ["Properties"] if about["Details"] else []
            policies = (old if about["Action"] == ChangeAction.Remove else resources).get(name, {})
            done = policy_action(about["Action"], about.get("Replacement"), policies)
            if done is not None:
                about["PolicyAction"] = done
        return changes

    def _register_resource_change(self, logical_id: str, **about: Any) -> None:
        before, after = about["before_properties"], about["after_properties"]
        if before is not None and after is not None:
            self._modified[logical_id] = (before.properties, after.properties)
        super()._register_resource_change(logical_id=logical_id, **about)

    def _perform_dynamic_replacements(self, value: Any) -> Any:
        return value  # a change set shows the reference, not the secret

    def export_of(self, name: str) -> str:
        exports = exports_map(self._change_set.account_id, self._change_set.region_name)
        return str(exports.get(name, {}).get("Value", ""))
