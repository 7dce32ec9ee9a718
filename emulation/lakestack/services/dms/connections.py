"""TestConnection: whether an endpoint can really be reached, and what was found last time."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError
from localstack.aws.api import RequestContext, handler

from lakestack.services.base import client
from lakestack.services.dms.errors import DmsError
from lakestack.services.dms.s3_source import parse_s3_source
from lakestack.services.dms.state import (
    DmsState,
    Operations,
    Shape,
    described,
    find,
    not_found,
)


class ConnectionOperations(Operations):
    """Mixed into the provider."""

    @handler("TestConnection", expand=False)
    def test_connection(self, context: RequestContext, request: Any) -> Any:
        """The test itself takes milliseconds: DescribeConnections has its result at once."""
        store = self.store(context)
        key = (request["ReplicationInstanceArn"], request["EndpointArn"])
        with store.lock:
            instance = find(store.instances, key[0], "Replication instance")
            endpoint = find(store.endpoints, key[1], "Endpoint")
        connection: Shape = {
            "ReplicationInstanceArn": key[0],
            "EndpointArn": key[1],
            "Status": "testing",
            "EndpointIdentifier": endpoint["EndpointIdentifier"],
            "ReplicationInstanceIdentifier": instance["ReplicationInstanceIdentifier"],
        }
        failure = connection_failure(store, endpoint)
        result = {**connection, "Status": "failed" if failure else "successful"}
        if failure:
            result["LastFailureMessage"] = failure
        with store.lock:
            store.connections[key] = result
        return {"Connection": connection}

    @handler("DescribeConnections", expand=False)
    def describe_connections(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        filters = {
            "endpoint-arn": "EndpointArn",
            "replication-instance-arn": "ReplicationInstanceArn",
        }
        return described(store, store.connections, request, filters, "Connections", "connections")

    @handler("DeleteConnection", expand=False)
    def delete_connection(self, context: RequestContext, request: Any) -> Any:
        store = self.store(context)
        key = (request["ReplicationInstanceArn"], request["EndpointArn"])
        with store.lock:
            if key not in store.connections:
                raise not_found(f"Connection of {key[0]} with {key[1]} not found")
            connection = store.connections.pop(key)
        return {"Connection": {**connection, "Status": "deleting"}}


def connection_failure(store: DmsState, endpoint: Shape) -> str | None:
    """Ask the bucket or DynamoDB for something harmless; returns why that failed, or None."""
    try:
        if endpoint["EngineName"] == "s3":
            bucket = parse_s3_source(endpoint).bucket
            client(store.account, store.region, "s3").list_objects_v2(Bucket=bucket, MaxKeys=1)
        else:
            client(store.account, store.region, "dynamodb").list_tables(Limit=1)
    except ClientError as e:
        error = e.response["Error"]
        return (
            f"Test Endpoint failed: Application-Status: 1020912, Application-Message: "
            f"{endpoint['EngineDisplayName']}: {error['Code']}: {error['Message']}"
        )
    except DmsError as e:
        return f"Test Endpoint failed: Application-Status: 1020912, Application-Message: {e}"
    return None
