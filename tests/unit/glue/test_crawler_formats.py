"""Classification of an object's content."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.glue.csv_classifier import CsvOptions
from lakestack.services.glue.csv_classifier import classify as classify_csv
from lakestack.services.glue.formats import FileSchema, Sample, classify, documents
from lakestack.services.glue.schema_types import render


def _classify(
    body: bytes, *, head: int | None = None, custom: list[CsvOptions] | None = None
) -> FileSchema:
    def read_range(start: int, length: int) -> bytes:
        return body[start : start + length]

    sample = Sample(body[:head] if head else body, len(body), read_range)
    return classify(sample, custom or [])


def _columns(schema: FileSchema) -> list[tuple[str, str]]:
    return [(column.name, render(column.type)) for column in schema.columns]


def test_csv_header_and_types() -> None:
    schema = _classify(b"Id,Score,Name,Ok\n1,2.5,x,true\n2,3,y,false\n3,,,\n")
    assert schema.classification == "csv"
    assert _columns(schema) == [
        ("id", "bigint"),
        ("score", "double"),
        ("name", "string"),
        ("ok", "boolean"),
    ]
    assert schema.records == 3
    assert schema.properties["skip.header.line.count"] == "1"


def test_csv_of_strings_only_has_no_header_for_glue() -> None:
    schema = _classify(b"name,city\nann,rome\nbob,oslo\n")
    assert _columns(schema) == [("col0", "string"), ("col1", "string")]
    assert "skip.header.line.count" not in schema.properties
    assert schema.records == 3


def test_csv_without_header() -> None:
    assert _columns(_classify(b"1,a\n2,b\n")) == [("col0", "bigint"), ("col1", "string")]


@pytest.mark.parametrize("delimiter", [",", "|", "\t", ";", "\x01"])
def test_csv_delimiters(delimiter: str) -> None:
    text = "\n".join(delimiter.join(row) for row in [["id", "x"], ["1", "a"], ["2", "b"]])
    schema = _classify(text.encode())
    assert schema.properties["delimiter"] == delimiter
    assert _columns(schema) == [("id", "bigint"), ("x", "string")]


def test_csv_quotes_commas_bom_and_crlf() -> None:
    schema = _classify(b'\xef\xbb\xbfid,title\r\n1,"Heat, The ""best"""\r\n2,Alien\r\n')
    assert _columns(schema) == [("id", "bigint"), ("title", "string")]
    assert schema.properties["areColumnsQuoted"] == "false"
    quoted = _classify(b'"id","title"\n"1","a"\n"2","b"\n')
    assert quoted.properties["areColumnsQuoted"] == "true"
    assert _columns(quoted)[0] == ("id", "bigint")


def test_csv_trailing_delimiter_and_repeated_names() -> None:
    schema = _classify(b"id,a,a,\n1,x,y,\n2,x,y,\n")
    assert [name for name, _ in _columns(schema)] == ["id", "a", "a_2"]


@pytest.mark.parametrize("body", [b"only one line,x\n", b"a\n1\n2\n", b"plain text\nwithout any\n"])
def test_not_csv_for_the_built_in_classifier(body: bytes) -> None:
    assert _classify(body).classification == "UNKNOWN"


def test_custom_csv_classifier() -> None:
    options = CsvOptions.from_api(
        {"Delimiter": ":", "ContainsHeader": "PRESENT", "AllowSingleColumn": True}
    )
    assert _columns(_classify(b"name:city\nann:rome\n", custom=[options])) == [
        ("name", "string"),
        ("city", "string"),
    ]
    single = CsvOptions(allow_single_column=True, header="PRESENT")
    assert _columns(_classify(b"n\n1\n2\n", custom=[single])) == [("n", "bigint")]
    open_csv = CsvOptions(serde="OpenCSVSerDe", header="PRESENT")
    assert _columns(_classify(b"n,m\n1,2\n3,4\n", custom=[open_csv]))[0] == ("n", "string")


@pytest.mark.parametrize("separator", ["", "\n", "\r\n", " ", ",\n"])
def test_json_documents(separator: str) -> None:
    rows = [{"Id": 1, "x": None}, {"Id": 2.5, "y": {"a": [1]}}]
    schema = _classify(separator.join(map(json.dumps, rows)).encode())
    assert schema.classification == "json"
    assert schema.records == 2
    assert _columns(schema) == [
        ("id", "double"),
        ("x", "string"),
        ("y", "struct<a:array<int>>"),
    ]
    assert schema.serde["paths"] == "Id,x,y"


def test_json_array_is_one_column() -> None:
    assert _columns(_classify(b'[{"a": 1}, {"a": 2}]')) == [("array", "array<struct<a:int>>")]
    long = json.dumps([{"a": n} for n in range(1000)]).encode()
    assert _columns(_classify(long, head=200)) == [("array", "array<struct<a:int>>")]


