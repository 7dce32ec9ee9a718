"""SearchTables: text, filters, order and pages."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.contract.glue.helpers import Aws
from tests.support import unique


@pytest.fixture
def tag(aws: Aws) -> str:
    """A word that three tables in two databases have in their parameters."""
    glue, tag = aws("glue"), unique("tag").replace("-", "")
    first, second = unique("db"), unique("db")
    for name in (first, second):
        glue.create_database(DatabaseInput={"Name": name})
    columns = [{"Name": "movie_id", "Type": "bigint", "Comment": "of MovieLens"}]
    for database, name, form, text in (
        (first, "customer-link", "parquet", "Ratings of films"),
        (second, "xx-link-yy", "csv", "ratings"),
        (first, "xxlinkyy", "parquet", ""),
    ):
        table = {
            "Name": name,
            "Description": text,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": form, "tag": tag},
            "StorageDescriptor": {"Columns": columns, "Location": f"s3://lake/{form}/"},
        }
        glue.create_table(DatabaseName=database, TableInput=table)
    return tag


def _names(aws: Aws, tag: str, **asked: Any) -> list[str]:
    filters = [{"Key": "tag", "Value": tag}, *asked.pop("Filters", [])]
    answer = aws("glue").search_tables(Filters=filters, **asked)
    return [table["Name"] for table in answer["TableList"]]


def test_a_text_is_found_by_its_tokens(aws: Aws, tag: str) -> None:
    assert sorted(_names(aws, tag, SearchText="link")) == ["customer-link", "xx-link-yy"]
    assert sorted(_names(aws, tag, SearchText="PARQUET")) == ["customer-link", "xxlinkyy"]
    assert len(_names(aws, tag, SearchText="movie_id")) == 3
    assert len(_names(aws, tag, SearchText="movielens bigint")) == 3
    assert len(_names(aws, tag, SearchText="classification")) == 3
    assert _names(aws, tag, SearchText="films csv") == []
    everywhere = aws("glue").search_tables(SearchText=tag)["TableList"]
    assert len({table["DatabaseName"] for table in everywhere}) == 2


def test_a_text_in_quotes_is_a_whole_value(aws: Aws, tag: str) -> None:
    assert _names(aws, tag, SearchText='"ratings"') == ["xx-link-yy"]
    assert _names(aws, tag, SearchText='"link"') == []


def test_filters(aws: Aws, tag: str) -> None:
    def filtered(key: str, value: str, **more: str) -> list[str]:
        return sorted(_names(aws, tag, Filters=[{"Key": key, "Value": value, **more}]))

    assert filtered("Name", "link") == ["customer-link", "xx-link-yy"]
    assert filtered("classification", "csv") == ["xx-link-yy"]
    assert filtered("CreateTime", "2020-01-01T00:00:00Z", Comparator="LESS_THAN") == []
    assert len(filtered("CreateTime", "2020-01-01T00:00:00Z", Comparator="GREATER_THAN")) == 3
    with pytest.raises(ClientError, match="'soon' is not a time for CreateTime") as error:
        filtered("CreateTime", "soon")
    assert error.value.response["Error"]["Code"] == "InvalidInputException"


def test_order_and_pages(aws: Aws, tag: str) -> None:
    glue = aws("glue")
    order = [{"FieldName": "Name", "Sort": "DESC"}]
    assert _names(aws, tag, SortCriteria=order) == ["xxlinkyy", "xx-link-yy", "customer-link"]
    first = glue.search_tables(SearchText=tag, SortCriteria=order, MaxResults=2)
    assert len(first["TableList"]) == 2
    rest = glue.search_tables(
        SearchText=tag, SortCriteria=order, MaxResults=2, NextToken=first["NextToken"]
    )
    assert [table["Name"] for table in rest["TableList"]] == ["customer-link"]
    assert "NextToken" not in rest
    with pytest.raises(ClientError, match="'Colour' is not a field to sort by"):
        glue.search_tables(SortCriteria=[{"FieldName": "Colour", "Sort": "ASC"}])
    assert glue.search_tables(SearchText=tag, ResourceShareType="FOREIGN")["TableList"] == []
