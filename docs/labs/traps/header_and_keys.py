"""Lab 1, trap: load tags.csv with its header row, and with a key that two rows can share.

Makes an endpoint and a task of its own on the lake's replication instance, prints what came of
them, and deletes them again. Plain boto3: with LAKE_TARGET=aws it runs the same on AWS.
"""

import json

from pipeline.lab_client import client

NAME, TABLE = "trap-tags", "trap_tags_t"
SOON = {"Delay": 1, "MaxAttempts": 600}

dms, dynamodb = client("dms"), client("dynamodb")
account = client("sts").get_caller_identity()["Account"]


def endpoint(name):
    found = dms.describe_endpoints(Filters=[{"Name": "endpoint-id", "Values": [name]}])
    return found["Endpoints"][0]


columns = [
    {"ColumnName": "userId", "ColumnType": "STRING", "ColumnLength": "20"},
    {"ColumnName": "movieId", "ColumnType": "STRING", "ColumnLength": "20"},
    {"ColumnName": "tag", "ColumnType": "STRING", "ColumnLength": "1000"},
    {"ColumnName": "timestamp", "ColumnType": "STRING", "ColumnLength": "20"},
]
table = {
    "TableName": "tags",
    "TablePath": "data/tags/",
    "TableOwner": "movielens",
    "TableColumns": columns,
    "TableColumnsTotal": "4",
}
mapping = [
    {
        "rule-type": "selection",
        "rule-id": "1",
        "rule-name": "tags",
        "object-locator": {"schema-name": "movielens", "table-name": "tags"},
        "rule-action": "include",
    },
    {
        "rule-type": "object-mapping",
        "rule-id": "2",
        "rule-name": "one-key-for-many-rows",
        "rule-action": "map-record-to-record",
        "object-locator": {"schema-name": "movielens", "table-name": "tags"},
        "target-table-name": TABLE,
        "mapping-parameters": {
            "partition-key-name": "id",
            "attribute-mappings": [
                {
                    "target-attribute-name": "id",
                    "attribute-type": "scalar",
                    "attribute-sub-type": "string",
                    "value": "${userId}X${movieId}",  # two tags of one user for one movie share it
                }
            ],
        },
    },
]

source = dms.create_endpoint(
    EndpointIdentifier=NAME,
    EndpointType="source",
    EngineName="s3",
    S3Settings={  # no IgnoreHeaderRows
        "ServiceAccessRoleArn": endpoint("movielens-lake-source")["S3Settings"][
            "ServiceAccessRoleArn"
        ],
        "BucketName": f"{account}-movielens-lake-us-east-1",
        "CsvDelimiter": ",",
        "CsvRowDelimiter": "\n",
        "ExternalTableDefinition": json.dumps({"TableCount": "1", "Tables": [table]}),
    },
)["Endpoint"]["EndpointArn"]
instance = dms.describe_replication_instances(
    Filters=[{"Name": "replication-instance-id", "Values": ["movielens-lake-instance"]}]
)["ReplicationInstances"][0]
task = dms.create_replication_task(
    ReplicationTaskIdentifier=NAME,
    SourceEndpointArn=source,
    TargetEndpointArn=endpoint("movielens-lake-target")["EndpointArn"],
    ReplicationInstanceArn=instance["ReplicationInstanceArn"],
    MigrationType="full-load",
    TableMappings=json.dumps({"rules": mapping}),
)["ReplicationTask"]["ReplicationTaskArn"]
this_task = [{"Name": "replication-task-arn", "Values": [task]}]
try:
    dms.get_waiter("replication_task_ready").wait(Filters=this_task, WaiterConfig=SOON)
    dms.start_replication_task(
        ReplicationTaskArn=task, StartReplicationTaskType="start-replication"
    )
    dms.get_waiter("replication_task_stopped").wait(Filters=this_task, WaiterConfig=SOON)
    sent = dms.describe_table_statistics(ReplicationTaskArn=task)["TableStatistics"][0]
    items = dynamodb.scan(TableName=TABLE, Select="COUNT")["Count"]
    print(f"rows that DMS sent: {sent['FullLoadRows']:,}")
    print(f"items in the table: {items:,}")
    key = {"id": {"S": "userIdXmovieId"}}
    print("the header is one:", dynamodb.get_item(TableName=TABLE, Key=key)["Item"]["tag"])
finally:
    dms.delete_replication_task(ReplicationTaskArn=task)
    dms.get_waiter("replication_task_deleted").wait(Filters=this_task, WaiterConfig=SOON)
    dms.delete_endpoint(EndpointArn=source)
    dynamodb.delete_table(TableName=TABLE)
