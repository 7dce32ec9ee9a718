"""Filter patterns of CloudWatch Logs, with the examples of AWS's user guide and API reference."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from localstack.aws.api.logs import InvalidParameterException

from lakestack.services.logs.filter_patterns import compile_filter

BAD, UNAUTHORIZED = "[ERROR 400] BAD REQUEST", "[ERROR 401] UNAUTHORIZED REQUEST"
MISSING, INVALID = "[ERROR 419] MISSING ARGUMENTS", "[ERROR 420] INVALID ARGUMENTS"
INTERNAL = "[ERROR 500] INTERNAL SERVER ERROR"

TRAIL = json.dumps(
    {
        "eventType": "UpdateTrail",
        "sourceIPAddress": "111.111.111.111",
        "arrayKey": ["value", "another value"],
        "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": None,
        "cluster.name": "c",
        "n": 7,
        "large": 1000.0,
        "text": "7",
        "yes": True,
    }
)
USERS = json.dumps(
    {
        "user": {"id": 1, "email": "John.Stiles@example.com"},
        "users": [
            {"id": 2, "email": "John.Doe@example.com"},
            {"id": 3, "email": "Jane.Doe@example.com"},
        ],
        "actions": ["GET", "PUT", "DELETE"],
        "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
    }
)
APACHE = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
RESOURCE = "INFO 09/25/2014 12:00:00 GET /service/resource/67 1200"
PART = "INFO 09/25/2014 12:00:01 POST /service/resource/67/part/111 1310"
WARNING = "WARNING 09/25/2014 12:00:02 Invalid user request"
FAILED = "ERROR 09/25/2014 12:00:02 Failed to process request"


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("", [BAD, ""], []),
        ("ERROR", [BAD, MISSING], ["error", "fine"]),
        ("ERROR ARGUMENTS", [MISSING, INVALID], [BAD, UNAUTHORIZED]),
        ("?ERROR ?ARGUMENTS", [BAD, MISSING, "ARGUMENTS"], ["[INFO] REQUEST"]),
        ("?ERROR ?ARGUMENTS REQUEST", ["[INFO] REQUEST FAILED", BAD], [MISSING]),
        ("?ERROR -fine", ["other"], ["fine"]),
        ('"INTERNAL SERVER ERROR"', [INTERNAL], ["INTERNAL ERROR SERVER"]),
        ("ERROR -ARGUMENTS", [BAD, UNAUTHORIZED], [MISSING, "fine"]),
        ('-"BAD REQUEST"', [MISSING], [BAD]),
        (r'"a \"b\" c"', ['x a "b" c'], ["a b c"]),
        ('"[ERROR]" Exception', ["[ERROR] InvalidQueryException"], ["[ERROR] end"]),
        ("%AUTHORIZED%", [UNAUTHORIZED, "[SUCCESS 200] AUTHORIZED REQUEST"], [BAD]),
        ("%^[hc]at%", ["hat", "cat"], ["a hat"]),
        ("%colou?r|gr[ae]y%", ["color", "the colour", "grey"], ["colr"]),
        (r"%10\.10\.0\.1%", ["10.10.0.1"], ["10x10.0.1"]),
    ],
)
def test_terms_match_whatever_the_form(
    pattern: str, matching: list[str], others: list[str]
) -> None:
    compiled = compile_filter(pattern)

    assert [m for m in matching if compiled.match(m) is None] == []
    assert [m for m in others if compiled.match(m) is not None] == []


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventType = "UpdateTrail" }',
        "{$.eventType=UpdateTrail}",
        "{ $.sourceIPAddress != 123.123.* }",
        '{ $.arrayKey[0] = "value" }',
        "{ $.eventType = %Trail% }",
        "{ $.arrayKey[*] = %val.{2}% }",
        r"{ $.* = %111\.111\.111\.1[0-9]{1,2}% }",
        "{ $.['cluster.name'] = \"c\" }",
        "{ $.objectList[1].id = 2 }",
        "{ $.SomeObject IS NULL }",
        "{ $.SomeOtherObject NOT EXISTS }",
        "{ $.yes IS TRUE }",
        "{ $.n > 6.5 && $.n <= 7 }",
        "{ $.large = 1e+3 }",
        "{ $.large != 1e-3 }",
        '{ $.eventType = "*Trail" }',
        "{ $.n = 7* }",
        "{ $.text = 7 }",
    ],
)
def test_json_is_matched(pattern: str) -> None:
    assert compile_filter(pattern).match(TRAIL) is not None


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.eventType = "updatetrail" }',
        '{ $.eventType = "Update" }',
        "{ $.sourceIPAddress != 111.111.* }",
        '{ $.arrayKey = "value" }',
        '{ $.arrayKey[7] = "value" }',
        '{ $.missing != "x" }',
        "{ $.SomeObject NOT EXISTS }",
        "{ $.yes IS FALSE }",
        "{ $.missing IS NULL }",
        "{ $.text > 6 }",
        "{ $.eventType > 6 }",
    ],
)
def test_json_is_not_matched(pattern: str) -> None:
    assert compile_filter(pattern).match(TRAIL) is None


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', True),
        (
            '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" '
            '&& $.actions[2] = "nonmatch" }',
            True,
        ),
        (
            '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") '
            '&& $.actions[2] = "nonmatch" }',
            False,
        ),
        ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', False),
    ],
)
def test_and_binds_closer_than_or(pattern: str, *, expected: bool) -> None:
    assert (compile_filter(pattern).match(USERS) is not None) is expected


@pytest.mark.parametrize("message", ["{", "[1]", "text", '{"n": NaN}', "", '{"a":' * 9000])
def test_what_is_no_json_object_matches_no_pattern_for_json(message: str) -> None:
    assert compile_filter("{ $.a NOT EXISTS }").match(message) is None


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        (
            r"[ip=%127\.0\.0\.[1-9]%, user, username, timestamp, request =*.html*, "
            "status_code = 4*, bytes]",
            [APACHE],
            [RESOURCE],
        ),
        ("[..., request =*.html*, status_code = 4*, bytes]", [APACHE], [APACHE + " 1"]),
        ("[ip, ..., status_code=404 || status_code=410, bytes > 1500]", [APACHE], [PART]),
        ("[..., status_code > 499, bytes]", [], [APACHE]),
        ("[w1=ERROR, w2]", [FAILED], [WARNING, "ERROR"]),
        ("[w1=ERROR]", ["ERROR"], [FAILED]),
        ("[w1=ERROR || w1=WARNING, w2]", [FAILED, WARNING], [RESOURCE]),
        ("[w1!=ERROR && w1!=WARNING, w2]", [RESOURCE], [FAILED, WARNING]),
        ("[r=REPORT,...]", ["REPORT RequestId: 1"], ["END RequestId: 1"]),
        ("[..., x=b, y=c, ...]", ["a b b c d", "b c"], ["a b d c"]),
        (
            "[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]",
            [RESOURCE],
            [PART],
        ),
        ("[]", [APACHE, FAILED], []),
    ],
)
def test_space_delimited_events(pattern: str, matching: list[str], others: list[str]) -> None:
    compiled = compile_filter(pattern)

    assert [m for m in matching if compiled.match(m) is None] == []
    assert [m for m in others if compiled.match(m) is not None] == []


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[]", {"$1": "127.0.0.1", "$4": "10/Oct/2000:13:25:15 -0700", "$7": "1534"}),
        ("[..., size]", {"$1": "127.0.0.1", "$6": "404", "$size": "1534"}),
        (
            "[..., request=*.html*, status_code=4*,]",
            {"$request": "GET /index.html HTTP/1.0", "$status_code": "404", "$7": "1534"},
        ),
    ],
)
def test_fields_without_a_name_have_their_number(pattern: str, expected: dict[str, str]) -> None:
    found = compile_filter(pattern).match(APACHE)

    assert found is not None
    assert len(found.extracted) == 7
    assert expected.items() <= found.extracted.items()


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("ERROR:", "Invalid character(s) in term ':'"),
        ("ERROR || WARN", "Invalid character(s) in term '||'"),
        ("(", "Invalid character(s) in term '('"),
        ('"open', "Unclosed double quotes"),
        ("-", "Unexpected end"),
        ("%something!%", "Invalid regular expression"),
        ("%(a|b)%", "Invalid regular expression"),
        ("%ä%", "Invalid regular expression"),
        ("%[a%", "Invalid regular expression"),
        ("%open", "Invalid character(s) in term '%'"),
        ('{ $."sc-status" = 5* }', "Invalid character(s) in term '$.\"'"),
        ("{ $.a == 1 }", "Invalid character(s) in term '='"),
        ("{ $.a EXISTS }", "unexpected 'EXISTS'"),
        ("{ $.a IS NOT NULL }", "unexpected 'IS'"),
        ("{ !($.a = 1) }", "Invalid character(s) in term '!($.'"),
        ('{ $.a > "b" }', "compares numbers"),
        ("{ $.a > %b% }", "Invalid operator"),
        ("{ $.*.b[*] = 1 }", "more than one wildcard"),
        ("{ $.* = 1 || $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 }", "at most 3 wildcard"),
        ("{ $.a = %b% || $.a = %c% || $.a = %d% }", "at most 2 regular expressions"),
        ("{ $.a = 1", "Unexpected end"),
        ("{ }", "Invalid character(s) in term '}'"),
        ("{ $.a = 1 } ERROR", "unexpected 'ERROR'"),
        ('{ "a": [1] }', "Invalid character(s) in term"),
        ("{ " + "(" * 500 + "$.a = 1" + ")" * 500 + "}", "parentheses"),
        ("[a, b", "Unexpected end"),
        ("[a b]", "unexpected 'b'"),
        ("[a=1 || b=2]", "several names"),
    ],
)
def test_what_aws_does_not_take_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(InvalidParameterException) as refused:
        compile_filter(pattern)

    assert said in str(refused.value)


@given(st.text(alphabet='{}[]()$.*=!<>&|"%?-,\\ ab1IS', max_size=40), st.text(max_size=40))
def test_any_text_is_a_pattern_or_refused(pattern: str, message: str) -> None:
    try:
        compiled = compile_filter(pattern)
    except InvalidParameterException:
        return
    compiled.match(message)
