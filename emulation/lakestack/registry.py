"""The services that the emulator provides: what all other lists of them are made from.

Entry points, LocalStack's overrides, `lake emulator status` and docs/fidelity.md follow from here.

    python -m lakestack.registry            write the entry points into emulation/pyproject.toml
    python -m lakestack.registry --check    fail when they are out of date

Nothing is imported by this module, so that every start can read it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

COMMAND = "python -m lakestack.registry"
PROJECT_FILE = Path(__file__).resolve().parents[1] / "pyproject.toml"
"""There in a clone only."""
PROVIDERS = "localstack.aws.provider"
RESOURCE_PROVIDERS = "localstack.cloudformation.resource_providers"
PLUGINS = "lakestack.services.plugins"
OVERRIDE = "lake"
"""Name of our provider where LocalStack has one of its own."""


@dataclass(frozen=True)
class EmulatedService:
    """A service that our plugin provides.

    Attributes:
        api: boto3's name
        title: AWS's name
        provider: ``module:class``
        factory: ``module:function`` that makes the service, where it takes more than the class
        overrides: LocalStack has a provider, too: ours is chosen by ``PROVIDER_OVERRIDE_<API>``
        moto: ``module:class`` of moto's responses, where moto answers what the provider has not
        engine: who answers that in moto's place
        extra: of the distribution, without which every operation is refused by its name
        resource_types: CloudFormation's types and ``module:class`` of their plugins
        replaced_types: types that LocalStack has, too, and ``module:class`` of ours
    """

    api: str
    title: str
    provider: str
    factory: str | None = None
    overrides: bool = False
    moto: str | None = None
    engine: str | None = None
    extra: str | None = None
    resource_types: Mapping[str, str] = field(default_factory=dict)
    replaced_types: Mapping[str, str] = field(default_factory=dict)

    @property
    def plugin(self) -> str:
        """Name of its entry point."""
        return f"{self.api}:{OVERRIDE if self.overrides else 'default'}"

    @property
    def attribute(self) -> str:
        """Name of its plugin in `PLUGINS`."""
        return f"service_{self.api.replace('-', '_')}"


_OURS = "lakestack.services"
_APIS = f"{_OURS}.apigatewayv2.resources"
_ATHENA = f"{_OURS}.athena.resources"
_AUTOSCALING = f"{_OURS}.application_autoscaling.resources"
_CFN = f"{_OURS}.cloudformation"
_TYPES = f"{_CFN}.types"
_DMS = f"{_OURS}.dms.resources"
_GLUE = f"{_OURS}.glue.resources"
_LAKE_FORMATION = f"{_OURS}.lakeformation.resources"
_NOTEBOOKS = f"{_OURS}.sagemaker.notebook_resources"
_SAGEMAKER = f"{_OURS}.sagemaker.resources"

SERVICES: tuple[EmulatedService, ...] = (
    EmulatedService(
        "kinesis",
        "Kinesis Data Streams",
        f"{_OURS}.kinesis.provider:KinesisProvider",
        overrides=True,
        moto="moto.kinesis.responses:KinesisResponse",
    ),
    EmulatedService(
        "firehose",
        "Data Firehose",
        f"{_OURS}.firehose.provider:FirehoseProvider",
        overrides=True,
        moto="moto.firehose.responses:FirehoseResponse",
        replaced_types={
            "AWS::KinesisFirehose::DeliveryStream": f"{_OURS}.firehose.resources:DeliveryStream"
        },
    ),
    EmulatedService(
        "dms",
        "Database Migration Service",
        f"{_OURS}.dms.provider:DmsProvider",
        moto="moto.dms.responses:DatabaseMigrationServiceResponse",
        resource_types={
            "AWS::DMS::ReplicationSubnetGroup": f"{_DMS}:ReplicationSubnetGroupPlugin",
            "AWS::DMS::ReplicationInstance": f"{_DMS}:ReplicationInstancePlugin",
            "AWS::DMS::Endpoint": f"{_DMS}:EndpointPlugin",
            "AWS::DMS::ReplicationTask": f"{_DMS}:ReplicationTaskPlugin",
            "AWS::DMS::EventSubscription": f"{_DMS}:EventSubscriptionPlugin",
        },
    ),
    EmulatedService(
        "glue",
        "Glue",
        f"{_OURS}.glue.provider:GlueProvider",
        moto="moto.glue.responses:GlueResponse",
        extra="glue",
        resource_types={
            "AWS::Glue::Database": f"{_GLUE}:DatabasePlugin",
            "AWS::Glue::Table": f"{_GLUE}:TablePlugin",
            "AWS::Glue::Partition": f"{_GLUE}:PartitionPlugin",
            "AWS::Glue::Classifier": f"{_GLUE}:ClassifierPlugin",
            "AWS::Glue::Crawler": f"{_GLUE}:CrawlerPlugin",
            "AWS::Glue::Job": f"{_GLUE}:JobPlugin",
            "AWS::Glue::Connection": f"{_GLUE}:ConnectionPlugin",
            "AWS::Glue::Trigger": f"{_GLUE}:TriggerPlugin",
            "AWS::Glue::Workflow": f"{_GLUE}:WorkflowPlugin",
            "AWS::Glue::DataQualityRuleset": f"{_GLUE}:DataQualityRulesetPlugin",
            "AWS::Glue::CustomEntityType": f"{_GLUE}:CustomEntityTypePlugin",
            "AWS::Glue::Registry": f"{_OURS}.glue.registry_resources:RegistryPlugin",
            "AWS::Glue::Schema": f"{_OURS}.glue.registry_resources:SchemaPlugin",
            "AWS::Glue::SchemaVersion": f"{_OURS}.glue.registry_resources:SchemaVersionPlugin",
            "AWS::Glue::SchemaVersionMetadata": (
                f"{_OURS}.glue.registry_resources:SchemaVersionMetadataPlugin"
            ),
            "AWS::Glue::DataCatalogEncryptionSettings": (
                f"{_OURS}.glue.registry_resources:CatalogEncryptionPlugin"
            ),
            "AWS::Glue::SecurityConfiguration": (
                f"{_OURS}.glue.registry_resources:SecurityConfigurationPlugin"
            ),
        },
    ),
    EmulatedService(
        "sagemaker",
        "SageMaker",
        f"{_OURS}.sagemaker.provider:SagemakerProvider",
        moto="moto.sagemaker.responses:SageMakerResponse",
        resource_types={
            "AWS::SageMaker::Model": f"{_SAGEMAKER}:ModelPlugin",
            "AWS::SageMaker::EndpointConfig": f"{_SAGEMAKER}:EndpointConfigPlugin",
            "AWS::SageMaker::Endpoint": f"{_SAGEMAKER}:EndpointPlugin",
            "AWS::SageMaker::ModelPackageGroup": f"{_SAGEMAKER}:ModelPackageGroupPlugin",
            "AWS::SageMaker::NotebookInstance": f"{_NOTEBOOKS}:NotebookInstancePlugin",
            "AWS::SageMaker::NotebookInstanceLifecycleConfig": (
                f"{_NOTEBOOKS}:LifecycleConfigPlugin"
            ),
        },
    ),
    EmulatedService(
        "sagemaker-runtime",
        "SageMaker Runtime",
        f"{_OURS}.sagemaker.provider:SagemakerRuntimeProvider",
        moto="moto.sagemakerruntime.responses:SageMakerRuntimeResponse",
    ),
    EmulatedService(
        "scheduler",
        "EventBridge Scheduler",
        f"{_OURS}.scheduler.provider:SchedulerProvider",
        overrides=True,
        moto="moto.scheduler.responses:EventBridgeSchedulerResponse",
    ),
    EmulatedService(
        "pipes",
        "EventBridge Pipes",
        f"{_OURS}.pipes.provider:PipesProvider",
        resource_types={"AWS::Pipes::Pipe": f"{_OURS}.pipes.resources:PipePlugin"},
    ),
    EmulatedService(
        "apigatewayv2",
        "API Gateway HTTP APIs",
        f"{_OURS}.apigatewayv2.provider:ApiGatewayV2Provider",
        moto="moto.apigatewayv2.responses:ApiGatewayV2Response",
        resource_types={
            "AWS::ApiGatewayV2::Api": f"{_APIS}:ApiPlugin",
            "AWS::ApiGatewayV2::Authorizer": f"{_APIS}:AuthorizerPlugin",
            "AWS::ApiGatewayV2::Deployment": f"{_APIS}:DeploymentPlugin",
            "AWS::ApiGatewayV2::Integration": f"{_APIS}:IntegrationPlugin",
            "AWS::ApiGatewayV2::Route": f"{_APIS}:RoutePlugin",
            "AWS::ApiGatewayV2::Stage": f"{_APIS}:StagePlugin",
        },
    ),
    EmulatedService(
        "athena",
        "Amazon Athena",
        f"{_OURS}.athena.provider:AthenaProvider",
        moto="moto.athena.responses:AthenaResponse",
        extra="glue",
        resource_types={
            "AWS::Athena::WorkGroup": f"{_ATHENA}:WorkGroupPlugin",
            "AWS::Athena::NamedQuery": f"{_ATHENA}:NamedQueryPlugin",
            "AWS::Athena::PreparedStatement": f"{_ATHENA}:PreparedStatementPlugin",
            "AWS::Athena::DataCatalog": f"{_ATHENA}:DataCatalogPlugin",
        },
    ),
    EmulatedService(
        "application-autoscaling",
        "Application Auto Scaling",
        f"{_OURS}.application_autoscaling.provider:ApplicationAutoscalingProvider",
        moto="moto.applicationautoscaling.responses:ApplicationAutoScalingResponse",
        resource_types={
            "AWS::ApplicationAutoScaling::ScalableTarget": f"{_AUTOSCALING}:ScalableTargetPlugin",
            "AWS::ApplicationAutoScaling::ScalingPolicy": f"{_AUTOSCALING}:ScalingPolicyPlugin",
        },
    ),
    EmulatedService(
        "lakeformation",
        "Lake Formation",
        f"{_OURS}.lakeformation.provider:LakeFormationProvider",
        moto="moto.lakeformation.responses:LakeFormationResponse",
        resource_types={
            "AWS::LakeFormation::DataCellsFilter": f"{_LAKE_FORMATION}:DataCellsFilterPlugin",
            "AWS::LakeFormation::DataLakeSettings": f"{_LAKE_FORMATION}:DataLakeSettingsPlugin",
            "AWS::LakeFormation::Permissions": f"{_LAKE_FORMATION}:PermissionsPlugin",
            "AWS::LakeFormation::PrincipalPermissions": (
                f"{_LAKE_FORMATION}:PrincipalPermissionsPlugin"
            ),
            "AWS::LakeFormation::Resource": f"{_LAKE_FORMATION}:LocationPlugin",
            "AWS::LakeFormation::Tag": f"{_LAKE_FORMATION}:TagPlugin",
            "AWS::LakeFormation::TagAssociation": f"{_LAKE_FORMATION}:TagAssociationPlugin",
        },
    ),
    EmulatedService(
        "lambda",
        "Lambda",
        f"{_OURS}.lambda_.provider:LakeLambdaProvider",
        factory=f"{_OURS}.lambda_.provider:create_service",
        overrides=True,
        replaced_types={"AWS::Lambda::Version": f"{_OURS}.lambda_.resources:Version"},
    ),
    EmulatedService(
        "cloudformation",
        "CloudFormation",
        f"{_CFN}.provider:CloudFormationProvider",
        factory=f"{_CFN}.provider:create_service",
        overrides=True,
        resource_types={
            "AWS::CloudFormation::CustomResource": f"{_TYPES}.custom_resource:CustomResourcePlugin",
            "AWS::CloudWatch::Dashboard": f"{_TYPES}.dashboard:DashboardPlugin",
            "AWS::EC2::EIP": f"{_TYPES}.elastic_ip:ElasticIpPlugin",
            "AWS::EC2::EIPAssociation": f"{_TYPES}.elastic_ip:AssociationPlugin",
            "AWS::EC2::NetworkAclEntry": f"{_TYPES}.network_acl:NetworkAclEntryPlugin",
            "AWS::EC2::SecurityGroupEgress": (
                f"{_TYPES}.security_group_rules:SecurityGroupEgressPlugin"
            ),
            "AWS::EC2::SecurityGroupIngress": (
                f"{_TYPES}.security_group_rules:SecurityGroupIngressPlugin"
            ),
            "AWS::EC2::SubnetNetworkAclAssociation": (
                f"{_TYPES}.network_acl:SubnetAssociationPlugin"
            ),
            "AWS::Events::Archive": f"{_TYPES}.event_archive:ArchivePlugin",
            "AWS::IAM::GroupPolicy": f"{_TYPES}.inline_policies:GroupPolicyPlugin",
            "AWS::IAM::RolePolicy": f"{_TYPES}.inline_policies:RolePolicyPlugin",
            "AWS::IAM::UserPolicy": f"{_TYPES}.inline_policies:UserPolicyPlugin",
            "AWS::IAM::UserToGroupAddition": f"{_TYPES}.user_groups:UserToGroupAdditionPlugin",
            "AWS::Kinesis::ResourcePolicy": f"{_TYPES}.inline_policies:StreamPolicyPlugin",
            "AWS::Logs::MetricFilter": f"{_TYPES}.metric_filter:MetricFilterPlugin",
            "AWS::Logs::QueryDefinition": f"{_TYPES}.query_definition:QueryDefinitionPlugin",
            "AWS::Logs::ResourcePolicy": f"{_TYPES}.inline_policies:LogsPolicyPlugin",
            "AWS::SNS::TopicInlinePolicy": f"{_TYPES}.inline_policies:TopicInlinePolicyPlugin",
            "AWS::SQS::QueueInlinePolicy": f"{_TYPES}.inline_policies:QueueInlinePolicyPlugin",
            "AWS::StepFunctions::StateMachineAlias": (
                f"{_TYPES}.state_machine_versions:StateMachineAliasPlugin"
            ),
            "AWS::StepFunctions::StateMachineVersion": (
                f"{_TYPES}.state_machine_versions:StateMachineVersionPlugin"
            ),
            "AWS::ApiGateway::Authorizer": f"{_TYPES}.settings_of_services:AuthorizerPlugin",
            "AWS::Config::ConfigRule": f"{_TYPES}.settings_of_services:ConfigRulePlugin",
            "AWS::EC2::EgressOnlyInternetGateway": f"{_TYPES}.vpc_parts:EgressOnlyGatewayPlugin",
            "AWS::EC2::FlowLog": f"{_TYPES}.vpc_parts:FlowLogPlugin",
            "AWS::EC2::LaunchTemplate": f"{_TYPES}.vpc_parts:LaunchTemplatePlugin",
            "AWS::EC2::NetworkInterface": f"{_TYPES}.vpc_parts:NetworkInterfacePlugin",
            "AWS::EC2::VPCDHCPOptionsAssociation": f"{_TYPES}.vpc_parts:DhcpAssociationPlugin",
            "AWS::EC2::VPCPeeringConnection": f"{_TYPES}.vpc_parts:PeeringConnectionPlugin",
            "AWS::EC2::Volume": f"{_TYPES}.vpc_parts:VolumePlugin",
            "AWS::EC2::VolumeAttachment": f"{_TYPES}.vpc_parts:VolumeAttachmentPlugin",
            "AWS::IAM::OIDCProvider": f"{_TYPES}.settings_of_services:OidcProviderPlugin",
            "AWS::Redshift::ClusterParameterGroup": (
                f"{_TYPES}.settings_of_services:ClusterParameterGroupPlugin"
            ),
            "AWS::Redshift::ClusterSubnetGroup": (
                f"{_TYPES}.settings_of_services:ClusterSubnetGroupPlugin"
            ),
            "AWS::Route53::HostedZone": f"{_TYPES}.hosted_zone:HostedZonePlugin",
            "AWS::Route53::RecordSetGroup": f"{_TYPES}.hosted_zone:RecordSetGroupPlugin",
            "AWS::SSM::Document": f"{_TYPES}.settings_of_services:DocumentPlugin",
        },
        replaced_types={
            "AWS::CloudFormation::Stack": f"{_TYPES}.nested_stack:NestedStack",
            "AWS::CloudFormation::WaitCondition": f"{_TYPES}.wait_condition:WaitCondition",
            "AWS::CloudFormation::WaitConditionHandle": (
                f"{_TYPES}.wait_condition:WaitConditionHandle"
            ),
            "AWS::EC2::Instance": f"{_TYPES}.ec2_instance:Instance",
            "AWS::EC2::NatGateway": f"{_TYPES}.nat_gateway:NatGateway",
            "AWS::Events::EventBusPolicy": f"{_TYPES}.event_bus_policy:EventBusPolicy",
            "AWS::IAM::Role": f"{_TYPES}.iam_role:Role",
            "AWS::Logs::SubscriptionFilter": f"{_TYPES}.subscription_filter:SubscriptionFilter",
            "AWS::S3::Bucket": f"{_TYPES}.s3_bucket:Bucket",
        },
    ),
    EmulatedService(
        "dynamodb",
        "DynamoDB",
        "localstack.services.dynamodb.provider:DynamoDBProvider",
        factory=f"{_OURS}.dynamodb.provider:create_service",
        overrides=True,
        engine="DynamoDB Local",
    ),
)


def resource_types() -> dict[str, str]:
    """CloudFormation's types of ours by name: ``module:class`` of their plugins."""
    return {name: path for each in SERVICES for name, path in each.resource_types.items()}


