"""Elements of XML as records, by the documentation of spark-xml."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from lakestack.services.glue.runtime.awsglue.xml_source import Shape, records_of, unpacked

BOOKS = b"""<?xml version="1.0"?>
<books xmlns:x="urn:x">
  <book id="1"><title>A</title><price currency="EUR">2.50</price><tag>p</tag><tag>q</tag></book>
  <book id="2" x:old="true"><title/><in><page>12</page></in><book><title>inner</title></book></book>
</books>
"""


def read(data: bytes, **options: Any) -> list[Any]:
    shape = Shape.of({"rowtag": "book", **options})
    return [json.loads(text) for text, is_one in records_of(data, shape) if is_one]


def test_elements_attributes_and_repeated_children() -> None:
    first, second = read(BOOKS)
    assert first == {
        "_id": 1,
        "title": "A",
        "price": {"_currency": "EUR", "_VALUE": 2.5},
        "tag": ["p", "q"],
    }
    assert second["_old"] is True
    assert second["in"] == {"page": 12}
    assert second["book"] == {"title": "inner"}  # within a record, it is no record


def test_format_options() -> None:
    [first, second] = read(BOOKS, excludeattribute="true", treatemptyvaluesasnulls=True)
    assert first["price"] == 2.5
    assert second["title"] is None
    [first, _] = read(BOOKS, attributeprefix="@", valuetag="#")
    assert first["price"] == {"@currency": "EUR", "#": 2.5}
    with pytest.raises(ValueError, match="rowTag"):
        Shape.of({})


def test_what_is_no_xml_is_named_after_the_records_before_it() -> None:
    found = list(records_of(b"<books><book><a>1</a></book><book>", Shape("book")))
    assert [is_one for _, is_one in found] == [True, False]
    assert "no element found" in found[1][0]


def test_an_element_of_text_alone_and_other_encodings() -> None:
    assert read(b"<r><book>7</book></r>") == [{"_VALUE": 7}]
    text = "<r><book><t>\xe4</t></book></r>".encode("latin-1")
    [(record, _)] = records_of(text, Shape("book"), "latin-1")
    assert json.loads(record) == {"t": "\xe4"}


def test_packed_files_are_unpacked_by_their_endings() -> None:
    assert unpacked(gzip.compress(BOOKS), "s3://b/a.xml.gz") == BOOKS
    assert unpacked(BOOKS, "s3://b/a.xml") == BOOKS


@pytest.mark.parametrize("text", ["00012", "1e400", "NaN", "", "1.2.3"])
def test_texts_that_only_look_like_numbers(text: str) -> None:
    [record] = read(f"<r><book><v>{text}</v></book></r>".encode())
    assert record["v"] == (12 if text == "00012" else text)
