"""S3 endpoint settings: the two spellings, defaults, folders."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.dms.errors import DefinitionError
from lakestack.services.dms.s3_source import parse_s3_source

ROLE = "arn:aws:iam::000000000000:role/dms"
DEFINITION = json.dumps(
    {
        "Tables": [
            {
                "TableName": "t; {x}",
                "TableOwner": "o",
                "TablePath": "/a//t/",
                "TableColumns": [{"ColumnName": "c", "ColumnType": "STRING"}],
            }
        ]
    }
)


def settings(**changes: Any) -> dict[str, Any]:
    base = {
        "BucketName": "b",
        "BucketFolder": "data/",
        "ServiceAccessRoleArn": ROLE,
        "ExternalTableDefinition": DEFINITION,
    }
    return {"S3Settings": {**base, **changes}}


def test_defaults() -> None:
    source = parse_s3_source(settings())
    assert (source.form.delimiter, source.form.row_delimiter) == (",", "\n")
    assert (source.form.header_rows, source.form.gzip, source.form.rfc4180) == (0, False, True)


@pytest.mark.parametrize("folder", ["data", "data/", "/data/", "//data"])
def test_the_folder_of_a_table(folder: str) -> None:
    source = parse_s3_source(settings(BucketFolder=folder))
    assert source.prefix(source.tables[0]) == "data/a/t/"
    without = parse_s3_source(settings(BucketFolder=""))
    assert without.prefix(without.tables[0]) == "a/t/"


def test_extra_connection_attributes_are_the_same_settings() -> None:
    text = (
        f"bucketName=b; bucketFolder=data;ignoreHeaderRows=1;externalTableDefinition={DEFINITION};"
        f"csvDelimiter=\\t;serviceAccessRoleArn={ROLE};cdcPath=changes;rfc4180=n"
    )
    source = parse_s3_source({"ExtraConnectionAttributes": text})
    assert (source.bucket, source.folder) == ("b", "data")
    assert source.tables[0].name == "t; {x}"
    assert (source.form.header_rows, source.form.delimiter) == (1, "\t")
    assert not source.form.rfc4180


def test_settings_win_over_attributes() -> None:
    both = {**settings(), "ExtraConnectionAttributes": "bucketName=other;ignoreHeaderRows=1"}
    source = parse_s3_source(both)
    assert (source.bucket, source.form.header_rows) == ("b", 1)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"BucketName": ""}, "BucketName must be provided"),
        ({"ServiceAccessRoleArn": None}, "ServiceAccessRoleArn must be provided"),
        ({"ExternalTableDefinition": ""}, "ExternalTableDefinition must be provided"),
        ({"CompressionType": "zip"}, "CompressionType is 'ZIP'; valid: NONE, GZIP"),
        ({"DataFormat": "parquet"}, "parquet is not emulated"),
        ({"IgnoreHeaderRows": "x"}, "IgnoreHeaderRows is 'x'"),
        ({"Rfc4180": "maybe"}, "Rfc4180 is 'maybe'"),
    ],
)
def test_wrong_settings_are_named(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(DefinitionError, match=says):
        parse_s3_source(settings(**changes))


@pytest.mark.parametrize("text", ["bucketName", "externalTableDefinition={"])
def test_wrong_attributes_are_named(text: str) -> None:
    with pytest.raises(DefinitionError, match="ExtraConnectionAttributes"):
        parse_s3_source({"ExtraConnectionAttributes": text})


@given(st.text('bucketName=;{}"\\ ', max_size=40))
def test_no_attributes_make_it_crash(text: str) -> None:
    with pytest.raises(DefinitionError):
        parse_s3_source({"ExtraConnectionAttributes": text})
