"""Every property of every type that we create is applied, accepted with a word, or refused."""

from __future__ import annotations

import pytest

from lakestack.fidelity import property_table
from lakestack.services.cloudformation import property_use, supplements
from lakestack.services.cloudformation.schemas import CUSTOM_RESOURCE, read_only, schema_of

TYPES = dict(property_use.providers())
DESCRIBED = sorted(name for name in TYPES if schema_of(name) is not None)


def test_all_types_but_those_without_a_schema_are_examined() -> None:
    assert set(TYPES) - set(DESCRIBED) == {CUSTOM_RESOURCE}
    assert set(property_use.not_applied()) <= set(TYPES)
    assert set(supplements.SUPPLEMENTS) <= set(TYPES)


@pytest.mark.parametrize("resource_type", DESCRIBED)
def test_the_table_says_of_each_property_what_the_handler_does(resource_type: str) -> None:
    schema = schema_of(resource_type)
    assert schema is not None
    uses = property_use.examine(resource_type, TYPES[resource_type])
    assert set(schema["properties"]) - read_only(schema) <= uses.keys()
    assert uses == {name: property_use.use_of(resource_type, name) for name in uses}
    added = property_use.added(resource_type, TYPES[resource_type])
    assert property_use.handed(resource_type).get("properties", []) == added


def test_the_document_names_each_property_that_is_not_applied() -> None:
    rows = {row.split(" | ")[0].removeprefix("| "): row for row in property_table()}
    for name, entry in property_use.not_applied().items():
        for use in (property_use.ACCEPTED, property_use.REFUSED):
            assert all(each in rows[name] for each in entry.get(use, ()))


@pytest.mark.parametrize(
    ("resource_type", "name", "use"),
    [
        ("AWS::Kinesis::Stream", "RetentionPeriodHours", property_use.APPLIED),
        ("AWS::Lambda::Function", "ReservedConcurrentExecutions", property_use.APPLIED),
        ("AWS::Lambda::Function", "KmsKeyArn", property_use.APPLIED),
        ("AWS::Lambda::Function", "RecursiveLoop", property_use.ACCEPTED),
        ("AWS::Logs::SubscriptionFilter", "Distribution", property_use.ACCEPTED),
        ("AWS::S3::Bucket", "LifecycleConfiguration", property_use.APPLIED),
        ("AWS::S3::Bucket", "ReplicationConfiguration", property_use.ACCEPTED),
        ("AWS::DynamoDB::Table", "ImportSourceSpecification", property_use.REFUSED),
        ("AWS::Glue::Job", "MaxRetries", property_use.APPLIED),
        ("AWS::SNS::Topic", "KmsMasterKeyId", property_use.APPLIED),
        ("AWS::SNS::Topic", "TracingConfig", property_use.ACCEPTED),
        ("AWS::SNS::Topic", "DataProtectionPolicy", property_use.REFUSED),
    ],
)
def test_single_properties(resource_type: str, name: str, use: str) -> None:
    assert property_use.use_of(resource_type, name) == use


def test_a_part_of_a_property_that_is_not_applied_is_named_by_its_path() -> None:
    given = {"StreamArn": "a", "ApproximateCreationDateTimePrecision": "MILLISECOND"}
    table = "AWS::DynamoDB::Table"

    accepted = property_use.accepted_in(
        table, {"TableName": "t", "KinesisStreamSpecification": given}
    )

    path = "KinesisStreamSpecification.ApproximateCreationDateTimePrecision"
    assert accepted == [path]
    assert property_use.accepted_in(table, {"TableName": "t"}) == []


def test_a_name_that_its_schema_calls_read_only_can_be_set() -> None:
    assert property_use.settable("AWS::SageMaker::Endpoint") == ["EndpointName"]
    assert property_use.settable("AWS::SQS::Queue") == []
