"""Grok patterns of format grokLog, tried with Python's regular expressions."""

from __future__ import annotations

import re

import pytest

from lakestack.services.glue.runtime.awsglue.grok import BUILT_IN, Field, compiled


def found(log_format: str, line: str, custom: str = "") -> dict[str, str | None] | None:
    """The fields of a line; None: the pattern does not fit."""
    grok = compiled(log_format, custom)
    match = re.search(grok.pattern.replace("(?<lake", "(?P<lake"), line)
    if match is None:
        return None
    return {f.name: next((match[n] for n in f.groups if match[n]), None) for f in grok.fields}


def test_an_access_log() -> None:
    line = (
        '192.0.2.7 - ann [28/Nov/2026:10:00:00 +0000] "GET /a?b=1 HTTP/1.1" 200 - '
        '"https://example.org/" "curl/8"'
    )
    assert found("%{COMBINEDAPACHELOG}", line) == {
        "clientip": "192.0.2.7",
        "ident": "-",
        "auth": "ann",
        "timestamp": "28/Nov/2026:10:00:00 +0000",
        "verb": "GET",
        "request": "/a?b=1",
        "httpversion": "1.1",
        "rawrequest": None,
        "response": "200",
        "bytes": None,
        "referrer": '"https://example.org/"',
        "agent": '"curl/8"',
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("TIMESTAMP_ISO8601", "2026-11-28T10:00:00.123Z"),
        ("SYSLOGTIMESTAMP", "Feb  1 06:25:43"),
        ("IP", "2001:db8::7"),
        ("IP", "::ffff:192.0.2.7"),
        ("MAC", "00:1b:44:11:3a:b7"),
        ("URI", "https://ann:pw@example.org:8080/a/b?c=d"),
        ("HOSTPORT", "db.example.org:5432"),
        ("QS", r"'it\'s'"),
        ("UUID", "123e4567-e89b-12d3-a456-426614174000"),
        ("LOGLEVEL", "Warning"),
        ("NUMBER", "-1.5"),
        ("UNIXPATH", "/var/log/a.log"),
    ],
)
def test_built_in_patterns_take_what_they_are_named_for(name: str, text: str) -> None:
    assert found(f"^%{{{name}:it}}$", text) == {"it": text}


def test_each_built_in_pattern_is_a_regular_expression() -> None:
    for name in BUILT_IN:
        assert re.compile(compiled(f"%{{{name}:it}}").pattern.replace("(?<lake", "(?P<lake"))


def test_custom_patterns_types_and_groups_of_their_own() -> None:
    custom = "GETID ([^*]{5})\nGETNAME ([^*]{3})\n\n# nothing\n"
    grok = compiled("%{GETID:id;int}[(]%{GETNAME:name}%{GREEDYDATA:UNWANTED}", custom)
    assert grok.fields == (Field("id", (1,), "int"), Field("name", (3,), "string"))
    assert found("%{GETID:id}%{GETNAME:name}", "12345Ann!", custom) == {
        "id": "12345",
        "name": "Ann",
    }


@pytest.mark.parametrize(
    ("log_format", "custom", "said"),
    [
        ("%{NOWHERE:a}", "", "NOWHERE is not known"),
        ("%{INT}", "", "names no field"),
        ("%{INT:a:number}", "", "type 'number'"),
        ("%{LOOP:a}", "LOOP x%{LOOP}", "nested more than"),
    ],
)
def test_what_is_no_pattern_is_said(log_format: str, custom: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        compiled(log_format, custom)
