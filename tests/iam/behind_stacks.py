"""What CloudFormation does on behalf of whoever makes a stack, by resource type.

CloudFormation uses the caller's permissions (AWS CloudFormation User Guide, "Control access with
IAM"). For most types the registry's schema says which its handlers need (`handlers` of AWS's
published resource type schemas, "Resource type schema"); those lists are kept here without what our
templates do not use, and `UNUSED` says why each other one is left out. The schemas of DMS, Glue,
SageMaker and a few more are not to be had with handlers: theirs are our guess from each service's
API for the properties that the templates give.
"""

from __future__ import annotations

from typing import Final

BY_TYPE: Final[dict[str, str]] = {
    "AWS::CloudFormation::Stack": """
        cloudformation:CreateStack cloudformation:DeleteStack cloudformation:DescribeStacks
        cloudformation:TagResource cloudformation:UpdateStack s3:GetObject""",
    "AWS::DMS::Endpoint": """
        dms:AddTagsToResource dms:CreateEndpoint dms:DeleteEndpoint dms:DescribeEndpoints
        dms:ListTagsForResource dms:ModifyEndpoint dms:RemoveTagsFromResource iam:GetRole""",
    # AWS DMS User Guide, "IAM permissions needed to use AWS DMS", has those of EC2.
    "AWS::DMS::ReplicationInstance": """
        dms:AddTagsToResource dms:CreateReplicationInstance dms:DeleteReplicationInstance
        dms:DescribeReplicationInstances dms:ListTagsForResource dms:ModifyReplicationInstance
        dms:RemoveTagsFromResource
        ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeAvailabilityZones
        ec2:DescribeInternetGateways ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs
        ec2:ModifyNetworkInterfaceAttribute""",
    "AWS::DMS::ReplicationSubnetGroup": """
        dms:AddTagsToResource dms:CreateReplicationSubnetGroup dms:DeleteReplicationSubnetGroup
        dms:DescribeReplicationSubnetGroups dms:ListTagsForResource
        dms:ModifyReplicationSubnetGroup dms:RemoveTagsFromResource""",
    "AWS::DMS::ReplicationTask": """
        dms:AddTagsToResource dms:CreateReplicationTask dms:DeleteReplicationTask
        dms:DescribeReplicationTasks dms:ListTagsForResource dms:ModifyReplicationTask
        dms:RemoveTagsFromResource dms:StopReplicationTask""",
    "AWS::DynamoDB::Table": """
        dynamodb:CreateTable dynamodb:DeleteTable dynamodb:DescribeContinuousBackups
        dynamodb:DescribeContributorInsights dynamodb:DescribeKinesisStreamingDestination
        dynamodb:DescribeTable dynamodb:DescribeTimeToLive dynamodb:ListTagsOfResource
        dynamodb:TagResource dynamodb:UntagResource dynamodb:UpdateTable""",
    "AWS::EC2::RouteTable": """
        ec2:CreateRouteTable ec2:CreateTags ec2:DeleteRouteTable ec2:DeleteTags
        ec2:DescribeRouteTables""",
    "AWS::EC2::SecurityGroup": """
        ec2:AuthorizeSecurityGroupEgress ec2:CreateSecurityGroup ec2:CreateTags
        ec2:DeleteSecurityGroup ec2:DeleteTags ec2:DescribeSecurityGroups
        ec2:RevokeSecurityGroupEgress""",
    "AWS::EC2::Subnet": """
        ec2:CreateSubnet ec2:CreateTags ec2:DeleteSubnet ec2:DeleteTags ec2:DescribeNetworkAcls
        ec2:DescribeSubnets""",
    "AWS::EC2::SubnetRouteTableAssociation": """
        ec2:AssociateRouteTable ec2:DescribeRouteTables ec2:DescribeSubnets
        ec2:DisassociateRouteTable ec2:ReplaceRouteTableAssociation""",
    "AWS::EC2::VPC": """
        ec2:CreateTags ec2:CreateVpc ec2:DeleteTags ec2:DeleteVpc ec2:DescribeNetworkAcls
        ec2:DescribeSecurityGroups ec2:DescribeVpcAttribute ec2:DescribeVpcs
        ec2:ModifyVpcAttribute""",
    "AWS::EC2::VPCEndpoint": """
        ec2:CreateTags ec2:CreateVpcEndpoint ec2:DeleteTags ec2:DeleteVpcEndpoints
        ec2:DescribeVpcEndpoints ec2:ModifyVpcEndpoint""",
    "AWS::Events::Rule": """
        events:DeleteRule events:DescribeRule events:ListTagsForResource
        events:ListTargetsByRule events:PutRule events:PutTargets events:RemoveTargets
        events:TagResource events:UntagResource""",
    "AWS::Glue::Crawler": """
        glue:CreateCrawler glue:DeleteCrawler glue:GetCrawler glue:GetTags glue:TagResource
        glue:UntagResource glue:UpdateCrawler""",
    "AWS::Glue::Database": """
        glue:CreateDatabase glue:DeleteDatabase glue:GetDatabase glue:UpdateDatabase""",
    "AWS::Glue::Job": """
        glue:CreateJob glue:DeleteJob glue:GetJob glue:GetTags glue:TagResource
        glue:UntagResource glue:UpdateJob""",
    "AWS::IAM::Role": """
        iam:AttachRolePolicy iam:CreateRole iam:DeleteRole iam:DeleteRolePolicy
        iam:DetachRolePolicy iam:GetRole iam:GetRolePolicy iam:ListAttachedRolePolicies
        iam:ListRolePolicies iam:PutRolePolicy iam:TagRole iam:UntagRole
        iam:UpdateAssumeRolePolicy iam:UpdateRole iam:UpdateRoleDescription""",
    "AWS::Kinesis::Stream": """
        kinesis:AddTagsToStream kinesis:CreateStream kinesis:DeleteStream
        kinesis:DescribeStreamSummary kinesis:ListTagsForStream kinesis:RemoveTagsFromStream""",
    "AWS::KinesisFirehose::DeliveryStream": """
        firehose:CreateDeliveryStream firehose:DeleteDeliveryStream
        firehose:DescribeDeliveryStream firehose:ListTagsForDeliveryStream
        firehose:TagDeliveryStream firehose:UntagDeliveryStream firehose:UpdateDestination
        iam:GetRole""",
    "AWS::Lambda::EventSourceMapping": """
        lambda:CreateEventSourceMapping lambda:DeleteEventSourceMapping
        lambda:GetEventSourceMapping lambda:UpdateEventSourceMapping""",
    "AWS::Lambda::Function": """
        lambda:CreateFunction lambda:DeleteFunction lambda:GetFunction
        lambda:GetFunctionCodeSigningConfig lambda:GetRuntimeManagementConfig lambda:ListTags
        lambda:TagResource lambda:UntagResource lambda:UpdateFunctionCode
        lambda:UpdateFunctionConfiguration s3:GetObject""",
    "AWS::Lambda::Permission": "lambda:AddPermission lambda:GetPolicy lambda:RemovePermission",
    "AWS::Logs::LogGroup": """
        logs:CreateLogGroup logs:DeleteLogGroup logs:DeleteRetentionPolicy
        logs:DescribeLogGroups logs:GetDataProtectionPolicy logs:ListTagsForResource
        logs:PutRetentionPolicy logs:TagResource logs:UntagResource""",
    "AWS::S3::Bucket": """
        s3:CreateBucket s3:DeleteBucket s3:GetBucketNotification s3:GetBucketPublicAccessBlock
        s3:GetBucketTagging s3:GetEncryptionConfiguration s3:ListBucket s3:PutBucketNotification
        s3:PutBucketPublicAccessBlock s3:PutBucketTagging s3:PutEncryptionConfiguration""",
    "AWS::S3::BucketPolicy": "s3:DeleteBucketPolicy s3:GetBucketPolicy s3:PutBucketPolicy",
    "AWS::SNS::Topic": """
        sns:CreateTopic sns:DeleteTopic sns:GetTopicAttributes sns:ListSubscriptionsByTopic
        sns:ListTagsForResource sns:SetTopicAttributes sns:TagResource sns:UntagResource""",
    "AWS::SQS::Queue": """
        sqs:CreateQueue sqs:DeleteQueue sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ListQueueTags
        sqs:SetQueueAttributes sqs:TagQueue sqs:UntagQueue""",
    "AWS::SageMaker::Endpoint": """
        sagemaker:AddTags sagemaker:CreateEndpoint sagemaker:DeleteEndpoint sagemaker:DeleteTags
        sagemaker:DescribeEndpoint sagemaker:ListTags sagemaker:UpdateEndpoint""",
    "AWS::SageMaker::EndpointConfig": """
        sagemaker:AddTags sagemaker:CreateEndpointConfig sagemaker:DeleteEndpointConfig
        sagemaker:DeleteTags sagemaker:DescribeEndpointConfig sagemaker:ListTags""",
    "AWS::SageMaker::Model": """
        sagemaker:AddTags sagemaker:CreateModel sagemaker:DeleteModel sagemaker:DeleteTags
        sagemaker:DescribeModel sagemaker:ListTags""",
    "AWS::StepFunctions::StateMachine": """
        states:CreateStateMachine states:DeleteStateMachine states:DescribeStateMachine
        states:ListTagsForResource states:TagResource states:UntagResource
        states:UpdateStateMachine""",
    # A custom resource calls its function.
    "Custom::": "lambda:InvokeFunction",
}
"""Actions, with spaces between."""

