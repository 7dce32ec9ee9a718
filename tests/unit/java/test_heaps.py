"""Settings of the Java heaps, and what is said when one is too large for the machine."""

from __future__ import annotations

import pytest

from lakestack.errors import StartError
from lakestack.host import checks
from lakestack.java import heaps
from lakestack.services.glue.job_failure import FailureReader


def test_defaults_and_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAKE_SPARK_MEMORY", raising=False)
    assert heaps.SPARK.size() == "1536m"
    monkeypatch.setenv("LAKE_SPARK_MEMORY", "2G")
    assert heaps.SPARK.size() == "2g"


@pytest.mark.parametrize("text", ["1", "1t", "-1g", "0g", "255m", "1g -XX:x", "٢g", " 1g", "1.5g"])
def test_anything_else_is_refused_with_what_is_valid(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_DYNAMODB_HEAP", text)
    with pytest.raises(StartError, match=r"LAKE_DYNAMODB_HEAP is .* valid: a size from 256m"):
        heaps.DYNAMODB.size()


def test_a_driver_that_spark_would_refuse_is_refused_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Spark asks for 471,859,200 bytes; of -Xmx256m its JVM reports 259,522,560."""
    monkeypatch.setenv("LAKE_SPARK_MEMORY", "256m")
    with pytest.raises(StartError, match="LAKE_SPARK_MEMORY is '256m'; valid: a size from 512m"):
        heaps.SPARK.size()
    monkeypatch.setenv("LAKE_SPARK_MEMORY", "512m")
    assert heaps.SPARK.size() == "512m"
    monkeypatch.setenv("LAKE_DYNAMODB_HEAP", "256m")
    assert heaps.DYNAMODB.size() == "256m"


def test_a_machine_with_little_memory_is_told_what_lowers_the_need(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checks, "MEMORY", 1 << 60)
    found = checks._memory()
    assert not found.ok
    assert "DynamoDB Local may take 1g of heap; LAKE_DYNAMODB_HEAP lowers it" in found.fix
    assert "LAKE_SPARK_MEMORY lowers it" in found.fix


def test_a_job_whose_jvm_gets_no_heap_says_which_setting_lowers_it() -> None:
    reader = FailureReader()
    reader.feed("Error occurred during initialization of VM")
    reader.feed("Could not reserve enough space for 1572864KB object heap")
    message = reader.message(1)
    assert "Could not reserve enough space for 1572864KB" in message
    assert "LAKE_SPARK_MEMORY lowers it" in message
    assert "LAKE_SPARK_MEMORY lowers it" in FailureReader().message(137)
