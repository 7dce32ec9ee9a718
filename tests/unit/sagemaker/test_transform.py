"""Records, batches, JSONPath and filters of transform jobs."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from localstack.aws.api import CommonServiceException

from lakestack.services.sagemaker.transform.filters import DataProcessing, FilterError
from lakestack.services.sagemaker.transform.json_path import JsonPath, PathError
from lakestack.services.sagemaker.transform.records import RecordError, batches, records

DOCUMENT = {"id": 7, "features": [1, 2, 3], "a b": {"c": [{"x": 1}, {"x": 2}]}}


@pytest.mark.parametrize(
    ("path", "selected"),
    [
        ("$", DOCUMENT),
        ("$.features", [1, 2, 3]),
        ("$['a b'].c[*].x", [1, 2]),
        ("$['id','features']", {"id": 7, "features": [1, 2, 3]}),
        ("$.features[0]", 1),
        ("$.features[-1]", 3),
        ("$.features[1:]", [2, 3]),
        ("$.features[0,2]", [1, 3]),
        ("$.features[0,1:]", [1, 2, 3]),
        ("$.features[:-1]", [1, 2]),
        ("$.*", [7, [1, 2, 3], {"c": [{"x": 1}, {"x": 2}]}]),
    ],
)
def test_what_a_path_selects(path: str, selected: Any) -> None:
    assert JsonPath(path).select(DOCUMENT) == selected


@pytest.mark.parametrize(
    "path", ["", "features", "$..id", "$[?(@.x)]", "$.features[", "$[]", "$[1,]", "$.a()"]
)
def test_what_is_no_path_of_sagemakers(path: str) -> None:
    with pytest.raises(PathError):
        JsonPath(path)


@pytest.mark.parametrize("path", ["$.none", "$.features[3]", "$.id[0]", "$['id','none']"])
def test_a_path_to_nothing_is_an_error(path: str) -> None:
    with pytest.raises(PathError, match="selects nothing"):
        JsonPath(path).select(DOCUMENT)


def processing(content: str, split: str = "Line", **given: str) -> DataProcessing:
    return DataProcessing(
        {
            "TransformInput": {"ContentType": content, "SplitType": split},
            "TransformOutput": {"AssembleWith": split, "Accept": content},
            "DataProcessing": given,
        }
    )


def test_csv_is_filtered_and_joined_by_column() -> None:
    filters = processing(
        "text/csv", InputFilter="$[1:]", JoinSource="Input", OutputFilter="$[0,-1]"
    )
    assert filters.for_model(b'7,"a,b",2') == b'"a,b",2'
    assert filters.kept(b'7,"a,b",2', b"0.5,0.9") == b"7,0.9"


def test_json_gets_the_answer_as_a_member() -> None:
    filters = processing("application/jsonlines", InputFilter="$.features", JoinSource="Input")
    assert json.loads(filters.for_model(json.dumps(DOCUMENT).encode())) == [1, 2, 3]
    kept = json.loads(filters.kept(b'{"id": 1}', b"[0.5]"))
    assert kept == {"id": 1, "SageMakerOutput": [0.5]}
    assert json.loads(filters.kept(b"[1]", b"2")) == {"SageMakerInput": [1], "SageMakerOutput": 2}


@pytest.mark.parametrize(
    ("content", "given", "said"),
    [
        ("image/png", {"InputFilter": "$.a"}, "ContentType"),
        ("text/csv", {"InputFilter": "$..a"}, "InputFilter"),
        ("text/csv", {"OutputFilter": "a"}, "OutputFilter"),
    ],
)
def test_filters_that_are_refused(content: str, given: dict[str, str], said: str) -> None:
    with pytest.raises(CommonServiceException, match=said):
        processing(content, **given)


def test_filters_need_records() -> None:
    with pytest.raises(CommonServiceException, match="SplitType Line"):
        processing("text/csv", split="None", JoinSource="Input")
    request = {
        "TransformInput": {"ContentType": "application/json", "SplitType": "Line"},
        "TransformOutput": {},
        "DataProcessing": {"JoinSource": "Input"},
    }
    with pytest.raises(CommonServiceException, match="AssembleWith"):
        DataProcessing(request)


@pytest.mark.parametrize("answer", [b"not json", b"", b"\xff"])
def test_an_answer_that_cannot_be_joined(answer: bytes) -> None:
    with pytest.raises(FilterError, match="the model's answer is not JSON"):
        processing("application/jsonlines", JoinSource="Input").kept(b"{}", answer)


def cut(path: Path, *, many: bool, limit: int | None, gzipped: bool = False) -> list[list[bytes]]:
    found = records(path, split=True, gzipped=gzipped, limit=limit)
    return list(batches(found, many=many, limit=limit))


def test_lines_are_batched_up_to_the_payload(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"aa\nbb\r\n\ncc\ndd")
    assert cut(path, many=False, limit=6) == [[b"aa"], [b"bb"], [b"cc"], [b"dd"]]
    assert cut(path, many=True, limit=6) == [[b"aa", b"bb"], [b"cc", b"dd"]]
    assert cut(path, many=True, limit=None) == [[b"aa", b"bb", b"cc", b"dd"]]
    path.write_bytes(gzip.compress(b"aa\nbb\n"))
    assert cut(path, many=True, limit=6, gzipped=True) == [[b"aa", b"bb"]]


def test_what_is_too_large_or_damaged(tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"a" * 7 + b"\nb\n")
    with pytest.raises(RecordError, match="MaxPayloadInMB"):
        cut(path, many=True, limit=6)
    with pytest.raises(RecordError, match="MaxPayloadInMB"):
        list(records(path, split=False, gzipped=False, limit=6))
    with pytest.raises(RecordError, match="decompressed"):
        cut(path, many=True, limit=6, gzipped=True)
    path.write_bytes(gzip.compress(b"a" * 5000)[:-9])
    with pytest.raises(RecordError, match="decompressed"):
        cut(path, many=True, limit=None, gzipped=True)
