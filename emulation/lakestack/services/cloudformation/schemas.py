"""The registry schemas of the resource types.

Read from the copies that cfn-lint ships, which are AWS's own ("Resource type schema" of the
CloudFormation CLI User Guide), else from the one beside LocalStack's type.
"""

from __future__ import annotations

import functools
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceProviderExecutor

Schema = dict[str, Any]
_REGION = "us_east_1"
CUSTOM_RESOURCE = "AWS::CloudFormation::CustomResource"
"""Its properties are its function's, whatever they are called."""


@functools.cache
def schema_of(resource_type: str) -> Schema | None:
    """The schema of a type; None for custom resources and for types that nobody describes."""
    if resource_type.startswith("Custom::") or resource_type == CUSTOM_RESOURCE:
        return None
    file = _file(resource_type)
    if file.is_file():
        return dict(json.loads(file.read_text(encoding="utf-8")))
    provider = ResourceProviderExecutor.try_load_resource_provider(resource_type)
    schema = getattr(provider, "SCHEMA", None) or {}
    # What AWS has not published may have more properties than LocalStack wrote down, such as the
    # Analytics of the AWS::CDK::Metadata that is in every template of the CDK.
    return {**schema, "additionalProperties": True} if schema.get("properties") else None


def is_of_aws(resource_type: str) -> bool:
    """Whether AWS has the type, whoever else has."""
    return _file(resource_type).is_file()


def _file(resource_type: str) -> Path:
    return _folder() / (resource_type.lower().replace("::", "-") + ".json")


@functools.cache
def _folder() -> Path:
    """Where the copies are, found without an import of cfn-lint: that of sympy, networkx and numpy.

    Raises:
        ModuleNotFoundError: cfn-lint is not installed
    """
    spec = find_spec("cfnlint")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No module named 'cfnlint'", name="cfnlint")
    return Path(spec.origin).parent / "data" / "schemas" / "providers" / _REGION


def read_only(schema: Schema) -> set[str]:
    """Names of the properties that a template cannot set."""
    paths = (path.split("/") for path in schema.get("readOnlyProperties") or [])
    return {parts[2] for parts in paths if len(parts) == 3}


def tag_property(schema: Schema) -> str | None:
    """The property that holds a resource's tags, None if it has none."""
    tagging = schema.get("tagging")
    if isinstance(tagging, dict):
        if tagging.get("taggable") is False:
            return None
        name = str(tagging.get("tagProperty", "/properties/Tags")).rpartition("/")[2]
    else:
        name = "Tags"
    return name if name in schema["properties"] else None


def resolved(part: Any, schema: Schema) -> Schema:
    """A part of a schema with the reference at its top followed."""
    while isinstance(part, dict) and "$ref" in part:
        target: Any = schema
        for step in str(part["$ref"]).removeprefix("#/").split("/"):
            target = target[step.replace("~1", "/").replace("~0", "~")]
        part = target
    return part if isinstance(part, dict) else {}
