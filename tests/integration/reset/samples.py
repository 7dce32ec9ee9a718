"""One of everything of every service: how it is made, and how it is listed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.integration.reset import event_samples
from tests.integration.reset.account_client import s3control
from tests.support import ACCOUNT, wait_until

Aws = Callable[[str], Any]
ROLE = "arn:aws:iam::000000000000:role/sample"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)


@dataclass(frozen=True)
class Sample:
    """A resource of a service.

    Args:
        make: makes it; gets the clients and a name
        listed: lists all of its kind, as anything that can be compared
    """

    make: Callable[[Aws, str], Any]
    listed: Callable[[Aws], Any]


def listing(service: str, operation: str, member: str, **request: Any) -> Callable[[Aws], Any]:
    """The member of an answer."""
    return lambda aws: getattr(aws(service), operation)(**request)[member]


def _certificate(aws: Aws, name: str) -> None:
    aws("acm").request_certificate(DomainName=f"{name}.example.com")


def _certificates(aws: Aws) -> list[str]:
    """Without their states: moto issues one by itself after a minute."""
    found = aws("acm").list_certificates()["CertificateSummaryList"]
    return [certificate["CertificateArn"] for certificate in found]


def _stack(aws: Aws, name: str) -> None:
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    aws("cloudformation").create_stack(StackName=name, TemplateBody=json.dumps(template))
    aws("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def _metric(aws: Aws, name: str) -> None:
    aws("cloudwatch").put_metric_data(
        Namespace=name, MetricData=[{"MetricName": "m", "Value": 1.0}]
    )


def _own_metrics(aws: Aws) -> list[Any]:
    """Without those of services, which come by themselves a moment later."""
    found = aws("cloudwatch").list_metrics()["Metrics"]
    return [metric for metric in found if not metric["Namespace"].startswith("AWS/")]


def _alarm(aws: Aws, name: str) -> None:
    aws("cloudwatch").put_metric_alarm(
        AlarmName=name,
        Namespace=name,
        MetricName="m",
        Period=60,
        EvaluationPeriods=1,
        Statistic="Sum",
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )


def table(aws: Aws, name: str) -> None:
    aws("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        Tags=[{"Key": "a", "Value": "b"}],
    )
    aws("dynamodb").put_item(TableName=name, Item={"k": {"S": "1"}})


def _rule(aws: Aws, name: str) -> None:
    aws("events").put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    region = aws("events").meta.region_name
    aws("events").put_targets(
        Rule=name, Targets=[{"Id": "1", "Arn": f"arn:aws:sqs:{region}:000000000000:{name}"}]
    )


def _delivery_stream(aws: Aws, name: str) -> None:
    aws("firehose").create_delivery_stream(
        DeliveryStreamName=name,
        ExtendedS3DestinationConfiguration={
            "RoleARN": ROLE,
            "BucketARN": f"arn:aws:s3:::{name}-that-is-not-there",
            "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 900},
        },
    )
    wait_until(
        lambda: aws("firehose").describe_delivery_stream(DeliveryStreamName=name)[
            "DeliveryStreamDescription"
        ]["DeliveryStreamStatus"]
        == "ACTIVE"
    )
    aws("firehose").put_record(DeliveryStreamName=name, Record={"Data": b"pending"})


def _log(aws: Aws, name: str) -> None:
    aws("logs").create_log_group(logGroupName=name)
    aws("logs").put_metric_filter(
        logGroupName=name,
        filterName=name,
        filterPattern="",
        metricTransformations=[{"metricName": "m", "metricNamespace": name, "metricValue": "1"}],
    )


def _bucket(aws: Aws, name: str) -> None:
    s3 = aws("s3")
    region = s3.meta.region_name
    place = {} if region == "us-east-1" else {"LocationConstraint": region}
    s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": place} if place else {}))
    s3.put_object(Bucket=name, Key="small", Body=b"x", Tagging="a=b")
    s3.put_object(Bucket=name, Key="large", Body=b"x" * 2_000_000)
    upload = s3.create_multipart_upload(Bucket=name, Key="parts")["UploadId"]
    s3.upload_part(Bucket=name, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")


def _access_block(aws: Aws, name: str) -> None:
    del name
    s3control(aws).put_public_access_block(
        AccountId=ACCOUNT, PublicAccessBlockConfiguration={"BlockPublicAcls": True}
    )


def _access_blocks(aws: Aws) -> Any:
    try:
        answer = s3control(aws).get_public_access_block(AccountId=ACCOUNT)
        return answer["PublicAccessBlockConfiguration"]
    except ClientError as e:
        return e.response["Error"]["Code"]


def _email(aws: Aws, name: str) -> None:
    ses = aws("ses")
    ses.verify_email_identity(EmailAddress=f"{name}@example.com")
    ses.send_email(
        Source=f"{name}@example.com",
        Destination={"ToAddresses": ["somebody@example.com"]},
        Message={"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}},
    )


def _queue(aws: Aws, name: str) -> None:
    queue = aws("sqs").create_queue(QueueName=name)["QueueUrl"]
    aws("sqs").send_message(QueueUrl=queue, MessageBody="m")


def _state_machine(aws: Aws, name: str) -> None:
    definition = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
    arn = aws("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE
    )["stateMachineArn"]
    aws("stepfunctions").start_execution(stateMachineArn=arn)


def _transcription(aws: Aws, name: str) -> None:
    aws("s3").create_bucket(Bucket=f"{name}-audio")
    aws("s3").put_object(Bucket=f"{name}-audio", Key="a.wav", Body=b"RIFF")
    aws("transcribe").start_transcription_job(
        TranscriptionJobName=name,
        LanguageCode="en-US",
        Media={"MediaFileUri": f"s3://{name}-audio/a.wav"},
    )


def _resolver(aws: Aws, name: str) -> None:
    aws("route53resolver").create_firewall_rule_group(CreatorRequestId=name, Name=name)


def _group(aws: Aws, name: str) -> None:
    query = json.dumps(
        {"ResourceTypeFilters": ["AWS::S3::Bucket"], "TagFilters": [{"Key": "a", "Values": ["b"]}]}
    )
    aws("resource-groups").create_group(
        Name=name, ResourceQuery={"Type": "TAG_FILTERS_1_0", "Query": query}
    )


def _recorder(aws: Aws, name: str) -> None:
    aws("config").put_configuration_recorder(ConfigurationRecorder={"name": name, "roleARN": ROLE})


def _domain(service: str, create: str) -> Callable[[Aws, str], None]:
    return lambda aws, name: getattr(aws(service), create)(DomainName=f"{service}{name[-8:]}")


def _role(aws: Aws, name: str) -> None:
    aws("iam").create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws("iam").create_policy(PolicyName=name, PolicyDocument=document)


SAMPLES: dict[str, tuple[Sample, ...]] = {
    "acm": (Sample(_certificate, _certificates),),
    "apigateway": (
        Sample(
            lambda aws, name: aws("apigateway").create_rest_api(name=name, tags={"a": "b"}),
            listing("apigateway", "get_rest_apis", "items"),
        ),
    ),
    "cloudformation": (Sample(_stack, listing("cloudformation", "list_stacks", "StackSummaries")),),
    "cloudwatch": (
        Sample(_metric, _own_metrics),
        Sample(_alarm, listing("cloudwatch", "describe_alarms", "MetricAlarms")),
    ),
    "config": (
        Sample(
            _recorder,
            listing("config", "describe_configuration_recorders", "ConfigurationRecorders"),
        ),
    ),
    "dynamodb": (Sample(table, listing("dynamodb", "list_tables", "TableNames")),),
    "dynamodbstreams": (
        Sample(
            lambda aws, name: table(aws, f"{name}-streamed"),
            listing("dynamodbstreams", "list_streams", "Streams"),
        ),
    ),
    "ec2": (
        Sample(
            lambda aws, name: aws("ec2").create_security_group(GroupName=name, Description=name),
            lambda aws: sorted(
                g["GroupName"] for g in aws("ec2").describe_security_groups()["SecurityGroups"]
            ),
        ),
    ),
    "es": (
        Sample(
            _domain("es", "create_elasticsearch_domain"),
            listing("es", "list_domain_names", "DomainNames"),
        ),
    ),
    "events": (
        Sample(_rule, listing("events", "list_rules", "Rules")),
        Sample(
            lambda aws, name: aws("events").create_event_bus(Name=name),
            lambda aws: [b["Name"] for b in aws("events").list_event_buses()["EventBuses"]],
        ),
    ),
    "firehose": (
        Sample(
            _delivery_stream, listing("firehose", "list_delivery_streams", "DeliveryStreamNames")
        ),
    ),
    "iam": (
        Sample(_role, listing("iam", "list_roles", "Roles")),
        Sample(
            lambda aws, name: aws("iam").create_user(UserName=name),
            listing("iam", "list_users", "Users"),
        ),
    ),
    "kinesis": (
        Sample(
            lambda aws, name: aws("kinesis").create_stream(StreamName=name, ShardCount=1),
            listing("kinesis", "list_streams", "StreamNames"),
        ),
    ),
    "kms": (
        Sample(lambda aws, _: aws("kms").create_key(), listing("kms", "list_keys", "Keys")),
        Sample(
            lambda aws, name: aws("kms").create_alias(
                AliasName=f"alias/{name}",
                TargetKeyId=aws("kms").create_key()["KeyMetadata"]["KeyId"],
            ),
            lambda aws: [
                a["AliasName"] for a in aws("kms").list_aliases()["Aliases"] if "Target" in str(a)
            ],
        ),
    ),
    "logs": (
        Sample(_log, listing("logs", "describe_log_groups", "logGroups")),
        Sample(
            lambda aws, name: _log(aws, f"{name}-filtered"),
            listing("logs", "describe_metric_filters", "metricFilters"),
        ),
    ),
    "opensearch": (
        Sample(
            _domain("opensearch", "create_domain"),
            listing("opensearch", "list_domain_names", "DomainNames"),
        ),
    ),
    "redshift": (
        Sample(
            lambda aws, name: aws("redshift").create_cluster(
                ClusterIdentifier=name, NodeType="dc2.large", MasterUsername="u"
            ),
            listing("redshift", "describe_clusters", "Clusters"),
        ),
    ),
    "resource-groups": (
        Sample(_group, listing("resource-groups", "list_groups", "GroupIdentifiers")),
    ),
    "resourcegroupstaggingapi": (
        Sample(
            lambda aws, name: aws("secretsmanager").create_secret(
                Name=f"{name}-tagged", SecretString="s", Tags=[{"Key": name, "Value": name}]
            ),
            listing("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList"),
        ),
    ),
    "route53": (
        Sample(
            lambda aws, name: aws("route53").create_hosted_zone(
                Name=f"{name}.example.com", CallerReference=name
            ),
            listing("route53", "list_hosted_zones", "HostedZones"),
        ),
    ),
    "route53resolver": (
        Sample(
            _resolver,
            listing("route53resolver", "list_firewall_rule_groups", "FirewallRuleGroups"),
        ),
    ),
    "s3": (Sample(_bucket, lambda aws: [b["Name"] for b in aws("s3").list_buckets()["Buckets"]]),),
    "s3control": (Sample(_access_block, _access_blocks),),
    "pipes": (Sample(event_samples.pipe, listing("pipes", "list_pipes", "Pipes")),),
    "scheduler": (
        Sample(event_samples.schedule, listing("scheduler", "list_schedules", "Schedules")),
    ),
    "secretsmanager": (
        Sample(
            lambda aws, name: aws("secretsmanager").create_secret(Name=name, SecretString="s"),
            listing("secretsmanager", "list_secrets", "SecretList"),
        ),
    ),
    "ses": (Sample(_email, listing("ses", "list_identities", "Identities")),),
    "sns": (
        Sample(
            lambda aws, name: aws("sns").create_topic(Name=name),
            listing("sns", "list_topics", "Topics"),
        ),
    ),
    "sqs": (Sample(_queue, lambda aws: aws("sqs").list_queues().get("QueueUrls", [])),),
    "ssm": (
        Sample(
            lambda aws, name: aws("ssm").put_parameter(Name=name, Value="v", Type="String"),
            listing("ssm", "describe_parameters", "Parameters"),
        ),
    ),
    "stepfunctions": (
        Sample(_state_machine, listing("stepfunctions", "list_state_machines", "stateMachines")),
    ),
    "support": (
        Sample(
            lambda aws, name: aws("support").create_case(subject=name, communicationBody=name),
            listing("support", "describe_cases", "cases"),
        ),
    ),
    "swf": (
        Sample(
            lambda aws, name: aws("swf").register_domain(
                name=name, workflowExecutionRetentionPeriodInDays="1"
            ),
            listing("swf", "list_domains", "domainInfos", registrationStatus="REGISTERED"),
        ),
    ),
    "transcribe": (
        Sample(
            _transcription,
            listing("transcribe", "list_transcription_jobs", "TranscriptionJobSummaries"),
        ),
    ),
}