UNUSED: Final[dict[str, str]] = {
    r".+:\*|kms:.+": "no template names a key of KMS",
    r"iam:PassRole": "in the statements of `tests.iam.deployer`, by service",
    r"iam:CreateServiceLinkedRole": "only for tables that scale by themselves",
    r"iam:(Delete|Put)RolePermissionsBoundary": "no role has a boundary",
    r"(?i)s3:(Get|Put|Delete)(Bucket)?(Accelerate|Analytics|Cors|IntelligentTiering|Inventory|"
    r"Lifecycle|Logging|Metrics|ObjectLock|OwnershipControls|Replication|"
    r"Versioning|Website)(Configuration)?": "the bucket has none of these",
    r"sns:((Get|Put)DataProtectionPolicy|Subscribe|Unsubscribe)": (
        "the topic has no policy for data, and who subscribes does so later"
    ),
    r"s3:(GetBucketAcl|PutBucketAcl|PutObjectAcl)": "the bucket has no list of grants",
    r"s3:DeleteObject": "CloudFormation empties no bucket",
    r"s3:(GetObjectVersion|GetObjectMetadata|REST\.PUT\.OBJECT)": "no code or import has a version",
    r"(?i)s3:(PutBucketReplication|DeleteBucketEncryption)": "there is no such action",
    r"s3:(GetObject|ListBucket)": "no table is imported from a bucket",
    r"ec2:ModifyVpcTenancy": "the VPC has the default tenancy",
    r"ec2:(ModifySubnetAttribute|(Associate|Disassociate)SubnetCidrBlock)": (
        "the subnets have a CIDR block of IPv4 and nothing else"
    ),
    r"ec2:Describe(NetworkInterfaces|SecurityGroups|Subnets|Vpcs)|elasticfilesystem:.+": (
        "no function is in a VPC"
    ),
    r"lambda:(Get|Put|Delete)?(FunctionConcurrency|LayerVersion|CodeSigningConfig|ResourcePolicy|"
    r"Policy)|lambda:(Put|Delete)FunctionCodeSigningConfig|lambda:PutRuntimeManagementConfig|"
    r"lambda:(Add|Remove)Permission": "the functions have none of these",
    r"logs:(Associate|Disassociate)KmsKey|logs:(Put|Delete)DataProtectionPolicy|"
    r"logs:(CreateLogDelivery|PutResourcePolicy|DescribeResourcePolicies)|"
    r"firehose:TagDeliveryStream": "the log groups have none of these",
    r"logs:(Tag|Untag|ListTags)LogGroup": "deprecated for TagResource and so on",
    r"kinesis:(Start|Stop)StreamEncryption|kinesis:(Increase|Decrease)StreamRetentionPeriod|"
    r"kinesis:(Enable|Disable)EnhancedMonitoring": "the stream has none of these",
    r"kinesis:Update(ShardCount|StreamMode)": "the stream has one shard, whatever it is given",
    r"firehose:(Start|Stop)DeliveryStreamEncryption": "the source is a stream of Kinesis",
    r"dynamodb:(DescribeImport|ImportTable|Update(TimeToLive|ContributorInsights|"
    r"ContinuousBackups)|(Enable|Disable)KinesisStreamingDestination)|"
    r"kinesis:(DescribeStream|PutRecords)|logs:(Create|Describe|Put).+": (
        "the tables have none of these"
    ),
}
"""By a pattern of actions: why what a handler may need is not needed here."""


def behind(kind: str) -> set[str]:
    """The actions behind a resource type.

    Raises:
        KeyError: it is not in the table
    """
    return set(BY_TYPE["Custom::" if kind.startswith("Custom::") else kind].split())