def replaced_types() -> dict[str, str]:
    """Types that we have in LocalStack's place: ``module:class``."""
    return {name: path for each in SERVICES for name, path in each.replaced_types.items()}


def overrides() -> dict[str, str]:
    """The variables by which LocalStack takes our providers instead of its own."""
    names = [each.api.upper().replace("-", "_") for each in SERVICES if each.overrides]
    return {f"PROVIDER_OVERRIDE_{name}": OVERRIDE for name in names}


def entry_points() -> dict[str, dict[str, str]]:
    """What emulation/pyproject.toml has to say: group, name and value."""
    return {
        PROVIDERS: {each.plugin: f"{PLUGINS}:{each.attribute}" for each in SERVICES},
        RESOURCE_PROVIDERS: {
            name: f"{PLUGINS}:{name.replace('::', '_')}" for name in resource_types()
        },
    }


def updated(text: str) -> str:
    """The project file with its entry points made again.

    Raises:
        ValueError: it has not the tables of the entry points
    """
    for group, entries in entry_points().items():
        head = f'[project.entry-points."{group}"]\n'
        body = "".join(f'"{name}" = "{value}"\n' for name, value in entries.items())
        found = re.search(re.escape(head) + r"(?:[^\[\n][^\n]*\n)*", text)
        if found is None:
            raise ValueError(f"{PROJECT_FILE.name} has no table {head.strip()}")
        text = text[: found.start()] + head + body + text[found.end() :]
    return text


def main(arguments: list[str] | None = None) -> int:
    """Write or check the entry points; returns the exit code."""
    from lakestack import generated

    check = generated.is_check(COMMAND, __doc__, arguments)
    if not PROJECT_FILE.is_file():
        print(f"{COMMAND} works in a clone: there is no {PROJECT_FILE.name} here", file=sys.stderr)
        return 1
    return generated.write(PROJECT_FILE, updated, COMMAND, check=check)


if __name__ == "__main__":
    sys.exit(main())
