"""What a template's macros make of it, before anything else is checked.

The innermost ``Fn::Transform`` comes first, then the names of the ``Transform`` section in their
order. AWS CloudFormation User Guide, "Perform custom processing on templates with template macros";
Template Reference, "AWS::Include transform" and "AWS::Serverless transform".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from localstack.services.cloudformation.engine.transformers import FailedTransformationException
from localstack.services.cloudformation.engine.v2.change_set_model_transform import (
    INCLUDE_TRANSFORM,
    SECRETSMANAGER_TRANSFORM,
    SERVERLESS_TRANSFORM,
    ChangeSetModelTransform,
)
from localstack.services.cloudformation.engine.validations import ValidationError
from localstack.services.cloudformation.stores import get_cloudformation_store

from lakestack.services.cloudformation import language_extensions, serverless_transform
from lakestack.services.cloudformation.static_values import StaticValues
from lakestack.services.cloudformation.template import (
    Template,
    parse_fragment,
    text_of_location,
)

FUNCTION = "Fn::Transform"


@dataclass(frozen=True)
class Stage:
    """What macros are told of the stack.

    Attributes:
        parameters: LocalStack's, by name
        values: the parameters' values, and the pseudo parameters'
    """

    account: str
    region: str
    parameters: Mapping[str, Any]
    values: Mapping[str, Any]


def has_macros(template: Any) -> bool:
    """Whether a template has transforms of the whole or within."""
    return isinstance(template, dict) and ("Transform" in template or _uses(template))


def transform_names(template: Template) -> list[str]:
    """Names in the `Transform` section.

    Raises:
        ValidationError: one has none
    """
    return [name for name, _ in _listed(template.get("Transform", []))]


def expanded(template: Template, stage: Stage) -> Template:
    """The template without transforms, made by them; the one given stays as it is.

    Raises:
        FailedTransformationException: a macro that fails, or is not there
        ValidationError: of AWS::LanguageExtensions
    """
    made: Template = _within(template, template, stage, top=True)
    for name, parameters in _listed(made.pop("Transform", [])):
        made = _whole(name, parameters, made, stage)
        if not isinstance(made, dict):
            raise FailedTransformationException(
                name, "Template format error: unsupported structure."
            )
        made.pop("Transform", None)
    return made


def _uses(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_uses, value))
    return isinstance(value, dict) and (FUNCTION in value or any(map(_uses, value.values())))


def _within(value: Any, template: Template, stage: Stage, *, top: bool = False) -> Any:
    """A value with each `Fn::Transform` in it carried out, the innermost first."""
    if isinstance(value, list):
        return [_within(item, template, stage) for item in value]
    if not isinstance(value, dict):
        return value
    made: Any = {
        key: item if key == FUNCTION else _within(item, template, stage)
        for key, item in value.items()
    }
    if FUNCTION not in made:
        return made
    given = made.pop(FUNCTION)
    for name, parameters in _listed(given):
        known = StaticValues(template, stage.values, {}).resolve(parameters)
        if name == INCLUDE_TRANSFORM:
            made = {**made, **_included(known, stage)}
        elif name in (language_extensions.NAME, SERVERLESS_TRANSFORM):
            raise FailedTransformationException(
                name, f"Transform {name} is of the whole template, not of a part."
            )
        else:
            made = _macro(name, known, made, stage, part=not top)
    return made


def _whole(name: str, parameters: Any, template: Template, stage: Stage) -> Any:
    parameters = StaticValues(template, stage.values, {}).resolve(parameters)
    if name == language_extensions.NAME:
        return language_extensions.apply(template, StaticValues(template, stage.values, {}))
    if name == INCLUDE_TRANSFORM:
        return {**template, **_included(parameters, stage)}
    if name == SERVERLESS_TRANSFORM:
        plain = {key: v for key, v in stage.values.items() if not key.startswith("AWS::")}
        return serverless_transform.expanded(stage.region, template, _as_given(plain))
    if name == SECRETSMANAGER_TRANSFORM:
        raise FailedTransformationException(
            name, f"Transform {name} is not emulated: rotation needs a function of your own here."
        )
    return _macro(name, parameters, template, stage, part=False)


def _as_given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: ",".join(map(str, v)) if isinstance(v, list) else v for k, v in values.items()}


def _macro(name: str, parameters: Any, fragment: Any, stage: Stage, *, part: bool) -> Any:
    known = get_cloudformation_store(stage.account, stage.region).macros
    if name not in known:
        of_account = name if name.startswith("AWS::") else f"{stage.account}::{name}"
        raise FailedTransformationException(name, f"No transform named {of_account} found")
    change_set = SimpleNamespace(
        account_id=stage.account, region_name=stage.region, resolved_parameters=stage.parameters
    )
    return ChangeSetModelTransform._invoke_macro(
        SimpleNamespace(_change_set=change_set), name, parameters, fragment, allow_string=part
    )


def _included(parameters: Any, stage: Stage) -> dict[str, Any]:
    location = parameters.get("Location") if isinstance(parameters, dict) else None
    if not isinstance(location, str):
        raise FailedTransformationException(
            INCLUDE_TRANSFORM,
            f"Transform {INCLUDE_TRANSFORM} failed with: the parameter Location must be an S3 URL",
        )
    try:
        return parse_fragment(text_of_location(location, stage.account, stage.region))
    except ValidationError as e:
        raise FailedTransformationException(
            INCLUDE_TRANSFORM, f"Transform {INCLUDE_TRANSFORM} failed with: {e}"
        ) from e


def _listed(given: Any) -> list[tuple[str, dict[str, Any]]]:
    """Names and parameters of transforms, however they are written."""
    found: list[tuple[str, dict[str, Any]]] = []
    for item in given if isinstance(given, list) else [given]:
        if isinstance(item, str):
            found.append((item, {}))
        elif isinstance(item, dict) and isinstance(item.get("Name"), str):
            found.append((item["Name"], item.get("Parameters") or {}))
        else:
            raise ValidationError("Key Name of transform definition must be a string.")
    return found