def test_cut_samples_use_whole_records_only() -> None:
    body = b"".join(b'{"a": %d}' % n for n in range(1000))
    schema = _classify(body, head=100)
    assert _columns(schema) == [("a", "int")]
    csv_body = b"id,x\n" + b"".join(b"%d,y\n" % n for n in range(1000))
    schema = _classify(csv_body, head=103)
    assert _columns(schema) == [("id", "bigint"), ("x", "string")]


def test_a_bad_line_among_json_lines_is_passed_over() -> None:
    assert documents('{"a": 1}\n{"a": \n{"a": 3}\n') == [{"a": 1}, {"a": 3}]


@pytest.mark.parametrize("body", [b'{"a": 1}\n{"a": 2}\n', b"id,x\n1,a\n2,b\n"])
def test_gzip(body: bytes) -> None:
    plain, packed = _classify(body), _classify(gzip.compress(body))
    assert (packed.compression, plain.compression) == ("gzip", "none")
    assert packed.columns == plain.columns
    assert packed.records == plain.records


def test_gzip_of_several_members() -> None:
    body = gzip.compress(b'{"a": 1}\n') + gzip.compress(b'{"b": 1}\n')
    assert [name for name, _ in _columns(_classify(body))] == ["a", "b"]


def test_damaged_files_are_unknown() -> None:
    for body in (
        b"PAR1 but no footer",
        b"ORC nothing",
        b"\x1f\x8bgarbage",
        b"{" * 5000,
        b"[",
        b"[1] log\n[2] l",
    ):
        assert _classify(body).classification == "UNKNOWN"


def test_utf_8_cut_in_a_character_and_latin_1() -> None:
    body = "id,name\n1,é\n2,é\n".encode()
    assert _columns(_classify(body, head=len(body) - 2))[1] == ("name", "string")
    assert _columns(_classify("id,name\n1,é\n2,b\n".encode("latin-1")))[1] == ("name", "string")


@given(st.binary(max_size=400))
def test_any_bytes_are_classified(body: bytes) -> None:
    assert _classify(body).classification in {"csv", "json", "UNKNOWN"}


@given(st.text(max_size=300))
def test_any_text_is_csv_or_not(text: str) -> None:
    schema = classify_csv(text)
    if schema is not None:
        names = [column.name for column in schema.columns]
        assert len(set(names)) == len(names) >= 2


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("template", ['{{"id": 1, "text": "{}"}}', '[{{"id": 1, "text": "{}"}}]'])
def test_json_document_longer_than_the_sample(template: str, zipped: bool) -> None:
    body = template.format("x" * (5 << 20)).encode()
    packed = gzip.compress(body, 0) if zipped else body
    schema = _classify(packed, head=1 << 20)
    assert schema.classification == "json"
    assert schema.compression == ("gzip" if zipped else "none")
    is_object = template.startswith("{")
    assert [c.name for c in schema.columns] == (["id", "text"] if is_object else ["array"])


def test_json_document_of_many_lines_longer_than_the_sample() -> None:
    """The records inside it are no documents of their own."""
    body = json.dumps({"items": [{"a": i} for i in range(100_000)], "end": 1}, indent=0).encode()
    assert len(body) > 1 << 20
    schema = _classify(body, head=1 << 20)
    assert _columns(schema) == [("items", "array<struct<a:int>>"), ("end", "int")]


def test_json_document_beyond_every_sample_is_unknown() -> None:
    body = b'{"text": "' + b"x" * (17 << 20) + b'"}'
    assert _classify(body, head=1 << 20).classification == "UNKNOWN"


def test_one_record_with_a_nul_or_no_utf8_leaves_json_json() -> None:
    body = b'{"id": 1}\n\x00\xff\xfe\n{"id": 2}\n'
    schema = classify(Sample(body, len(body), lambda start, n: body[start : start + n]))
    assert (schema.classification, [c.name for c in schema.columns]) == ("json", ["id"])
    binary = b"\x00\x01,\x02\n" * 9
    sample = Sample(binary, len(binary), lambda start, n: binary[start : start + n])
    assert classify(sample).classification == "UNKNOWN"


def test_many_gzip_members_are_read_in_pieces() -> None:
    body = gzip.compress(b'{"id": 1}\n') * 30_000
    sample = Sample(body, len(body), lambda start, n: body[start : start + n])
    schema = classify(sample)
    assert (schema.classification, schema.compression, schema.records) == ("json", "gzip", 30_000)
    bomb = gzip.compress(bytes(64 << 20))
    sample = Sample(bomb, len(bomb), lambda start, n: bomb[start : start + n])
    assert classify(sample).classification == "UNKNOWN"
