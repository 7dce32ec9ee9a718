"""XML files of a source: the elements of one name as records.

AWS Glue Developer Guide, "Using the XML format in AWS Glue", which points to the documentation of
spark-xml for what comes of elements: attributes are fields with a prefix, an element that has
attributes or children besides text keeps the text in a field of its own, elements of the same name
are an array, and numbers and truth values are found in their texts. A file is read whole.
"""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the name everybody uses

from .options import is_true

_WHOLE = re.compile(r"[+-]?\d{1,18}")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_TRUTH = {"true": True, "false": False}


@dataclass(frozen=True)
class Shape:
    """How elements become records, by the format options.

    Attributes:
        row_tag: name of the elements that are records
        attributes: whether attributes are fields
        prefix: of the fields that are attributes
        value: name of the field for an element's own text
        empty_is_null: whether an empty text is null
        trims: whether space around a text is left out
    """

    row_tag: str
    attributes: bool = True
    prefix: str = "_"
    value: str = "_VALUE"
    empty_is_null: bool = False
    trims: bool = True

    @classmethod
    def of(cls, given: Mapping[str, object]) -> Shape:
        """By format options in lower case.

        Raises:
            ValueError: there is no ``rowTag``
        """
        tag = str(given.get("rowtag") or "")
        if not tag:
            raise ValueError(
                'format xml needs format_options={"rowTag": …}, or a parameter rowTag of the table'
            )
        return cls(
            tag,
            not is_true(given.get("excludeattribute")),
            str(given.get("attributeprefix", "_")),
            str(given.get("valuetag", "_VALUE")),
            is_true(given.get("treatemptyvaluesasnulls")),
            is_true(given.get("ignoresurroundingspaces", True)),
        )

    def record(self, element: ElementTree.Element) -> Any:
        """An element's value: a text, number or truth value, or a dictionary of its parts."""
        found: dict[str, Any] = {}
        if self.attributes:
            found.update({self.prefix + _local(k): _typed(v) for k, v in element.attrib.items()})
        several: set[str] = set()
        for child in element:
            name, value = _local(child.tag), self.record(child)
            if name in several:
                found[name].append(value)
            elif name in found:
                several.add(name)
                found[name] = [found[name], value]
            else:
                found[name] = value
        text = element.text or ""
        text = text.strip() if self.trims or len(element) else text
        if not found:
            return None if self.empty_is_null and not text else _typed(text)
        if text:
            found[self.value] = _typed(text)
        return found


def records_of(data: bytes, shape: Shape, encoding: str = "") -> Iterable[tuple[str, bool]]:
    """Each record as JSON text, and whether it is one; what is no XML is the last, with its cause.

    Args:
        data: a file
        shape: how elements become records
        encoding: of the file, where it does not say so itself
    """
    source = io.BytesIO(data) if not encoding else io.StringIO(data.decode(encoding, "replace"))
    depth = 0
    try:
        for event, element in ElementTree.iterparse(source, ("start", "end")):  # noqa: S314
            if _local(element.tag) != shape.row_tag:
                if event == "end" and not depth:
                    element.clear()
                continue
            depth += 1 if event == "start" else -1
            if event == "end" and not depth:
                value = shape.record(element)
                yield json.dumps(value if isinstance(value, dict) else {shape.value: value}), True
                element.clear()
    except ElementTree.ParseError as e:
        yield f"no XML: {e}", False


def text_of(
    spark: SparkSession, paths: list[str], shape: Shape, encoding: str
) -> tuple[DataFrame, DataFrame]:
    """The records as lines of JSON (columns ``value`` and ``file``), and what is no XML."""
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    files = reader.load(paths).select("path", "content")
    found = files.mapInArrow(
        _to_records(shape, encoding), "value string, error string, file string"
    ).persist()
    good = found.where(F.col("value").isNotNull()).select("value", "file", F.lit(0).alias("rest"))
    return good, found.where(F.col("error").isNotNull()).select("error", "file")


def _to_records(
    shape: Shape, encoding: str
) -> Callable[[Iterable[pa.RecordBatch]], Iterable[pa.RecordBatch]]:
    def make(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
        for batch in batches:
            for path, content in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                rows = [
                    (text if is_one else None, None if is_one else text, path)
                    for text, is_one in records_of(unpacked(content, path), shape, encoding)
                ]
                if rows:
                    yield pa.RecordBatch.from_arrays(
                        [pa.array(c, pa.string()) for c in zip(*rows, strict=True)],
                        ["value", "error", "file"],
                    )

    return make


def unpacked(content: bytes, path: str) -> bytes:
    """A file's data, of which gzip and bzip2 are known by their endings."""
    if path.endswith(".gz"):
        import gzip

        return gzip.decompress(content)
    if path.endswith(".bz2"):
        import bz2

        return bz2.decompress(content)
    return content


def _local(tag: str) -> str:
    """A name without its namespace."""
    return tag.rpartition("}")[2]


def _typed(text: str) -> Any:
    word = text.strip()
    if _WHOLE.fullmatch(word):
        return int(word)
    if _NUMBER.fullmatch(word) and math.isfinite(float(word)):
        return float(word)
    return _TRUTH.get(word.lower(), text)
