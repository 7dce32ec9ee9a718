"""What MongoDB's connector is told, by the options of scripts for AWS Glue 3 and later ones."""

from __future__ import annotations

from typing import Any

import pytest

from lakestack.services.glue.runtime.awsglue import mongodb
from lakestack.services.glue.runtime.awsglue.errors import UnsupportedApiError

PLACE = {"database": "shop", "collection": "orders"}


def told(address: str = "", login: dict[str, str] | None = None, **given: Any) -> dict[str, str]:
    dotted = {name.replace("__", "."): value for name, value in given.items()}
    return mongodb.options({**PLACE, **dotted}, login or {}, address)


def test_both_names_of_the_address_are_taken_with_who_logs_in() -> None:
    expected = "mongodb://a%40b:p%2F%3F@h:27017/"
    login = {"username": "a@b", "password": "p/?"}
    for name in ("uri", "connection.uri"):
        found = mongodb.options({**PLACE, **login, name: "mongodb://h:27017"}, {}, "")
        assert found == {**PLACE, "connection.uri": expected}
    assert told(uri="mongodb://u:p@h/", username="x", password="y")["connection.uri"] == (
        "mongodb://u:p@h/"
    )
    kept = told(uri="mongodb://h", username="x", disableUpdateUri="true")
    assert kept["connection.uri"] == "mongodb://h"


def test_a_connection_has_address_and_login() -> None:
    login = {"username": "u", "password": "p"}
    found = told("mongo://h:27017", login, connectionName="c", replaceDocument="false")
    assert found == {
        **PLACE,
        "connection.uri": "mongodb://u:p@h:27017/",
        "operationType": "update",
    }
    assert told("mongodb://h/db", login, username="own")["connection.uri"] == "mongodb://own:p@h/db"


def test_encryption_goes_into_the_address_unless_it_is_there() -> None:
    found = told(uri="mongodb://h/?a=b", ssl="true", ssl__domain_match="false", retryWrites=False)
    assert found["connection.uri"] == (
        "mongodb://h/?a=b&tls=true&tlsAllowInvalidHostnames=true&retryWrites=false"
    )
    assert told(uri="mongodb://h/?ssl=true", ssl="true")["connection.uri"] == (
        "mongodb://h/?ssl=true"
    )


def test_partitioners_of_the_old_connector_change_nothing() -> None:
    old = told(
        uri="mongodb://h",
        partitioner="MongoSamplePartitioner",
        partitionerOptions__partitionSizeMB="10",
        batchSize=7,
    )
    assert old == {**PLACE, "connection.uri": "mongodb://h/", "batchSize": "7"}
    new = "com.mongodb.spark.sql.connector.read.partitioner.SinglePartitionPartitioner"
    assert told(uri="mongodb://h", partitioner=new)["partitioner"] == new


def test_what_is_missing_or_not_here_is_named() -> None:
    with pytest.raises(ValueError, match=r"connection\.uri"):
        told()
    with pytest.raises(ValueError, match="collection"):
        mongodb.options({"uri": "mongodb://h", "database": "d"}, {}, "")
    with pytest.raises(UnsupportedApiError, match="extendedBsonTypes"):
        told(uri="mongodb://h", extendedBsonTypes="false")
    assert "extendedBsonTypes" not in told(uri="mongodb://h", extendedBsonTypes=True)
