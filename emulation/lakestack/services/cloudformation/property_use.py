"""Which properties of each resource type reach its service: docs/fidelity.md and events say so.

    python -m lakestack.services.cloudformation.property_use            write property_use.json
    python -m lakestack.services.cloudformation.property_use --check    fail when it is out of date

A type's handler applies a property if it names it where it creates or updates the resource, or
hands the whole model to an operation that has a member of this name, or if `supplements` applies it
afterwards. Every other property of the registry's schema is accepted, which an event of the stack
says, or refused where its absence would show.
"""

from __future__ import annotations

import functools
import importlib
import json
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from localstack.aws.spec import load_service

from lakestack import generated, registry
from lakestack.services.cloudformation import supplements
from lakestack.services.cloudformation.handler_source import (
    creating_operation,
    named_in,
    named_in_update,
)
from lakestack.services.cloudformation.schemas import read_only, schema_of

COMMAND = "python -m lakestack.services.cloudformation.property_use"
FILE = Path(__file__).with_name("property_use.json")
APPLIED, ACCEPTED, REFUSED = "applied", "accepted", "refused"
ADDED, SETTABLE, FIXED = "added", "settable", "fixed"

_WHOLE: dict[str, tuple[str, ...]] = {
    "AWS::ApiGateway::Authorizer": ("apigateway:CreateAuthorizer",),
    "AWS::ApiGateway::DomainName": ("apigateway:CreateDomainName",),
    "AWS::ApiGateway::Method": ("apigateway:PutMethod",),
    "AWS::ApiGateway::RestApi": ("apigateway:CreateRestApi",),
    "AWS::ApiGateway::Stage": ("apigateway:CreateStage",),
    "AWS::ApiGateway::UsagePlanKey": ("apigateway:CreateUsagePlanKey",),
    "AWS::ApplicationAutoScaling::ScalableTarget": (
        "application-autoscaling:RegisterScalableTarget",
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ("application-autoscaling:PutScalingPolicy",),
    "AWS::ApiGatewayV2::Api": ("apigatewayv2:CreateApi",),
    "AWS::ApiGatewayV2::Authorizer": ("apigatewayv2:CreateAuthorizer",),
    "AWS::ApiGatewayV2::Deployment": ("apigatewayv2:CreateDeployment",),
    "AWS::ApiGatewayV2::Integration": ("apigatewayv2:CreateIntegration",),
    "AWS::ApiGatewayV2::Route": ("apigatewayv2:CreateRoute",),
    "AWS::ApiGatewayV2::Stage": ("apigatewayv2:CreateStage",),
    "AWS::Athena::DataCatalog": ("athena:CreateDataCatalog",),
    "AWS::Athena::NamedQuery": ("athena:CreateNamedQuery",),
    "AWS::Athena::PreparedStatement": ("athena:CreatePreparedStatement",),
    "AWS::Athena::WorkGroup": ("athena:CreateWorkGroup",),
    "AWS::DMS::Endpoint": ("dms:CreateEndpoint",),
    "AWS::DMS::EventSubscription": ("dms:CreateEventSubscription",),
    "AWS::DMS::ReplicationInstance": ("dms:CreateReplicationInstance",),
    "AWS::DMS::ReplicationSubnetGroup": ("dms:CreateReplicationSubnetGroup",),
    "AWS::DMS::ReplicationTask": ("dms:CreateReplicationTask",),
    "AWS::EC2::EgressOnlyInternetGateway": ("ec2:CreateEgressOnlyInternetGateway",),
    "AWS::EC2::LaunchTemplate": ("ec2:CreateLaunchTemplate",),
    "AWS::EC2::NetworkInterface": ("ec2:CreateNetworkInterface",),
    "AWS::EC2::VPCPeeringConnection": ("ec2:CreateVpcPeeringConnection",),
    "AWS::EC2::Volume": ("ec2:CreateVolume",),
    "AWS::EC2::VolumeAttachment": ("ec2:AttachVolume",),
    "AWS::Elasticsearch::Domain": ("es:CreateElasticsearchDomain",),
    "AWS::Events::ApiDestination": ("events:CreateApiDestination",),
    "AWS::Events::Connection": ("events:CreateConnection",),
    "AWS::Glue::Classifier": ("glue:CreateClassifier",),
    "AWS::Glue::Crawler": ("glue:CreateCrawler",),
    "AWS::Glue::Database": ("glue:CreateDatabase",),
    "AWS::Glue::Job": ("glue:CreateJob",),
    "AWS::Glue::Partition": ("glue:CreatePartition",),
    "AWS::Glue::Table": ("glue:CreateTable",),
    "AWS::Glue::Workflow": ("glue:CreateWorkflow",),
    "AWS::IAM::OIDCProvider": ("iam:CreateOpenIDConnectProvider",),
    "AWS::IAM::Role": ("iam:CreateRole",),
    "AWS::IAM::ServiceLinkedRole": ("iam:CreateServiceLinkedRole",),
    "AWS::Lambda::CodeSigningConfig": ("lambda:CreateCodeSigningConfig",),
    "AWS::Lambda::EventInvokeConfig": ("lambda:PutFunctionEventInvokeConfig",),
    "AWS::Lambda::EventSourceMapping": ("lambda:CreateEventSourceMapping",),
    "AWS::Lambda::LayerVersion": ("lambda:PublishLayerVersion",),
    "AWS::OpenSearchService::Domain": ("opensearch:CreateDomain",),
    "AWS::Pipes::Pipe": ("pipes:CreatePipe",),
    "AWS::Redshift::Cluster": ("redshift:CreateCluster",),
    "AWS::Redshift::ClusterParameterGroup": ("redshift:CreateClusterParameterGroup",),
    "AWS::Redshift::ClusterSubnetGroup": ("redshift:CreateClusterSubnetGroup",),
    "AWS::SSM::Document": ("ssm:CreateDocument",),
    "AWS::SageMaker::Endpoint": ("sagemaker:CreateEndpoint",),
    "AWS::SageMaker::EndpointConfig": ("sagemaker:CreateEndpointConfig",),
    "AWS::SageMaker::Model": ("sagemaker:CreateModel",),
    "AWS::SageMaker::ModelPackageGroup": ("sagemaker:CreateModelPackageGroup",),
    "AWS::SageMaker::NotebookInstance": ("sagemaker:CreateNotebookInstance",),
    "AWS::SageMaker::NotebookInstanceLifecycleConfig": (
        "sagemaker:CreateNotebookInstanceLifecycleConfig",
    ),
    "AWS::StepFunctions::Activity": ("stepfunctions:CreateActivity",),
}
"""Types whose handler gives the whole model to these operations, which take what they know."""

_OTHER_FORM: dict[str, set[str]] = {
    "AWS::DynamoDB::Table": {"ResourcePolicy"},  # a text here, a document there
    "AWS::KMS::Key": {"Origin"},
}
"""Of the operation's name, but of another form than its."""

_ELSEWHERE: dict[str, set[str]] = {
    "AWS::CloudFormation::Macro": {"Description", "FunctionName"},
    "AWS::CloudFormation::Stack": {"Parameters", "Tags", "TemplateURL", "TimeoutInMinutes"},
    "AWS::Config::ConfigRule": {
        *("Description", "EvaluationModes", "InputParameters", "MaximumExecutionFrequency"),
        *("Scope", "Source"),
    },
    "AWS::SNS::Topic": {"KmsMasterKeyId", "SignatureVersion"},
}
"""Applied, but not by their names: as attributes, or kept by CloudFormation itself."""

_ONLY_READ: dict[str, set[str]] = {
    "AWS::DynamoDB::Table": {"ContributorInsightsSpecification"},
    "AWS::Lambda::Function": {"EphemeralStorage", "FileSystemConfigs"},
}
"""Named by helpers that read a resource, or that take the property away."""

_NOT_KEPT: dict[str, set[str]] = {
    "AWS::DynamoDB::GlobalTable": {
        *("Replicas.DeletionProtectionEnabled", "Replicas.PointInTimeRecoverySpecification"),
        *("Replicas.TableClass", "Replicas.Tags", "WarmThroughput"),
    },
    "AWS::DynamoDB::Table": {
        "KinesisStreamSpecification.ApproximateCreationDateTimePrecision",
    },
    "AWS::EC2::KeyPair": {"KeyType"},
    "AWS::EC2::NatGateway": {
        *("PrivateIpAddress", "SecondaryAllocationIds", "SecondaryPrivateIpAddressCount"),
        "SecondaryPrivateIpAddresses",
    },
    "AWS::EC2::Subnet": {"PrivateDnsNameOptionsOnLaunch"},
    "AWS::EC2::VPCEndpoint": {"DnsOptions", "IpAddressType", "ServiceRegion"},
    "AWS::Events::Archive": {"KmsKeyIdentifier"},
    "AWS::Events::Connection": {"Description", "KmsKeyIdentifier"},
    "AWS::Events::EventBus": {"DeadLetterConfig", "KmsKeyIdentifier", "LogConfig"},
    "AWS::Lambda::Function": {"FileSystemConfigs"},
    "AWS::Logs::MetricFilter": {
        *("ApplyOnTransformedLogs", "EmitSystemFieldDimensions", "FieldSelectionCriteria"),
    },
    "AWS::Logs::SubscriptionFilter": {
        *("ApplyOnTransformedLogs", "Distribution", "EmitSystemFields", "FieldSelectionCriteria"),
    },
    "AWS::StepFunctions::Activity": {"EncryptionConfiguration", "Tags"},
    "AWS::StepFunctions::StateMachine": {"EncryptionConfiguration", "TracingConfiguration"},
}
"""What the operation takes, and the service then shows nowhere; with the path of a part.

tests/contract/cloudformation/test_read_back.py asks the services.
"""

_REFUSED: dict[str, set[str]] = {
    "AWS::CloudFormation::Macro": {"LogGroupName", "LogRoleARN"},
    "AWS::DynamoDB::Table": {"ImportSourceSpecification"},
    "AWS::KinesisFirehose::DeliveryStream": {
        *("AmazonOpenSearchServerlessDestinationConfiguration", "DatabaseSourceConfiguration"),
        *("IcebergDestinationConfiguration", "MSKSourceConfiguration"),
        "SnowflakeDestinationConfiguration",
    },
    "AWS::SNS::Topic": {"DataProtectionPolicy"},
    "AWS::SecretsManager::RotationSchedule": {"HostedRotationLambda"},
}
"""What would be missing if it were only accepted: data, destinations, functions."""


@functools.cache
def not_applied() -> dict[str, dict[str, Any]]:
    """For each type its accepted and its refused properties, as the file has them."""
    return dict(json.loads(FILE.read_text(encoding="utf-8")))


def use_of(resource_type: str, name: str) -> str:
    """Whether a property is applied, accepted or refused."""
    found = not_applied().get(resource_type) or {}
    return next((use for use in (ACCEPTED, REFUSED) if name in found.get(use, ())), APPLIED)


def accepted_in(resource_type: str, given: Mapping[str, Any]) -> list[str]:
    """Properties of these, and paths of their parts, that are accepted and not applied."""
    found = (not_applied().get(resource_type) or {}).get(ACCEPTED) or ()
    return sorted(path for path in found if _has(given, path.split(".")))


def _has(value: Any, path: list[str]) -> bool:
    if not path:
        return True
    if isinstance(value, list):
        return any(_has(item, path) for item in value)
    return isinstance(value, Mapping) and path[0] in value and _has(value[path[0]], path[1:])


def settable(resource_type: str) -> list[str]:
    """Properties that the schema calls read only, though a template may set them.

    Schemas of older types do, such as of the name of a SageMaker endpoint: what the operation that
    makes the resource takes can be set; where no such operation is known, everything (our guess).
    """
    return list((not_applied().get(resource_type) or {}).get(SETTABLE) or [])


def fixed(resource_type: str) -> set[str]:
    """Applied properties that an update cannot change, though the type's handler has one."""
    return set((not_applied().get(resource_type) or {}).get(FIXED) or ())


def _fixed(resource_type: str, provider: type, uses: dict[str, str]) -> list[str]:
    schema, named = schema_of(resource_type), named_in_update(provider)
    if schema is None or named is None:
        return []
    replaced = {path.split("/")[2] for path in schema.get("createOnlyProperties", ())}
    known = named | replaced | supplements.changeable(resource_type) | _members(resource_type)
    return sorted(name for name, use in uses.items() if use == APPLIED and name not in known)


def _settable(resource_type: str, provider: type) -> tuple[set[str], bool]:
    """Those names, and whether an operation says so."""
    schema = schema_of(resource_type) or {"properties": {}}
    fixed = read_only(schema) & set(schema["properties"])
    operations = _WHOLE.get(resource_type) or (creating_operation(provider),)
    known = [operation for operation in operations if operation]
    if not known:
        return fixed, False
    members = {member.lower() for operation in known for member in _shape(operation).members}
    return {name for name in fixed if name.lower() in members}, True


def _shape(operation: str) -> Any:
    service, _, name = operation.partition(":")
    return load_service(service).operation_model(name).input_shape


def handed(resource_type: str) -> dict[str, Any]:
    """What `api_parameters` adds: ``operation`` that makes the resource, and ``properties``."""
    return dict((not_applied().get(resource_type) or {}).get(ADDED) or {})


def added(resource_type: str, provider: type) -> list[str]:
    """Properties that the handler leaves out, and that the operation that it makes takes."""
    schema, operation = schema_of(resource_type), creating_operation(provider)
    if schema is None or operation is None or resource_type in _WHOLE:
        return []
    service, _, name = operation.partition(":")
    shape = load_service(service).operation_model(name).input_shape
    members = {member.lower() for member in (shape.members if shape else ())}
    rest = set(schema["properties"]) - read_only(schema) - supplements.properties(resource_type)
    rest -= named_in(provider) - _ONLY_READ.get(resource_type, set())
    for others in (_OTHER_FORM, _ELSEWHERE, _REFUSED):
        rest -= others.get(resource_type, set())
    return sorted(n for n in rest if n.lower() in members)


def examine(resource_type: str, provider: type) -> dict[str, str]:
    """The use of each property that a template can set, from the handler's source."""
    schema = schema_of(resource_type)
    if schema is None:
        return {}
    named = {
        *(named_in(provider) - _ONLY_READ.get(resource_type, set())),
        *added(resource_type, provider),
        *_members(resource_type),
        *_ELSEWHERE.get(resource_type, ()),
        *supplements.properties(resource_type),
    }
    refused = _REFUSED.get(resource_type, set())
    also, said = _settable(resource_type, provider)
    fixed = read_only(schema) - (also if said else set())
    lost = _NOT_KEPT.get(resource_type, set())
    names = (set(schema["properties"]) - fixed) | {path for path in lost if "." in path}
    named -= lost
    return {
        name: REFUSED if name in refused else APPLIED if name in named else ACCEPTED
        for name in sorted(names)
    }


def providers() -> Iterator[tuple[str, type]]:
    """Every type that we create, with its handler's class."""
    ours = registry.replaced_types()
    for entry in sorted(entry_points(group=registry.RESOURCE_PROVIDERS), key=lambda e: e.name):
        if path := ours.get(entry.name):
            module, _, name = path.partition(":")
            yield entry.name, getattr(importlib.import_module(module), name)
            continue
        loaded = entry.load()
        plugin = (loaded.factory if hasattr(loaded, "factory") else loaded)()
        plugin.load()
        yield entry.name, plugin.factory


def table() -> str:
    """The file's content."""
    found: dict[str, dict[str, Any]] = {}
    for name, provider in providers():
        uses = examine(name, provider)
        rest = {use: sorted(n for n, u in uses.items() if u == use) for use in (ACCEPTED, REFUSED)}
        entry: dict[str, Any] = {use: names for use, names in rest.items() if names}
        if names := added(name, provider):
            entry[ADDED] = {"operation": creating_operation(provider), "properties": names}
        if names := _fixed(name, provider, uses):
            entry[FIXED] = names
        if names := sorted(_settable(name, provider)[0]):
            entry[SETTABLE] = names
        if entry:
            found[name] = entry
    return json.dumps(found, indent=1) + "\n"


def _members(resource_type: str) -> set[str]:
    """CloudFormation's names of what the operations take, whose case may differ."""
    schema = schema_of(resource_type) or {}
    members: set[str] = set()
    for operation in _WHOLE.get(resource_type, ()):
        service, _, name = operation.partition(":")
        shape = load_service(service).operation_model(name).input_shape
        members |= {member.lower() for member in shape.members}
    return {name for name in schema.get("properties", ()) if name.lower() in members}


def main(arguments: list[str] | None = None) -> int:
    """Write or check the file; returns the exit code."""
    check = generated.is_check(COMMAND, __doc__, arguments)
    return generated.write(FILE, lambda _: table(), COMMAND, check=check)


if __name__ == "__main__":
    sys.exit(main())
