"""What CloudFormation's double makes of each resource type, and by whom it is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import ClientError
from moto.cloudformation import parsing

if TYPE_CHECKING:
    from tests.integration.aws_target.cloudformation import CloudFormation
    from tests.integration.aws_target.dms import Dms
    from tests.integration.aws_target.functions import Functions
    from tests.integration.aws_target.stacks import Stack

STACK: Final = "AWS::CloudFormation::Stack"


class ResourceFailedError(Exception):
    """A resource cannot be made, changed or deleted."""

    def __init__(self, reason: str, physical: str = "") -> None:
        super().__init__(reason)
        self.physical = physical


@dataclass
class Made:
    """One resource of a stack."""

    kind: str
    name: str
    physical: str
    properties: dict[str, Any]
    status: str = "CREATE_COMPLETE"
    attributes: dict[str, Any] = field(default_factory=dict)
    resource: Any = None
    """moto's own object."""
    retain: bool = False


@dataclass(frozen=True)
class ByApi:
    """A type that is made by one call of its service, with the template's properties."""

    service: str
    create: str
    delete: str
    name: str
    """Where the name stands among the properties."""
    deleted_by: str
    """The parameter of `delete` that takes the name."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Parameters of the API by property, where the template calls them otherwise."""


BY_API: Final[Mapping[str, ByApi]] = {
    "AWS::Glue::Database": ByApi(
        "glue", "CreateDatabase", "DeleteDatabase", "DatabaseInput.Name", "Name"
    ),
    "AWS::Glue::Crawler": ByApi("glue", "CreateCrawler", "DeleteCrawler", "Name", "Name"),
    "AWS::Glue::Job": ByApi("glue", "CreateJob", "DeleteJob", "Name", "JobName"),
    "AWS::KinesisFirehose::DeliveryStream": ByApi(
        "firehose",
        "CreateDeliveryStream",
        "DeleteDeliveryStream",
        "DeliveryStreamName",
        "DeliveryStreamName",
    ),
    "AWS::SageMaker::Model": ByApi(
        "sagemaker", "CreateModel", "DeleteModel", "ModelName", "ModelName"
    ),
    "AWS::SageMaker::EndpointConfig": ByApi(
        "sagemaker",
        "CreateEndpointConfig",
        "DeleteEndpointConfig",
        "EndpointConfigName",
        "EndpointConfigName",
    ),
    "AWS::SageMaker::Endpoint": ByApi(
        "sagemaker", "CreateEndpoint", "DeleteEndpoint", "EndpointName", "EndpointName"
    ),
    "AWS::S3::BucketPolicy": ByApi(
        "s3",
        "PutBucketPolicy",
        "DeleteBucketPolicy",
        "Bucket",
        "Bucket",
        {"PolicyDocument": "Policy"},
    ),
}

UPDATED_BY: Final = {
    "AWS::SageMaker::Endpoint": (
        "sagemaker",
        "UpdateEndpoint",
        ("EndpointName", "EndpointConfigName"),
    ),
}
"""Types whose change in place is seen by somebody, with the call and its parameters."""

_NETWORK: Final[Mapping[str, tuple[str, Callable[[Made], dict[str, Any]]]]] = {
    "AWS::EC2::VPC": ("DeleteVpc", lambda m: {"VpcId": m.physical}),
    "AWS::EC2::Subnet": ("DeleteSubnet", lambda m: {"SubnetId": m.physical}),
    "AWS::EC2::RouteTable": ("DeleteRouteTable", lambda m: {"RouteTableId": m.physical}),
    "AWS::EC2::SecurityGroup": ("DeleteSecurityGroup", lambda m: {"GroupId": m.physical}),
    "AWS::EC2::VPCEndpoint": ("DeleteVpcEndpoints", lambda m: {"VpcEndpointIds": [m.physical]}),
    "AWS::EC2::InternetGateway": (
        "DeleteInternetGateway",
        lambda m: {"InternetGatewayId": m.physical},
    ),
    "AWS::EC2::VPCGatewayAttachment": (
        "DetachInternetGateway",
        lambda m: {k: m.properties[k] for k in ("VpcId", "InternetGatewayId")},
    ),
    "AWS::EC2::Route": (
        "DeleteRoute",
        lambda m: {k: m.properties[k] for k in ("RouteTableId", "DestinationCidrBlock")},
    ),
    "AWS::EC2::SubnetRouteTableAssociation": (
        "DisassociateRouteTable",
        lambda m: {"AssociationId": m.physical},
    ),
}
"""What moto's own deletions leave behind, by the service's call."""


