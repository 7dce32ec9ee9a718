"""Requests that are right, for each service: what the broken ones are made from.

Nothing in them starts a long-running process when it is accepted: objects and scripts are missing,
so that a job which is started nevertheless fails at once.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from tests.contract.dms_helpers import select_all, table, to_table
from tests.contract.sagemaker_helpers import IMAGE
from tests.support import ACCOUNT, REGION, unique

UNIQUE = "@unique@"
"""Replaced by a new name each time that a request is sent."""

Base = tuple[str, dict[str, Any]]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/fuzz"


def fresh(value: Any) -> Any:
    """A copy with each UNIQUE replaced."""
    if isinstance(value, str):
        return value.replace(UNIQUE, unique("fz"))
    if isinstance(value, list):
        return [fresh(item) for item in value]
    if isinstance(value, dict):
        return {fresh(k) if isinstance(k, str) else k: fresh(v) for k, v in value.items()}
    return value


def bases(service: str, aws: Callable[[str], Any]) -> list[Base]:
    """Make what the service's requests are about, and give requests about it."""
    return _MAKERS[service](aws) if service in _MAKERS else []


def _kinesis(aws: Callable[[str], Any]) -> list[Base]:
    name = unique("fz")
    kinesis = aws("kinesis")
    kinesis.create_stream(StreamName=name, ShardCount=1)
    kinesis.get_waiter("stream_exists").wait(StreamName=name, WaiterConfig={"Delay": 1})
    arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"
    shard = {"StreamName": name, "ShardId": "shardId-000000000000"}
    iterator = kinesis.get_shard_iterator(**shard, ShardIteratorType="LATEST")["ShardIterator"]
    record = {"Data": b"abc", "PartitionKey": "k", "ExplicitHashKey": "0"}
    return [
        ("CreateStream", {"StreamName": UNIQUE, "ShardCount": 1, "Tags": {"a": "b"}}),
        ("PutRecord", {"StreamName": name, **record, "SequenceNumberForOrdering": "0"}),
        ("PutRecords", {"StreamName": name, "Records": [record]}),
        ("GetShardIterator", {**shard, "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": 1.5}),
        ("GetShardIterator", {**shard, "ShardIteratorType": "LATEST", "StreamARN": arn}),
        ("GetRecords", {"ShardIterator": iterator, "Limit": 1}),
        ("ListShards", {"StreamName": name, "ShardFilter": {"Type": "AT_LATEST"}}),
        ("ListShards", {"NextToken": "x", "MaxResults": 1}),
        ("ListStreams", {"Limit": 1, "ExclusiveStartStreamName": name, "NextToken": "x"}),
        ("RegisterStreamConsumer", {"StreamARN": arn, "ConsumerName": UNIQUE}),
        ("ListStreamConsumers", {"StreamARN": arn, "NextToken": "x", "MaxResults": 1}),
        ("AddTagsToStream", {"StreamName": name, "Tags": {"a": "b"}}),
        ("PutResourcePolicy", {"ResourceARN": arn, "Policy": json.dumps({"Statement": []})}),
        ("EnableEnhancedMonitoring", {"StreamName": name, "ShardLevelMetrics": ["ALL"]}),
        ("IncreaseStreamRetentionPeriod", {"StreamName": name, "RetentionPeriodHours": 48}),
        ("UpdateStreamMode", {"StreamARN": arn, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}),
        ("SplitShard", {"StreamName": name, "ShardToSplit": "s", "NewStartingHashKey": "9"}),
        ("StartStreamEncryption", {"StreamName": name, "EncryptionType": "KMS", "KeyId": "a"}),
    ]


def _firehose(aws: Callable[[str], Any]) -> list[Base]:
    bucket = unique("fz")
    aws("s3").create_bucket(Bucket=bucket)
    destination = {
        "RoleARN": ROLE,
        "BucketARN": f"arn:aws:s3:::{bucket}",
        "Prefix": "a/!{timestamp:yyyy}/",
        "ErrorOutputPrefix": "e/!{firehose:error-output-type}/",
        "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": 60},
        "CompressionFormat": "GZIP",
        "CloudWatchLoggingOptions": {"Enabled": True, "LogGroupName": "g", "LogStreamName": "s"},
        "ProcessingConfiguration": {"Enabled": False, "Processors": []},
        "CustomTimeZone": "UTC",
    }
    aws("firehose").create_delivery_stream(
        DeliveryStreamName=bucket, ExtendedS3DestinationConfiguration=destination
    )
    stream = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/missing"
    source = {"KinesisStreamARN": stream, "RoleARN": ROLE}
    named = {"DeliveryStreamName": bucket}
    return [
        (
            "CreateDeliveryStream",
            {
                "DeliveryStreamName": UNIQUE,
                "DeliveryStreamType": "DirectPut",
                "ExtendedS3DestinationConfiguration": destination,
                "Tags": [{"Key": "a", "Value": "b"}],
            },
        ),
        (
            "CreateDeliveryStream",
            {
                "DeliveryStreamName": UNIQUE,
                "DeliveryStreamType": "KinesisStreamAsSource",
                "KinesisStreamSourceConfiguration": source,
                "S3DestinationConfiguration": destination,
            },
        ),
        ("PutRecord", {**named, "Record": {"Data": b"abc"}}),
        ("PutRecordBatch", {**named, "Records": [{"Data": b"abc"}]}),
        ("ListDeliveryStreams", {"Limit": 1, "ExclusiveStartDeliveryStreamName": "a"}),
        ("TagDeliveryStream", {**named, "Tags": [{"Key": "a", "Value": "b"}]}),
        ("ListTagsForDeliveryStream", {**named, "ExclusiveStartTagKey": "a", "Limit": 1}),
        (
            "UpdateDestination",
            {
                **named,
                "CurrentDeliveryStreamVersionId": "1",
                "DestinationId": "destinationId-000000000001",
                "ExtendedS3DestinationUpdate": destination,
            },
        ),
    ]


