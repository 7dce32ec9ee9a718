"""What CloudFormation would make of a template with given parameters: resources and their names.

Conditions and the functions that name things are resolved; what only AWS knows, such as the
attribute of another resource, stays as it is written. So two versions of a template can be compared
without a change set, which would be a write call.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import yaml

__all__ = ["NAMES", "Resource", "parse", "resources"]

NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "AWS::DMS::Endpoint": ("EndpointIdentifier",),
        "AWS::DMS::ReplicationInstance": ("ReplicationInstanceIdentifier",),
        "AWS::DMS::ReplicationSubnetGroup": ("ReplicationSubnetGroupIdentifier",),
        "AWS::DMS::ReplicationTask": ("ReplicationTaskIdentifier",),
        "AWS::DynamoDB::Table": ("TableName",),
        "AWS::Events::Rule": ("Name",),
        "AWS::Glue::Crawler": ("Name",),
        "AWS::Glue::Database": ("DatabaseInput", "Name"),
        "AWS::Glue::Job": ("Name",),
        "AWS::IAM::Role": ("RoleName",),
        "AWS::Kinesis::Stream": ("Name",),
        "AWS::KinesisFirehose::DeliveryStream": ("DeliveryStreamName",),
        "AWS::Lambda::Function": ("FunctionName",),
        "AWS::Logs::LogGroup": ("LogGroupName",),
        "AWS::S3::Bucket": ("BucketName",),
        "AWS::SNS::Topic": ("TopicName",),
        "AWS::SQS::Queue": ("QueueName",),
        "AWS::SageMaker::Endpoint": ("EndpointName",),
        "AWS::SageMaker::EndpointConfig": ("EndpointConfigName",),
        "AWS::SageMaker::Model": ("ModelName",),
        "AWS::StepFunctions::StateMachine": ("StateMachineName",),
    }
)
"""By resource type: where a template gives the name."""
_VARIABLE: Final = re.compile(r"\$\{([^!{}][^{}]*)\}")
_NOTHING: Final = object()


@dataclass(frozen=True)
class Resource:
    """A resource of a template whose condition holds.

    Attributes:
        template: of which it is
        logical: its name in the template
        kind: its type, such as ``AWS::S3::Bucket``
        name: the name that the template gives it, "" where AWS makes one up
        properties: with all that can be resolved resolved
    """

    template: str
    logical: str
    kind: str
    name: str
    properties: Mapping[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads CloudFormation's short forms as their long ones."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_scalar(node)  # type: ignore[arg-type]
    if suffix in ("Ref", "Condition"):
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def parse(body: str | Mapping[str, Any]) -> dict[str, Any]:
    """A template as GetTemplate returns it: YAML or JSON text, or JSON that boto3 has read."""
    found = body if isinstance(body, Mapping) else yaml.load(body, Loader=_Loader)  # noqa: S506
    return dict(json.loads(json.dumps(found, default=str)))


def resources(
    template: str, document: Mapping[str, Any], parameters: Mapping[str, str], **pseudo: str
) -> list[Resource]:
    """The resources that a template makes, in its order.

    Args:
        template: its name, for the resources
        document: as `parse` returns it
        parameters: given values; the template's defaults stand for the others
        **pseudo: pseudo parameters by their last word: ``Region`` and so on

    Returns:
        those whose condition holds
    """
    values: dict[str, Any] = {f"AWS::{name}": value for name, value in pseudo.items()}
    for name, declared in document.get("Parameters", {}).items():
        if "Default" in declared:
            values[name] = str(declared["Default"])
    values.update(parameters)
    scope = _Scope(values, document.get("Conditions", {}))
    found = []
    for logical, declared in document.get("Resources", {}).items():
        if "Condition" in declared and not scope.holds(declared["Condition"]):
            continue
        properties = scope.resolve(declared.get("Properties", {}))
        kind = declared["Type"]
        found.append(Resource(template, logical, kind, _name(kind, properties), properties))
    return found


def _name(kind: str, properties: Any) -> str:
    for step in NAMES.get(kind, ()):
        properties = properties.get(step, "") if isinstance(properties, dict) else ""
    return properties if isinstance(properties, str) and kind in NAMES else ""


class _Scope:
    def __init__(self, values: Mapping[str, Any], conditions: Mapping[str, Any]) -> None:
        self._values = values
        self._conditions = conditions

    def holds(self, condition: Any) -> bool:
        if isinstance(condition, str):
            return self.holds(self._conditions[condition])
        ((function, given),) = condition.items()
        match function:
            case "Condition":
                return self.holds(given)
            case "Fn::Equals":
                first, second = map(self.resolve, given)
                return bool(first == second)
            case "Fn::Not":
                return not self.holds(given[0])
            case "Fn::And":
                return all(map(self.holds, given))
            case "Fn::Or":
                return any(map(self.holds, given))
        raise ValueError(f"{function} is no condition function")

    def resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [r for r in map(self.resolve, value) if r is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, given),) = value.items()
            if function == "Ref" or function.startswith("Fn::"):
                return self._call(function, given)
        found = {key: self.resolve(inner) for key, inner in value.items()}
        return {key: inner for key, inner in found.items() if inner is not _NOTHING}

    def _call(self, function: str, given: Any) -> Any:
        match function:
            case "Ref":
                found = self._values.get(given, {"Ref": given})
                return _NOTHING if given == "AWS::NoValue" else found
            case "Fn::If":
                condition, then, otherwise = given
                return self.resolve(then if self.holds(condition) else otherwise)
            case "Fn::Sub":
                return self._substitute(given)
        inner = self.resolve(given)
        if function == "Fn::Join" and all(isinstance(part, str) for part in inner[1]):
            return inner[0].join(inner[1])
        if function == "Fn::Select" and isinstance(inner[1], list):
            return inner[1][int(inner[0])]
        return {function: inner}

    def _substitute(self, given: Any) -> str:
        text, own = (given, {}) if isinstance(given, str) else given
        local = {name: self.resolve(value) for name, value in own.items()}

        def replaced(match: re.Match[str]) -> str:
            value = local.get(match[1], self._values.get(match[1], match[0]))
            return value if isinstance(value, str) else json.dumps(value, sort_keys=True)

        return _VARIABLE.sub(replaced, text)
