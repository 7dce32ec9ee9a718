"""Requests that are right, for each service: what the broken ones are made from.

Nothing in them starts a long-running process when it is accepted: objects and scripts are missing,
so that a job which is started nevertheless fails at once.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.contract.dms.helpers import select_all, table, to_table
from tests.contract.request_validation.malformed_autoscaling import autoscaling
from tests.contract.request_validation.malformed_lake_formation import lake_formation
from tests.contract.request_validation.malformed_localstack_bases import MAKERS
from tests.contract.request_validation.malformed_values import ROLE, UNIQUE, Base, fresh
from tests.contract.sagemaker.helpers import IMAGE
from tests.support import ACCOUNT, REGION, unique


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
    session = {
        # Refused by the handler: a session is a Spark driver.
        "Role": ROLE,
        "Command": {"Name": "glueray", "PythonVersion": "3"},
        "DefaultArguments": {"--a": "b"},
        "IdleTimeout": 5,
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        "Tags": {"a": "b"},
    }
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
        ("CreateSession", {"Id": UNIQUE, **session}),
        ("ListSessions", {"Tags": {"a": "b"}, **page}),
        ("RunStatement", {"SessionId": name, "Code": "1"}),
        ("GetStatement", {"SessionId": name, "Id": 1}),
        ("ListStatements", {"SessionId": name, "NextToken": "x"}),
        ("StopSession", {"Id": name}),
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


_MAKERS: dict[str, Callable[[Callable[[str], Any]], list[Base]]] = {
    "kinesis": _kinesis,
    "firehose": _firehose,
    "dms": _dms,
    "glue": _glue,
    "sagemaker": _sagemaker,
    "lakeformation": lake_formation,
    "application-autoscaling": autoscaling,
    **MAKERS,
}