def _dms(aws: Callable[[str], Any]) -> list[Base]:
    name, dms = unique("fz"), aws("dms")
    aws("s3").create_bucket(Bucket=name)
    instance = dms.create_replication_instance(
        ReplicationInstanceIdentifier=name, ReplicationInstanceClass="dms.t3.medium"
    )["ReplicationInstance"]["ReplicationInstanceArn"]
    definition = {"TableCount": "1", "Tables": [table("movie", id="INT8", title="STRING")]}
    source = {
        "EndpointIdentifier": UNIQUE,
        "EndpointType": "source",
        "EngineName": "s3",
        "S3Settings": {
            "BucketName": name,
            "BucketFolder": "data",
            "ExternalTableDefinition": json.dumps(definition),
            "ServiceAccessRoleArn": ROLE,
            "CsvDelimiter": ",",
            "CsvRowDelimiter": "\\n",
            "IgnoreHeaderRows": 1,
        },
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    target = {
        "EndpointIdentifier": UNIQUE,
        "EndpointType": "target",
        "EngineName": "dynamodb",
        "DynamoDbSettings": {"ServiceAccessRoleArn": ROLE},
    }
    made = dms.create_endpoint(**fresh(source))["Endpoint"]["EndpointArn"]
    rules = [select_all(), to_table("movie", "mmm", "id", attributes={"id": "${id}"})]
    task = {
        "ReplicationTaskIdentifier": UNIQUE,
        "SourceEndpointArn": made,
        "TargetEndpointArn": dms.create_endpoint(**fresh(target))["Endpoint"]["EndpointArn"],
        "ReplicationInstanceArn": instance,
        "MigrationType": "full-load",
        "TableMappings": json.dumps({"rules": rules}),
        "ReplicationTaskSettings": json.dumps(
            {
                "TargetMetadata": {"ParallelLoadThreads": 2, "BatchApplyEnabled": False},
                "FullLoadSettings": {"TargetTablePrepMode": "DO_NOTHING", "CommitRate": 100},
                "ErrorBehavior": {"DataErrorPolicy": "LOG_ERROR", "DataErrorEscalationCount": 0},
                "Logging": {
                    "EnableLogging": True,
                    "LogComponents": [{"Id": "X", "Severity": "LOGGER_SEVERITY_DEFAULT"}],
                },
                "ControlTablesSettings": {"ControlSchema": ""},
            }
        ),
    }
    arn = dms.create_replication_task(**fresh(task))["ReplicationTask"]["ReplicationTaskArn"]
    page = {"MaxRecords": 20, "Marker": "x"}
    found = {"Filters": [{"Name": "replication-task-arn", "Values": [arn]}]}
    tables = {"TablesToReload": [{"SchemaName": "lake", "TableName": "movie"}]}
    return [
        (
            "CreateReplicationInstance",
            {
                "ReplicationInstanceIdentifier": UNIQUE,
                "ReplicationInstanceClass": "dms.t3.medium",
                "AllocatedStorage": 50,
                "Tags": [{"Key": "a", "Value": "b"}],
            },
        ),
        ("CreateEndpoint", source),
        ("CreateEndpoint", target),
        ("ModifyEndpoint", {**source, "EndpointArn": made}),
        ("CreateReplicationTask", task),
        (
            "ModifyReplicationTask",
            {"ReplicationTaskArn": arn, **{k: task[k] for k in ("TableMappings",)}},
        ),
        ("StartReplicationTask", {"ReplicationTaskArn": arn, "StartReplicationTaskType": "x"}),
        ("DescribeReplicationTasks", {**found, **page, "WithoutSettings": True}),
        ("DescribeEndpoints", {"Filters": [{"Name": "engine-name", "Values": ["s3"]}], **page}),
        ("DescribeReplicationInstances", page),
        ("DescribeTableStatistics", {"ReplicationTaskArn": arn, **page, "Filters": []}),
        ("ReloadTables", {"ReplicationTaskArn": arn, **tables, "ReloadOption": "data-reload"}),
        ("AddTagsToResource", {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}),
        ("TestConnection", {"ReplicationInstanceArn": instance, "EndpointArn": made}),
        (
            "CreateReplicationSubnetGroup",
            {
                "ReplicationSubnetGroupIdentifier": UNIQUE,
                "ReplicationSubnetGroupDescription": "d",
                "SubnetIds": ["subnet-1", "subnet-2"],
            },
        ),
    ]


def _glue(aws: Callable[[str], Any]) -> list[Base]:
    name, glue = unique("fz").replace("-", "_"), aws("glue")
    descriptor = {
        "Columns": [{"Name": "a", "Type": "array<struct<b:int>>", "Comment": "c"}],
        "Location": f"s3://{name}/t/",
        "InputFormat": "i",
        "OutputFormat": "o",
        "SerdeInfo": {"SerializationLibrary": "s", "Parameters": {"field.delim": ","}},
        "Parameters": {"a": "b"},
        "SortColumns": [{"Column": "a", "SortOrder": 1}],
    }
    keys = [{"Name": "p", "Type": "string"}]
    of_table = {"Name": "t", "StorageDescriptor": descriptor, "PartitionKeys": keys}
    partition = {"Values": ["v"], "StorageDescriptor": descriptor, "Parameters": {"a": "b"}}
    glue.create_database(DatabaseInput={"Name": name})
    glue.create_table(DatabaseName=name, TableInput=of_table)
    where = {"DatabaseName": name, "TableName": "t"}
    glue.create_partition(**where, PartitionInput=partition)
    job = {
        "Role": ROLE,
        "Command": {"Name": "glueetl", "ScriptLocation": f"s3://{name}/a.py", "PythonVersion": "3"},
        "DefaultArguments": {"--a": "b"},
        "ExecutionProperty": {"MaxConcurrentRuns": 1},
        "MaxRetries": 0,
        "Timeout": 5,
        "GlueVersion": "5.0",
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
    }
    glue.create_job(Name=name, **job)
    crawler = {
        "Role": ROLE,
        "DatabaseName": name,
        "Targets": {"S3Targets": [{"Path": f"s3://{name}/a", "Exclusions": ["**.tmp"]}]},
        "Schedule": "cron(0 12 * * ? *)",
        "SchemaChangePolicy": {"UpdateBehavior": "LOG", "DeleteBehavior": "LOG"},
        "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
        "Configuration": json.dumps(
            {
                "Version": 1.0,
                "Grouping": {"TableLevelConfiguration": 2},
                "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}},
            }
        ),
        "Classifiers": [],
        "TablePrefix": "x_",
        "Tags": {"a": "b"},
    }
    glue.create_crawler(Name=name, **crawler)
    csv = {"Name": UNIQUE, "Delimiter": ",", "QuoteSymbol": '"', "Header": ["a", "b"]}
    page = {"MaxResults": 1, "NextToken": "x"}
    entry = {"PartitionValueList": ["v"], "PartitionInput": partition}
    return [
        ("CreateDatabase", {"DatabaseInput": {"Name": UNIQUE, "Parameters": {"a": "b"}}}),
        ("UpdateDatabase", {"Name": name, "DatabaseInput": {"Name": name, "Description": "d"}}),
        ("GetDatabases", page),
        ("CreateTable", {"DatabaseName": name, "TableInput": {**of_table, "Name": UNIQUE}}),
        ("UpdateTable", {"DatabaseName": name, "TableInput": of_table}),
        ("GetTable", {"DatabaseName": name, "Name": "t"}),
        ("GetTables", {"DatabaseName": name, "Expression": "t*", **page}),
        ("GetTableVersion", {**where, "VersionId": "0"}),
        ("GetTableVersions", {**where, **page}),
        ("DeleteTableVersion", {**where, "VersionId": "77"}),
        ("BatchDeleteTable", {"DatabaseName": name, "TablesToDelete": ["x"]}),
        ("CreatePartition", {**where, "PartitionInput": {**partition, "Values": [UNIQUE]}}),
        ("BatchCreatePartition", {**where, "PartitionInputList": [partition]}),
        ("UpdatePartition", {**where, "PartitionValueList": ["v"], "PartitionInput": partition}),
        ("BatchUpdatePartition", {**where, "Entries": [entry]}),
        ("GetPartition", {**where, "PartitionValues": ["v"]}),
        ("BatchGetPartition", {**where, "PartitionsToGet": [{"Values": ["v"]}]}),
        ("DeletePartition", {**where, "PartitionValues": ["w"]}),
        ("BatchDeletePartition", {**where, "PartitionsToDelete": [{"Values": ["w"]}]}),
        (
            "GetPartitions",
            {
                **where,
                "Expression": "p = 'v'",
                "Segment": {"SegmentNumber": 0, "TotalSegments": 1},
                "ExcludeColumnSchema": True,
                **page,
            },
        ),
        ("CreateJob", {"Name": UNIQUE, **job}),
        ("UpdateJob", {"JobName": name, "JobUpdate": job}),
        ("StartJobRun", {"JobName": name, "Arguments": {"--a": "b"}, "Timeout": 1}),
        ("GetJobRuns", {"JobName": name, **page}),
        ("GetJobs", page),
        ("ListJobs", {"Tags": {"a": "b"}, **page}),
        ("BatchStopJobRun", {"JobName": name, "JobRunIds": ["jr_1"]}),
        ("CreateCrawler", {"Name": UNIQUE, **crawler}),
        ("UpdateCrawler", {"Name": name, **crawler}),
        ("UpdateCrawlerSchedule", {"CrawlerName": name, "Schedule": "cron(0 1 * * ? *)"}),
        ("GetCrawlers", page),
        ("ListCrawlers", {"Tags": {"a": "b"}, **page}),
        ("ListCrawls", {"CrawlerName": name, "Filters": [{"FieldName": "STATE"}], **page}),
        ("GetCrawlerMetrics", {"CrawlerNameList": [name], **page}),
        ("CreateClassifier", {"CsvClassifier": csv}),
        ("UpdateClassifier", {"CsvClassifier": csv}),
        ("GetClassifiers", page),
    ]


def _sagemaker(aws: Callable[[str], Any]) -> list[Base]:
    container = {
        "Image": IMAGE,
        "ModelDataUrl": "s3://missing/model.tar.gz",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
    }
    variant = {
        "VariantName": "v",
        "ModelName": "missing",
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1.0,
    }
    page = {"MaxResults": 1, "NextToken": "x", "NameContains": "a", "CreationTimeAfter": 0}
    weights = {"VariantName": "v", "DesiredWeight": 0.5, "DesiredInstanceCount": 1}
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://missing/data/"}
    tags = [{"Key": "a", "Value": "b"}]
    job = {
        "TrainingJobName": UNIQUE,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "loss", "Regex": "loss=([0-9.]+);"}],
        },
        "RoleArn": ROLE,
        "HyperParameters": {
            "sagemaker_program": '"train.py"',
            "sagemaker_submit_directory": '"s3://missing/sourcedir.tar.gz"',
        },
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
        "OutputDataConfig": {"S3OutputPath": "s3://missing/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "Environment": {"A": "b"},
        "Tags": tags,
    }
    desired = {"EndpointName": "missing", "DesiredWeightsAndCapacities": [weights]}
    model = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/missing"
    return [
        (
            "CreateModel",
            {"ModelName": UNIQUE, "ExecutionRoleArn": ROLE, "PrimaryContainer": container},
        ),
        ("CreateModel", {"ModelName": UNIQUE, "ExecutionRoleArn": ROLE, "Containers": [container]}),
        ("CreateEndpointConfig", {"EndpointConfigName": UNIQUE, "ProductionVariants": [variant]}),
        ("CreateEndpoint", {"EndpointName": UNIQUE, "EndpointConfigName": "missing", "Tags": tags}),
        ("UpdateEndpoint", {"EndpointName": "missing", "EndpointConfigName": "missing"}),
        ("UpdateEndpointWeightsAndCapacities", desired),
        ("CreateTrainingJob", job),
        ("CreateTrainingJob", {k: v for k, v in job.items() if k != "InputDataConfig"}),
        ("ListTrainingJobs", {**page, "StatusEquals": "Failed", "SortBy": "Name"}),
        ("ListModels", {**page, "SortOrder": "Ascending"}),
        ("ListEndpoints", page),
        ("ListEndpointConfigs", page),
        ("AddTags", {"ResourceArn": model, "Tags": tags}),
        ("ListTags", {"ResourceArn": model, "NextToken": "x", "MaxResults": 50}),
        ("DeleteTags", {"ResourceArn": model, "TagKeys": ["a"]}),
        ("DescribeTrainingJob", {"TrainingJobName": "missing"}),
        ("StopTrainingJob", {"TrainingJobName": "missing"}),
    ]


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


_MAKERS: dict[str, Callable[[Callable[[str], Any]], list[Base]]] = {
    "kinesis": _kinesis,
    "firehose": _firehose,
    "dms": _dms,
    "glue": _glue,
    "sagemaker": _sagemaker,
    "dynamodb": _dynamodb,
    "lambda": _lambda,
    "logs": _logs,
    "cloudformation": _cloudformation,
    "s3": _s3,
}
