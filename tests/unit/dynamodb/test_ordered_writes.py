"""Which table a statement of PartiQL changes, and that tables are held one at a time."""

from __future__ import annotations

import threading

import pytest

from lakestack.services.dynamodb.ordered_writes import Turns, plain_name, table_written


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("INSERT INTO \"Music\" VALUE {'Artist': 'Acme'}", "Music"),
        ("insert into Music value {'Artist': 'Acme'}", "Music"),
        (" UPDATE \"Music.2\"\n SET a = 1 WHERE Artist = 'x'", "Music.2"),
        ("DELETE  FROM Music WHERE Artist = 'x'", "Music"),
        ('SELECT * FROM "Music"', None),
        ("EXISTS(SELECT * FROM \"Music\" WHERE a = 'UPDATE x')", None),
    ],
)
def test_the_table_that_a_statement_changes(statement: str, table: str | None) -> None:
    assert table_written(statement) == table


def test_a_table_may_be_named_by_its_arn() -> None:
    assert plain_name("arn:aws:dynamodb:eu-west-1:000000000000:table/t") == "t"
    assert plain_name("a/t") == "a/t"


def test_a_table_is_held_by_one_at_a_time_and_by_the_same_again() -> None:
    turns, entered = Turns(), threading.Event()
    tables = [("1", "eu-west-1", "a"), ("1", "eu-west-1", "b")]

    def other() -> None:
        with turns.of(tables[1:]):
            entered.set()

    with turns.of(tables), turns.of(reversed(tables)):
        thread = threading.Thread(target=other)
        thread.start()
        assert not entered.wait(0.1)
    thread.join(60)
    assert entered.is_set()
