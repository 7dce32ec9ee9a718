"""docs/glue.md says what the tables say, and the tables have every operation of the API."""

from __future__ import annotations

import pytest
from localstack.aws.spec import load_service

from lakestack.glue_check import coverage_tables
from lakestack.glue_check.operations import operations


def test_the_generated_tables_are_up_to_date() -> None:
    document = coverage_tables.DOCUMENT.read_text(encoding="utf-8")
    if document != coverage_tables.updated(document):
        pytest.fail(f"docs/glue.md is out of date; run: {coverage_tables.COMMAND}", pytrace=False)


def test_every_operation_of_the_model_has_a_row() -> None:
    assert operations().keys() == set(load_service("glue").operation_names)
