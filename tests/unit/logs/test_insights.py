"""Queries of CloudWatch Logs Insights, over events in memory."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.logs.models import LogEvent

from lakestack.services.logs.insights.commands import Query
from lakestack.services.logs.insights.events import fields_of
from lakestack.services.logs.insights.lexer import MalformedQueryError

REPORT = (
    "REPORT RequestId: 1-2\tDuration: 12.50 ms\tBilled Duration: 13 ms\t"
    "Memory Size: 128 MB\tMax Memory Used: 40 MB\n"
)
MESSAGES = [
    "plain error 500 in /a",
    json.dumps({"level": "INFO", "cost": 3, "user": {"name": "ann"}, "tags": ["x", "y"]}),
    json.dumps({"level": "WARN", "cost": 5, "user": {"name": "bob"}}),
    json.dumps({"level": "WARN", "cost": 7.5, "user": {"name": "ann"}}),
    REPORT,
]


def events() -> list[dict[str, Any]]:
    """Newest first, one a minute from 2023-11-14 22:13:20 on."""
    made = [
        LogEvent(0, {"timestamp": 1_700_000_000_000 + 60_000 * at, "message": message})
        for at, message in enumerate(MESSAGES)
    ]
    return [fields_of(event, "s", "/aws/lambda/f", "000000000000") for event in reversed(made)]


def ask(query: str) -> list[dict[str, str]]:
    rows, _ = Query(query).run(events())
    return [{k: v for k, v in row.items() if k != "@ptr"} for row in rows]


def test_the_newest_come_first_with_time_and_message() -> None:
    rows, matched = Query("limit 1").run(events())
    assert matched == 5
    assert set(rows[0]) == {"@timestamp", "@message", "@ptr"}
    assert rows[0]["@timestamp"] == "2023-11-14 22:17:20.000"
    assert ask("fields @timestamp | sort @timestamp asc | limit 1") == [
        {"@timestamp": "2023-11-14 22:13:20.000"}
    ]
    assert ask("fields @timestamp | sort @timestamp | limit 1")[0]["@timestamp"].endswith(
        "13:20.000"
    )


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ("@message like /error \\d+/", 1),
        ('@message like "ERROR"', 0),
        ("@message like /(?i)ERROR/", 1),
        ("@message =~ 'plain'", 1),
        ("@message not like 'plain'", 4),
        ('level = "WARN"', 2),
        ('level != "WARN"', 1),
        ('level in ["INFO", "WARN"] and cost >= 5', 2),
        ('level not in ["INFO"] and ispresent(level)', 2),
        ("not (cost > 4) or cost * 2 = 15", 4),
        ('user.name = "ann"', 2),
        ("tags.1 = 'y'", 1),
        ("cost + 1 = 4", 1),
        ("@type = 'REPORT'", 1),
        ("strlen(user.name) = 3 and toupper(user.name) = 'BOB'", 1),
        ("isempty(level)", 2),
        ("`user.name` = 'bob'", 1),
    ],
)
def test_filters(condition: str, count: int) -> None:
    assert len(ask(f"filter {condition}")) == count
    assert Query(f"filter {condition}").run(events())[1] == count


def test_stats_by_groups_and_periods() -> None:
    assert ask("stats count(*) as n, sum(cost), avg(cost) as mean by level | sort n desc") == [
        {"level": "WARN", "n": "2", "sum(cost)": "12.5", "mean": "6.25"},
        {"level": "INFO", "n": "1", "sum(cost)": "3", "mean": "3"},
    ]
    assert (
        ask("filter ispresent(cost) | stats count() as n by bin(2m) | sort n")
        == [
            {"bin(2m)": "2023-11-14 22:14:00.000", "n": "1"} | {"n": "2"},
            {"bin(2m)": "2023-11-14 22:16:00.000", "n": "1"},
        ][::-1]
    )
    assert ask("stats max(@duration) as d, max(@maxMemoryUsed / 1000 / 1000) as mb") == [
        {"d": "12.5", "mb": "40"}
    ]
    assert ask("stats count_distinct(user.name) as u, pct(cost, 50) as p, latest(level) as l") == [
        {"u": "2", "p": "5"}
    ]
    assert ask("filter level = 'none' | stats count(*)") == [{"count(*)": "0"}]


STRUCTURED = (
    '{"events": [{"name": "a", "ms": 3}, {"name": "b", "ms": 5}], "from": "10.0.0.7"}',
    "no JSON",
)


def of_structures(query: str) -> list[dict[str, str]]:
    """The answer to a query over two events, without pointers."""
    made = [
        LogEvent(0, {"timestamp": 1_700_000_000_000, "message": message}) for message in STRUCTURED
    ]
    found = [fields_of(event, "s", "/aws/lambda/f", "000000000000") for event in made]
    rows, _ = Query(query).run(found)
    return [{k: v for k, v in row.items() if k != "@ptr"} for row in rows]


def test_structures_are_parsed_and_flattened() -> None:
    begin = "fields jsonParse(@message) as js | "
    assert of_structures(begin + "unnest js.events into e | display e.name") == [
        {"e.name": "a"},
        {"e.name": "b"},
        {},
    ]
    flat = begin + "unnest js.events into e | stats sum(e.ms) as n by e.name | sort n desc"
    assert of_structures(flat) == [{"e.name": "b", "n": "5"}, {"e.name": "a", "n": "3"}]
    assert of_structures(begin + "display js.events[1].name as x, js.events[9] as y") == [
        {"x": "b"},
        {},
    ]
    assert of_structures(begin + "display jsonStringify(js.events[0]) as text | limit 1") == [
        {"text": '{"name":"a","ms":3}'}
    ]
    assert of_structures(begin + "display js.events | limit 1") == [
        {"js.events": '[{"name":"a","ms":3},{"name":"b","ms":5}]'}
    ]


@pytest.mark.parametrize(
    ("condition", "count"),
    [
        ('isIpInSubnet(js.from, "10.0.0.0/24")', 1),
        ('isIpv4InSubnet(js.from, "10.1.0.0/16")', 0),
        ('isIpv6InSubnet(js.from, "fd00::/8")', 0),
        ("isValidIp(js.from)", 1),
        ("isValidIpv6(js.from)", 0),
    ],
)
def test_addresses(condition: str, count: int) -> None:
    query = f"fields jsonParse(@message) as js | filter {condition} = 1"
    assert len(of_structures(query)) == count
    assert len(of_structures(f"fields jsonParse(@message) as js | filter {condition}")) == count


def test_parse_dedup_and_display() -> None:
    globbed = ask('filter @message like "plain" | parse @message "* error * in *" as a, b, c')
    assert globbed[0].keys() == {"@timestamp", "@message"}
    assert ask('parse "error * in *" as code, path | filter code = 500 | display code, path') == [
        {"code": "500", "path": "/a"}
    ]
    assert ask("parse @message /error (?<code>\\d+)/ | filter code > 400 | display code") == [
        {"code": "500"}
    ]
    assert ask("filter ispresent(level) | dedup level | display level, cost") == [
        {"level": "WARN", "cost": "7.5"},
        {"level": "INFO", "cost": "3"},
    ]
    assert ask("fields concat(level, '!') as l | filter cost = 3 | display l # why") == [
        {"l": "INFO!"}
    ]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "empty"),
        ("pattern @message", "unexpected command pattern"),
        ("fields @message |", ""),
        ("filter cost >", "end of query"),
        ("filter nosuch(cost)", "unknown function nosuch"),
        ("stats mode(cost)", "unknown function of stats mode"),
        ("limit many", "number of at most"),
        ("limit 10001", "number of at most"),
        ("filter a = 1 b", "want |"),
        ("parse @message '* *' as a", "as many names"),
        ("filter @message like /(/", "regular expression"),
        ("fields ~", "unexpected symbol"),
        ("stats count(*) by bin(5 parsecs)", "period"),
    ],
)
def test_what_cannot_be_read_is_named(query: str, said: str) -> None:
    if not said:  # a pipe at the end is none too many
        assert ask(query)
        return
    with pytest.raises(MalformedQueryError) as caught:
        Query(query)
    assert said in str(caught.value)
