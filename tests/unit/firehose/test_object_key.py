"""Names of delivered objects and the rules of prefixes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestack.services.firehose.object_key import (
    ObjectNaming,
    PrefixError,
    check_prefixes,
    evaluate_prefix,
    java_date,
)

MOMENT = datetime(2018, 11, 26, 4, 5, 9, 123456, UTC)
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("", "2018/11/26/04/"),
        ("firehose", "firehose2018/11/26/04/"),
        ("firehose/", "firehose/2018/11/26/04/"),
        ("a/b=c/", "a/b=c/2018/11/26/04/"),
    ],
)
def test_the_date_follows_the_literal_prefix_at_once(prefix: str, expected: str) -> None:
    key = ObjectNaming("ratings", "1", prefix).key(MOMENT.timestamp())
    assert re.fullmatch(rf"{re.escape(expected)}ratings-1-2018-11-26-04-05-09-{UUID}", key)


def test_expressions_replace_the_date() -> None:
    prefix = "in/year=!{timestamp:yyyy}/month=!{timestamp:MM}/"
    key = ObjectNaming("ratings", "3", prefix).key(MOMENT.timestamp())
    assert re.fullmatch(rf"in/year=2018/month=11/ratings-3-2018-11-26-04-05-09-{UUID}", key)


def test_dates_are_written_in_the_custom_zone() -> None:
    zone = ZoneInfo("Asia/Tokyo")
    key = ObjectNaming("s", "1", zone=zone).key(MOMENT.timestamp())
    assert key.startswith("2018/11/26/13/s-1-2018-11-26-13-05-09-")


@pytest.mark.parametrize(
    ("compression", "extension", "ending"),
    [
        ("GZIP", "", ".gz"),
        ("ZIP", "", ".zip"),
        ("UNCOMPRESSED", "", ""),
        ("UNCOMPRESSED", ".json", ".json"),
        ("GZIP", ".json.gz", ".json.gz"),
    ],
)
def test_extension(compression: str, extension: str, ending: str) -> None:
    naming = ObjectNaming("s", "1", compression=compression, extension=extension)
    assert re.search(rf"{UUID}{re.escape(ending)}$", naming.key(0.0))


def test_random_string_has_eleven_characters_and_varies() -> None:
    keys = {evaluate_prefix("!{firehose:random-string}/", MOMENT) for _ in range(20)}
    assert all(re.fullmatch(r"[A-Za-z0-9]{11}/", key) for key in keys)
    assert len(keys) > 1


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy/MM/dd/HH", "2018/11/26/04"),
        ("yyyy-'W'MM", "2018-W11"),
        ("''yy''", "'18'"),
        ("'it''s' H:mm:ss.SSS", "it's 4:05:09.123"),
        ("DDD", "330"),
        ("hha", "04AM"),
    ],
)
def test_java_dates(pattern: str, expected: str) -> None:
    assert java_date(pattern, MOMENT) == expected


@pytest.mark.parametrize("pattern", ["", "yyyyy", "Q", "'open", "yyyy'"])
def test_other_java_dates_are_refused(pattern: str) -> None:
    with pytest.raises(PrefixError):
        java_date(pattern, MOMENT)


@given(st.text(alphabet="abc/=-_.!{}:'y", max_size=20))
def test_any_prefix_is_either_evaluated_or_refused(prefix: str) -> None:
    try:
        key = evaluate_prefix(prefix, MOMENT)
    except PrefixError:
        return
    assert "!{" not in key


@pytest.mark.parametrize(
    ("prefix", "error_prefix", "message"),
    [
        ("!{timestamp:yyyy}/", "", "ErrorOutputPrefix must be specified"),
        ("a/", "!{timestamp:yyyy}/", "error-output-type"),
        ("!{firehose:error-output-type}/", "e/", "ErrorOutputPrefix only"),
        ("!{partitionKeyFromQuery:user}/", "e/", "Dynamic Partitioning Namespaces"),
        ("!{aws:region}/", "e/", "not known"),
        ("!{timestamp:yyyy/", "e/", "closing brace"),
    ],
)
def test_refused_prefixes(prefix: str, error_prefix: str, message: str) -> None:
    with pytest.raises(PrefixError, match=message):
        check_prefixes(prefix, error_prefix)


@pytest.mark.parametrize(
    ("prefix", "error_prefix"),
    [
        ("", ""),
        ("a/", "errors/"),
        ("!{timestamp:yyyy}/", "errors/"),
        ("a/", "!{firehose:error-output-type}/!{timestamp:yyyy/MM}/"),
    ],
)
def test_accepted_prefixes(prefix: str, error_prefix: str) -> None:
    check_prefixes(prefix, error_prefix)