class Kinds:
    """Makes, changes and deletes resources by their type."""

    def __init__(self, dms: Dms, functions: Functions) -> None:
        self.dms, self.functions = dms, functions
        self.inert: set[str] = set()
        """Types that moto does not know: a name is all that there is of them."""

    def create(  # noqa: PLR0911 - one for each way in which a type is made
        self, formation: CloudFormation, stack: Stack, name: str, kind: str, props: dict[str, Any]
    ) -> Made:
        if kind == STACK:
            nested = formation.create_nested(stack, name, props)
            return Made(kind, name, nested.id, props)
        if kind.startswith(("Custom::", "AWS::CloudFormation::CustomResource")):
            made = Made(kind, name, "", props)
            self._custom("Create", stack, made, props)
            return made
        if kind.startswith("AWS::DMS::"):
            physical, attributes = self.dms.create(kind, props)
            return Made(kind, name, physical, props, attributes=attributes)
        if kind in BY_API:
            return Made(kind, name, _call_create(BY_API[kind], props), props)
        if kind == "AWS::EC2::SubnetRouteTableAssociation":  # moto gives it the table's id
            answer = boto3.client("ec2").associate_route_table(**props)
            return Made(kind, name, answer["AssociationId"], props)
        model = parsing.get_model_map().get(kind)
        if model is None:
            self.inert.add(kind)
            return Made(kind, name, f"{stack.name}-{name}", props)
        try:
            resource = model.create_from_cloudformation_json(
                self._physical(kind, stack, name, props),
                {"Type": kind, "Properties": json.loads(json.dumps(props))},
                formation.account,
                formation.region,
                LogicalId=name,
                StackId=stack.id,
                ResourceType=kind,
            )
        except Exception as error:
            raise ResourceFailedError(str(error)) from error
        physical = getattr(resource, "physical_resource_id", f"{stack.name}-{name}")
        made = Made(kind, name, str(physical), props, resource=resource)
        _policies_of_role("AttachRolePolicy", made)  # moto's own making of a role leaves them out
        return made

    def update(
        self, formation: CloudFormation, stack: Stack, made: Made, props: dict[str, Any]
    ) -> None:
        model = parsing.get_model_map().get(made.kind)
        if made.kind == STACK:
            formation.update_nested(made, props)
        elif made.kind.startswith("Custom::"):
            self._custom("Update", stack, made, props)
        elif made.kind.startswith("AWS::DMS::"):
            self.dms.update(made.physical, props)
        elif made.resource is not None and model is not None:
            made.resource = model.update_from_cloudformation_json(
                original_resource=made.resource,
                new_resource_name=made.physical,
                cloudformation_json={"Type": made.kind, "Properties": props},
                account_id=formation.account,
                region_name=formation.region,
            )
            made.physical = str(made.resource.physical_resource_id)
        elif made.kind in BY_API and _name(BY_API[made.kind], props) != made.physical:
            made.physical = _call_create(BY_API[made.kind], props)  # what it replaces goes later
        elif made.kind in UPDATED_BY:
            service, operation, members = UPDATED_BY[made.kind]
            _call(service, operation, {member: props[member] for member in members})
        made.properties = props

    @staticmethod
    def is_replaced(made: Made) -> bool:
        """Whether a resource of another name takes its place in an update."""
        return made.kind in BY_API

    def delete(self, formation: CloudFormation, stack: Stack, made: Made) -> None:
        if made.kind == STACK:
            formation.delete_nested(made)
        elif made.kind.startswith("Custom::"):
            self._custom("Delete", stack, made, made.properties)
        elif made.kind.startswith("AWS::DMS::"):
            self.dms.delete(made.physical)
        elif made.kind in BY_API:
            api = BY_API[made.kind]
            _untag(formation, made)
            _call(api.service, api.delete, {api.deleted_by: made.physical})
        elif made.kind == "AWS::S3::Bucket":
            _call("s3", "DeleteBucket", {"Bucket": made.physical})
        elif made.kind in _NETWORK:
            operation, params = _NETWORK[made.kind]
            _call("ec2", operation, params(made))
        elif made.kind == "AWS::Lambda::Permission":
            return  # it goes with its function
        elif made.resource is not None:
            _policies_of_role("DetachRolePolicy", made)
            self._moto_delete(formation, made)

    def _moto_delete(self, formation: CloudFormation, made: Made) -> None:
        document = {"Type": made.kind, "Properties": made.properties}
        account, region = formation.account, formation.region
        try:
            try:
                made.resource.delete(account, region)
            except (TypeError, AttributeError):
                type(made.resource).delete_from_cloudformation_json(
                    made.physical, document, account, region
                )
        except Exception as error:
            if not _is_gone(error):
                raise ResourceFailedError(str(error)) from error

    def attribute(self, formation: CloudFormation, made: Made, attribute: str) -> Any:
        if made.kind == STACK:
            return formation.outputs_of(made.physical)[attribute.removeprefix("Outputs.")]
        if attribute in made.attributes:
            return made.attributes[attribute]
        if attribute in made.properties:
            return made.properties[attribute]
        if made.resource is None:
            return f"{made.physical}-{attribute}"
        return made.resource.get_cfn_attribute(attribute)

    def _custom(self, verb: str, stack: Stack, made: Made, props: dict[str, Any]) -> None:
        answer = self.functions.custom_resource(verb, stack.id, made, props)
        if answer["Status"] != "SUCCESS":
            raise ResourceFailedError(f"Received response status [FAILED]: {answer.get('Reason')}")
        made.physical = answer["PhysicalResourceId"]
        made.attributes = answer.get("Data", {})

    @staticmethod
    def _physical(kind: str, stack: Stack, name: str, props: dict[str, Any]) -> str:
        key = parsing.resource_name_property_from_type(kind)
        return str(props[key]) if key and key in props else f"{stack.name}-{name}"


