"""EntityDetector in a script, as Glue Studio writes it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.integration.glue.scripts import Client, run_script
from tests.support import unique

pytestmark = [pytest.mark.spark, pytest.mark.large]

SCRIPT = """
from awsglueml.transforms import EntityDetector

people = DynamicFrame.fromDF(spark.createDataFrame([
    ("Ada Lovelace", "ada@example.com", 123456789, "REF-1", (1,)),
    ("Alan Turing", "alan@example.com, al@x.org", 987654320, "none", (2,)),
    (None, "none", None, "REF-22", (3,)),
], "customerName string, email string, ssn long, note string, s struct<a:int>"), glue, "people")
detector = EntityDetector()
found["classes"] = detector.classify_columns(
    people, ["PERSON_NAME", "EMAIL", "USA_SSN", custom], 1.0, 0.3, "HIGH")
found["half"] = detector.classify_columns(people, ["EMAIL", "USA_SSN"], 1.0, 0.5)
plain = detector.detect(people, ["EMAIL"], "DetectedEntities").toDF()
found["type"] = dict(plain.dtypes)["DetectedEntities"]
found["plain"] = [
    {name: [list(e) for e in each] for name, each in row["DetectedEntities"].items()}
    for row in plain.orderBy("note").collect()]
parameters = {
    "PERSON_NAME": [{"action": "REDACT", "actionOptions": {"redactText": "Hide"}}],
    "EMAIL": [{"action": "PARTIAL_REDACT", "actionOptions": {
        "numLeftCharsToExclude": "2", "redactChar": "#"}, "sourceColumns": ["email"]}],
    "USA_SSN": [{"action": "SHA256_HASH"}],
    custom: [{"action": "REDACT"}]}
masked = detector.detect(people, parameters, "Found", "LOW").toDF()
found["masked"] = rows(masked.select("customerName", "email", "ssn", "note"))
found["dtypes"] = dict(masked.dtypes)
whole = detector.detect(people, {"USA_SSN": [{"action": "REDACT", "sourceColumns": ["note"]}]})
found["numbers"] = dict(whole.toDF().dtypes)["ssn"]
glue.write_dynamic_frame.from_options(
    frame=detector.detect(people, ["EMAIL"]), connection_type="s3", format="json",
    connection_options={"path": f"s3://{bucket}/found/"})
found["written"] = spark.read.json(f"s3://{bucket}/found/").count()
found["refused"] = [
    raised(lambda: detector.detect(people, ["JAPAN_MY_NUMBER"])),
    raised(lambda: detector.detect(people, ["No such type"])),
    raised(lambda: detector.detect(people, ["EMAIL"], "d", "SOME"))]
"""


@pytest.fixture(scope="module")
def found(emulator: str, aws: Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    bucket = unique("sensitive")
    aws("s3").create_bucket(Bucket=bucket)
    aws("glue").create_custom_entity_type(Name=f"Ref {bucket}", RegexString="REF-[0-9]+")
    script = f"custom = 'Ref {bucket}'\n{SCRIPT}"
    return run_script(script, emulator, bucket, tmp_path_factory.mktemp("sensitive"))


def test_columns_with_enough_of_a_type(found: dict[str, Any]) -> None:
    classes = dict(found["classes"])
    [custom] = classes.pop("note")
    assert custom.startswith("Ref ")
    assert classes == {"customerName": ["PERSON_NAME"], "email": ["EMAIL"], "ssn": ["USA_SSN"]}
    assert found["half"] == {"email": ["EMAIL"]}


def test_what_is_found_is_in_a_column_of_its_own(found: dict[str, Any]) -> None:
    assert found["type"] == (
        "map<string,array<struct<entityType:string,actionUsed:string,start:int,end:int>>>"
    )
    ada, none, alan = found["plain"]
    assert ada == {"email": [["EMAIL", "DETECT", 0, 15]]}
    assert none == {}
    assert [each[2:] for each in alan["email"]] == [[0, 16], [18, 26]]
    assert found["written"] == 3


def test_what_is_masked(found: dict[str, Any]) -> None:
    def hashed(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    assert found["masked"] == [
        ["Hide", "ad#############", hashed("123456789"), "*****"],
        ["Hide", "al##############, al######", "987654320", "none"],
        [None, "none", None, "*****"],
    ]
    assert found["dtypes"]["ssn"] == "string"
    assert found["numbers"] == "bigint"


def test_what_cannot_be_found_is_named(found: dict[str, Any]) -> None:
    managed, custom, sensitivity = found["refused"]
    assert managed[0] == "UnsupportedApiError"
    assert "JAPAN_MY_NUMBER" in managed[1] and "create-custom-entity-type" in managed[1]
    assert custom[0] == "SourceError" and "'No such type'" in custom[1]
    assert sensitivity[0] == "ValueError"
