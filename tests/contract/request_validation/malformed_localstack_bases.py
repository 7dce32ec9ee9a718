"""Right requests of the services whose handlers are LocalStack's; see `malformed_bases`."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from tests.contract.request_validation.malformed_api_bases import http_apis
from tests.contract.request_validation.malformed_values import ROLE, UNIQUE, Base
from tests.support import ACCOUNT, REGION, unique


def _dynamodb(aws: Callable[[str], Any]) -> list[Base]:
    name = unique("fz")
    create = {
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    aws("dynamodb").create_table(TableName=name, **create)
    item = {"k": {"S": "a"}, "n": {"N": "1"}, "l": {"L": [{"B": b"x"}, {"BOOL": True}]}}
    on = {"TableName": name}
    values = {":v": {"N": "1"}}
    update = {
        "Key": {"k": {"S": "a"}},
        "UpdateExpression": "SET #n = :v",
        "ExpressionAttributeNames": {"#n": "n"},
        "ExpressionAttributeValues": values,
        "ReturnValues": "ALL_NEW",
    }
    query = {"KeyConditionExpression": "k = :v", "ExpressionAttributeValues": {":v": {"S": "a"}}}
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
    index = {
        "IndexName": "i",
        "KeySchema": create["KeySchema"],
        "Projection": {"ProjectionType": "ALL"},
    }
    ttl = {"Enabled": True, "AttributeName": "t"}
    return [
        (
            "CreateTable",
            {
                "TableName": UNIQUE,
                **create,
                "GlobalSecondaryIndexes": [index],
                "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
                "Tags": [{"Key": "a", "Value": "b"}],
                "SSESpecification": {"Enabled": True},
            },
        ),
        ("PutItem", {**on, "Item": item, "ConditionExpression": "attribute_not_exists(x)"}),
        ("GetItem", {**on, "Key": {"k": {"S": "a"}}, "ProjectionExpression": "k"}),
        ("UpdateItem", {**on, **update}),
        ("DeleteItem", {**on, "Key": {"k": {"S": "zz"}}}),
        ("Query", {**on, **query, "Limit": 1, "ExclusiveStartKey": {"k": {"S": "a"}}}),
        ("Scan", {**on, "TotalSegments": 1, "Segment": 0, "Select": "COUNT"}),
        ("BatchWriteItem", {"RequestItems": {name: [{"PutRequest": {"Item": item}}]}}),
        ("BatchGetItem", {"RequestItems": {name: {"Keys": [{"k": {"S": "a"}}]}}}),
        ("TransactWriteItems", {"TransactItems": [{"Put": {**on, "Item": item}}]}),
        ("TransactGetItems", {"TransactItems": [{"Get": {**on, "Key": {"k": {"S": "a"}}}}]}),
        ("UpdateTable", {**on, "BillingMode": "PAY_PER_REQUEST"}),
        ("UpdateTimeToLive", {**on, "TimeToLiveSpecification": ttl}),
        ("ListTables", {"Limit": 1, "ExclusiveStartTableName": "a"}),
        ("TagResource", {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}),
        ("ListTagsOfResource", {"ResourceArn": arn, "NextToken": "x"}),
        ("ExecuteStatement", {"Statement": f'SELECT * FROM "{name}"', "NextToken": "x"}),  # noqa: S608
        ("BatchExecuteStatement", {"Statements": [{"Statement": f'SELECT * FROM "{name}"'}]}),  # noqa: S608
        ("EnableKinesisStreamingDestination", {**on, "StreamArn": "arn:aws:kinesis:a:1:stream/x"}),
    ]


def _lambda(aws: Callable[[str], Any]) -> list[Base]:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as z:
        z.writestr("a.py", "def f(event, context):\n    return 1\n")
    name = unique("fz")
    function = {
        "Runtime": "python3.12",
        "Role": ROLE,
        "Handler": "a.f",
        "Timeout": 3,
        "MemorySize": 128,
        "Environment": {"Variables": {"MINE": "b"}},
        "Layers": [],
        "Description": "d",
    }
    code = {"ZipFile": archive.getvalue()}
    aws("lambda").create_function(FunctionName=name, Code=code, **function)
    aws("lambda").get_waiter("function_active_v2").wait(FunctionName=name)
    on = {"FunctionName": name}
    stream = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/missing"
    page = {"Marker": "x", "MaxItems": 1}
    return [
        ("CreateFunction", {"FunctionName": UNIQUE, "Code": code, "Tags": {"a": "b"}, **function}),
        ("UpdateFunctionConfiguration", {**on, **function}),
        ("UpdateFunctionCode", {**on, **code, "DryRun": True}),
        (
            "CreateEventSourceMapping",
            {
                **on,
                "EventSourceArn": stream,
                "StartingPosition": "LATEST",
                "BatchSize": 1,
                "FilterCriteria": {"Filters": [{"Pattern": '{"a": [1]}'}]},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        ),
        ("ListEventSourceMappings", {**on, **page}),
        ("ListFunctions", {**page, "FunctionVersion": "ALL", "MasterRegion": "ALL"}),
        ("ListVersionsByFunction", {**on, **page}),
        ("PublishVersion", {**on, "Description": "d", "CodeSha256": "x"}),
        ("CreateAlias", {**on, "Name": UNIQUE, "FunctionVersion": "$LATEST"}),
        (
            "AddPermission",
            {
                **on,
                "StatementId": UNIQUE,
                "Action": "lambda:InvokeFunction",
                "Principal": "s3.amazonaws.com",
                "SourceArn": "arn:aws:s3:::b",
            },
        ),
        ("PutFunctionConcurrency", {**on, "ReservedConcurrentExecutions": 1}),
        ("PutFunctionEventInvokeConfig", {**on, "MaximumRetryAttempts": 1}),
        ("CreateFunctionUrlConfig", {**on, "AuthType": "NONE", "Cors": {"AllowOrigins": ["*"]}}),
        (
            "PublishLayerVersion",
            {"LayerName": UNIQUE, "Content": code, "CompatibleRuntimes": ["python3.12"]},
        ),
        ("TagResource", {"Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"}),
        ("GetFunction", {**on, "Qualifier": "$LATEST"}),
    ]


def _logs(aws: Callable[[str], Any]) -> list[Base]:
    name, logs = unique("fz"), aws("logs")
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    on = {"logGroupName": name}
    span = {"startTime": 1, "endTime": 2, "nextToken": "x", "limit": 1}
    return [
        ("CreateLogGroup", {"logGroupName": UNIQUE, "tags": {"a": "b"}}),
        ("CreateLogStream", {**on, "logStreamName": UNIQUE}),
        (
            "PutLogEvents",
            {**on, "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "m"}]},
        ),
        ("GetLogEvents", {**on, "logStreamName": "s", "startFromHead": True, **span}),
        ("FilterLogEvents", {**on, "filterPattern": "a", "logStreamNames": ["s"], **span}),
        ("DescribeLogGroups", {"logGroupNamePrefix": "a", "limit": 1, "nextToken": "x"}),
        ("DescribeLogStreams", {**on, "orderBy": "LogStreamName", "descending": True, "limit": 1}),
        ("PutRetentionPolicy", {**on, "retentionInDays": 1}),
        (
            "PutMetricFilter",
            {
                **on,
                "filterName": "f",
                "filterPattern": "a",
                "metricTransformations": [
                    {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
                ],
            },
        ),
        (
            "PutSubscriptionFilter",
            {
                **on,
                "filterName": "f",
                "filterPattern": "a",
                "destinationArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:missing",
            },
        ),
        ("StartQuery", {**on, "startTime": 1, "endTime": 2, "queryString": "fields @message"}),
        ("TagLogGroup", {**on, "tags": {"a": "b"}}),
    ]


def _cloudformation(aws: Callable[[str], Any]) -> list[Base]:
    body = json.dumps(
        {
            "Parameters": {"P": {"Type": "String", "Default": "x"}},
            "Resources": {
                "S": {
                    "Type": "AWS::SSM::Parameter",
                    "Properties": {"Type": "String", "Value": {"Ref": "P"}},
                }
            },
        }
    )
    name = unique("fz")
    aws("cloudformation").create_stack(StackName=name, TemplateBody=body)
    aws("cloudformation").get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 1}
    )
    parameters = [{"ParameterKey": "P", "ParameterValue": "x"}]
    tags = [{"Key": "a", "Value": "b"}]
    stack = {
        "TemplateBody": body,
        "Parameters": parameters,
        "Capabilities": ["CAPABILITY_IAM"],
        "Tags": tags,
    }
    return [
        (
            "CreateStack",
            {"StackName": UNIQUE, **stack, "TimeoutInMinutes": 1, "OnFailure": "DELETE"},
        ),
        ("UpdateStack", {"StackName": name, **stack}),
        ("ValidateTemplate", {"TemplateBody": body}),
        ("ValidateTemplate", {"TemplateURL": "https://s3.amazonaws.com/missing/a.json"}),
        (
            "CreateChangeSet",
            {"StackName": name, "ChangeSetName": UNIQUE, "ChangeSetType": "UPDATE", **stack},
        ),
        ("DescribeChangeSet", {"ChangeSetName": "x", "StackName": name}),
        ("ExecuteChangeSet", {"ChangeSetName": "x", "StackName": name}),
        ("DeleteChangeSet", {"ChangeSetName": "x", "StackName": name}),
        ("DescribeStacks", {"StackName": name, "NextToken": "x"}),
        ("DescribeStackEvents", {"StackName": name, "NextToken": "x"}),
        ("DescribeStackResource", {"StackName": name, "LogicalResourceId": "S"}),
        ("DescribeStackResources", {"StackName": name, "PhysicalResourceId": "x"}),
        ("ListStackResources", {"StackName": name}),
        ("ListStacks", {"StackStatusFilter": ["CREATE_COMPLETE"]}),
        ("GetTemplate", {"StackName": name, "TemplateStage": "Original"}),
        ("GetTemplateSummary", {"StackName": name}),
        ("ListExports", {"NextToken": "x"}),
        ("ListImports", {"ExportName": "x"}),
        ("UpdateTerminationProtection", {"StackName": name, "EnableTerminationProtection": False}),
        ("DeleteStack", {"StackName": "missing", "RetainResources": ["a"]}),
    ]


def _s3(aws: Callable[[str], Any]) -> list[Base]:
    name = unique("fz")
    aws("s3").create_bucket(Bucket=name)
    aws("s3").put_object(Bucket=name, Key="k", Body=b"x")
    on = {"Bucket": name}
    rule = {"ID": "a", "Status": "Enabled", "Filter": {"Prefix": "x"}, "Expiration": {"Days": 1}}
    return [
        ("PutBucketTagging", {**on, "Tagging": {"TagSet": {"Tag": [{"Key": "a", "Value": "b"}]}}}),
        ("PutObjectTagging", {**on, "Key": "k", "Tagging": {"TagSet": {"Tag": [{"Key": "a"}]}}}),
        ("DeleteObjects", {**on, "Delete": {"Object": [{"Key": "a"}], "Quiet": True}}),
        ("PutBucketVersioning", {**on, "VersioningConfiguration": {"Status": "Suspended"}}),
        ("PutBucketLifecycleConfiguration", {**on, "LifecycleConfiguration": {"Rule": [rule]}}),
        ("PutBucketCors", {**on, "CORSConfiguration": {"CORSRule": [{"AllowedMethod": "GET"}]}}),
        ("ListObjectsV2", {**on, "MaxKeys": 1, "ContinuationToken": "x", "StartAfter": "a"}),
        ("ListObjects", {**on, "MaxKeys": 1, "Marker": "x", "EncodingType": "url"}),
        ("GetObject", {**on, "Key": "k", "Range": "bytes=0-1", "PartNumber": 1}),
        ("CopyObject", {**on, "Key": "c", "CopySource": f"{name}/k", "MetadataDirective": "COPY"}),
        ("CreateMultipartUpload", {**on, "Key": "m", "StorageClass": "STANDARD"}),
        ("ListParts", {**on, "Key": "m", "UploadId": "x", "MaxParts": 1, "PartNumberMarker": 1}),
    ]


def _scheduler(aws: Callable[[str], Any]) -> list[Base]:
    name = unique("fz")
    scheduler = aws("scheduler")
    group = scheduler.create_schedule_group(Name=name)["ScheduleGroupArn"]
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    schedule = {
        "GroupName": name,
        "ScheduleExpression": "cron(0 3 ? * 2#1 *)",
        "ScheduleExpressionTimezone": "Europe/Berlin",
        "FlexibleTimeWindow": {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5},
        "StartDate": 4102444800,
        "EndDate": 4102448400,
        "State": "DISABLED",
        "Target": {
            "Arn": queue,
            "RoleArn": ROLE,
            "Input": "{}",
            "RetryPolicy": {"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60},
            "DeadLetterConfig": {"Arn": queue},
            "SqsParameters": {"MessageGroupId": "a"},
        },
    }
    scheduler.create_schedule(Name=name, **schedule)
    page = {"MaxResults": 1, "NamePrefix": "fz"}
    return [
        ("CreateSchedule", {"Name": UNIQUE, **schedule}),
        ("UpdateSchedule", {"Name": name, **schedule}),
        ("GetSchedule", {"Name": name, "GroupName": name}),
        ("ListSchedules", {**page, "GroupName": name, "State": "DISABLED"}),
        ("ListScheduleGroups", page),
        ("CreateScheduleGroup", {"Name": UNIQUE, "Tags": [{"Key": "a", "Value": "b"}]}),
        ("TagResource", {"ResourceArn": group, "Tags": [{"Key": "a", "Value": "b"}]}),
        ("ListTagsForResource", {"ResourceArn": group}),
    ]


def _pipes(aws: Callable[[str], Any]) -> list[Base]:
    name = unique("fz")
    pipes = aws("pipes")
    stream = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    pipe = {
        "Description": "a",
        "DesiredState": "STOPPED",
        "Enrichment": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}",
        "EnrichmentParameters": {"InputTemplate": "<$.data>"},
        "Target": queue,
        "TargetParameters": {
            "InputTemplate": "<$.a>",
            "SqsQueueParameters": {"MessageGroupId": "a"},
        },
        "RoleArn": ROLE,
    }
    read = {
        "BatchSize": 5,
        "DeadLetterConfig": {"Arn": queue},
        "OnPartialBatchItemFailure": "AUTOMATIC_BISECT",
        "MaximumBatchingWindowInSeconds": 1,
        "MaximumRecordAgeInSeconds": 60,
        "MaximumRetryAttempts": 1,
        "ParallelizationFactor": 1,
    }
    filters = {"FilterCriteria": {"Filters": [{"Pattern": '{"a": ["b"]}'}]}}
    first = {"StartingPosition": "LATEST", **read}
    new = {
        **pipe,
        "Source": stream,
        "SourceParameters": {**filters, "KinesisStreamParameters": first},
        "Tags": {"a": "b"},
    }
    pipes.create_pipe(Name=name, **new)
    arn = f"arn:aws:pipes:{REGION}:{ACCOUNT}:pipe/{name}"
    return [
        ("CreatePipe", {"Name": UNIQUE, **new}),
        ("DescribePipe", {"Name": name}),
        ("ListPipes", {"NamePrefix": "fz", "Limit": 1, "CurrentState": "STOPPED"}),
        ("TagResource", {"resourceArn": arn, "tags": {"a": "b"}}),
        ("ListTagsForResource", {"resourceArn": arn}),
    ]


def _athena(aws: Callable[[str], Any]) -> list[Base]:
    name = unique("fz")
    athena = aws("athena")
    result = {
        "OutputLocation": f"s3://{name}/out/",
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
    }
    athena.create_work_group(Name=name, Configuration={"ResultConfiguration": result})
    arn = f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{name}"
    prepared = {"StatementName": "st", "WorkGroup": name, "QueryStatement": "SELECT ?"}
    athena.create_prepared_statement(**prepared)
    named = athena.create_named_query(Name=name, Database="d", QueryString="SELECT 1")
    table = {"CatalogName": "AwsDataCatalog", "DatabaseName": name}
    page = {"MaxResults": 1, "NextToken": "0"}
    return [
        (
            "CreateWorkGroup",
            {
                "Name": UNIQUE,
                "Description": "a",
                "Configuration": {"ResultConfiguration": result, "RequesterPaysEnabled": True},
                "Tags": [{"Key": "a", "Value": "b"}],
            },
        ),
        ("GetWorkGroup", {"WorkGroup": name}),
        ("UpdateWorkGroup", {"WorkGroup": name, "State": "ENABLED", "Description": "b"}),
        (
            # Reads no data, and fails before it starts a process: the statement is not emulated.
            "StartQueryExecution",
            {
                "QueryString": "OPTIMIZE t",
                "QueryExecutionContext": {"Catalog": "AwsDataCatalog", "Database": name},
                "ResultConfiguration": result,
                "ExecutionParameters": ["1"],
            },
        ),
        ("GetNamedQuery", named and {"NamedQueryId": named["NamedQueryId"]}),
        ("CreateNamedQuery", {"Name": "a", "Database": "d", "QueryString": "SELECT 1"}),
        ("UpdatePreparedStatement", {**prepared, "Description": "a"}),
        ("GetPreparedStatement", {"StatementName": "st", "WorkGroup": name}),
        ("ListPreparedStatements", {"WorkGroup": name, **page}),
        ("ListQueryExecutions", {"WorkGroup": name, **page}),
        ("ListTableMetadata", {**table, "Expression": "a.*", **page}),
        ("CreateDataCatalog", {"Name": UNIQUE, "Type": "GLUE", "Parameters": {"catalog-id": "1"}}),
        ("TagResource", {"ResourceARN": arn, "Tags": [{"Key": "a", "Value": "b"}]}),
        ("ListTagsForResource", {"ResourceARN": arn, "MaxResults": 75}),
    ]


MAKERS: dict[str, Callable[[Callable[[str], Any]], list[Base]]] = {
    "dynamodb": _dynamodb,
    "lambda": _lambda,
    "logs": _logs,
    "cloudformation": _cloudformation,
    "s3": _s3,
    "scheduler": _scheduler,
    "apigatewayv2": http_apis,
    "pipes": _pipes,
    "athena": _athena,
}