def _untag(formation: CloudFormation, made: Made) -> None:
    """Moto's index of tags keeps those of Glue's resources that are gone."""
    word = {"AWS::Glue::Crawler": "crawler", "AWS::Glue::Job": "job"}.get(made.kind)
    if word and made.properties.get("Tags"):
        arn = f"arn:aws:glue:{formation.region}:{formation.account}:{word}/{made.physical}"
        tags = list(made.properties["Tags"])
        _call("glue", "UntagResource", {"ResourceArn": arn, "TagsToRemove": tags})


def _policies_of_role(operation: str, made: Made) -> None:
    if made.kind == "AWS::IAM::Role":
        for arn in made.properties.get("ManagedPolicyArns", []):
            _call("iam", operation, {"RoleName": made.physical, "PolicyArn": arn})


def _call_create(api: ByApi, props: dict[str, Any]) -> str:
    client = boto3.client(api.service)
    shape = client.meta.service_model.operation_model(api.create).input_shape
    given = {api.renamed.get(name, name): value for name, value in props.items()}
    _call(api.service, api.create, _fit(shape, given))
    return _name(api, props)


def _name(api: ByApi, props: dict[str, Any]) -> str:
    name: Any = props
    for part in api.name.split("."):
        name = name[part]
    return str(name)


def _call(service: str, operation: str, params: dict[str, Any]) -> None:
    client = boto3.client(service)
    method = {v: k for k, v in client.meta.method_to_api_mapping.items()}[operation]
    try:
        getattr(client, method)(**params)
    except ClientError as error:
        if operation.startswith("Delete") and _is_gone(error):
            return
        raise ResourceFailedError(str(error)) from error


def _is_gone(error: Exception) -> bool:
    words = (
        *("not found", "notfound", "does not exist", "nosuch", "cannot be found", "not exist"),
        "could not find",  # SageMaker
    )
    return any(word in f"{type(error).__name__} {error}".lower() for word in words)


def _fit(shape: Any, value: Any) -> Any:  # noqa: PLR0911 - one for each kind of shape
    """A template's value as the API's model wants it: templates may write numbers as text."""
    if shape is None:
        return value
    if shape.type_name == "structure":
        return {k: _fit(shape.members[k], v) for k, v in value.items() if k in shape.members}
    if shape.type_name == "list":
        return [_fit(shape.member, item) for item in value]
    if shape.type_name == "map":
        return {key: _fit(shape.value, item) for key, item in value.items()}
    if shape.type_name in ("integer", "long"):
        return int(value)
    if shape.type_name == "boolean":
        return value if isinstance(value, bool) else value == "true"
    if shape.type_name == "string":
        return json.dumps(value) if isinstance(value, dict) else str(value)
    return value
