"""What a statement is: kinds, parts, and what is refused."""

from __future__ import annotations

import pytest

from lakestack.services.athena.engine import statement
from lakestack.services.athena.engine.errors import QueryError


@pytest.mark.parametrize(
    ("sql", "kind", "type_"),
    [
        ("select 1", "SELECT", "DML"),
        ("-- a comment\nWITH a AS (SELECT 1) SELECT * FROM a;", "SELECT", "DML"),
        ("INSERT INTO t VALUES (1)", "INSERT", "DML"),
        ("UNLOAD (SELECT 1 a) TO 's3://b/c/' WITH (format = 'PARQUET')", "UNLOAD", "DML"),
        ("CREATE TABLE t AS SELECT 1 a", "CREATE_TABLE_AS_SELECT", "DDL"),
        ("CREATE OR REPLACE VIEW v AS SELECT 1 a", "CREATE_VIEW", "DDL"),
        ("DROP TABLE IF EXISTS `d`.`t`", "DROP_TABLE", "DDL"),
        ("MSCK REPAIR TABLE t", "REPAIR_TABLE", "DDL"),
        ("SHOW PARTITIONS d.t", "SHOW_PARTITIONS", "UTILITY"),
        ("DESCRIBE t", "DESCRIBE_TABLE", "UTILITY"),
        ("PREPARE p FROM SELECT ?", "PREPARE", "UTILITY"),
        ("EXECUTE p USING 1, 'a,b'", "EXECUTE", "DML"),
    ],
)
def test_kinds(sql: str, kind: str, type_: str) -> None:
    found = statement.read(sql)
    assert (found.kind, found.type) == (kind, type_)


def test_create_external_table_has_all_its_clauses() -> None:
    parts = statement.read(
        """CREATE EXTERNAL TABLE IF NOT EXISTS `d`.`t` (
             `id` int COMMENT 'it''s', r struct<a:int,b:array<string>>, p decimal(10, 2))
           COMMENT 'all' PARTITIONED BY (dt string)
           ROW FORMAT DELIMITED FIELDS TERMINATED BY '\\t' LINES TERMINATED BY '\\n'
           STORED AS TEXTFILE LOCATION 's3://b/t/'
           TBLPROPERTIES ('skip.header.line.count'='1')"""
    ).parts
    assert parts["table"] == ("d", "t")
    assert parts["exists"]
    assert parts["columns"] == [
        {"Name": "id", "Type": "int", "Comment": "it's"},
        {"Name": "r", "Type": "struct<a:int,b:array<string>>"},
        {"Name": "p", "Type": "decimal(10,2)"},
    ]
    assert parts["keys"] == [{"Name": "dt", "Type": "string"}]
    assert parts["serde"]["field.delim"] == "\t"
    assert parts["parameters"] == {"skip.header.line.count": "1"}
    assert parts["formats"][2].endswith("LazySimpleSerDe")


def test_alter_table_names_partitions_and_places() -> None:
    parts = statement.read(
        "ALTER TABLE t ADD IF NOT EXISTS PARTITION (a='x', b=1) LOCATION 's3://b/x/' "
        "PARTITION (a='y', b=2)"
    ).parts
    assert parts["partitions"] == [
        ({"a": "x", "b": "1"}, "s3://b/x/"),
        ({"a": "y", "b": "2"}, None),
    ]


def test_ctas_properties() -> None:
    parts = statement.read(
        "CREATE TABLE t WITH (format='ORC', partitioned_by = ARRAY['a', 'b'], bucket_count = 3) "
        "AS SELECT 1 x"
    ).parts
    assert parts["properties"] == {
        "format": "ORC",
        "partitioned_by": ["a", "b"],
        "bucket_count": "3",
    }
    assert parts["sql"] == "SELECT 1 x"


def test_execute_has_values_as_they_are_written() -> None:
    found = statement.read("EXECUTE p USING 1, 'a,b', DATE '2020-01-01'")
    assert found.parts["parameters"] == ["1", "'a,b'", "DATE '2020-01-01'"]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELEC 1", "line 1:1: mismatched input 'SELEC'"),
        ("DROP TABLE\n  t x", "line 2:5: mismatched input 'x'. Expecting: <EOF>"),
        ("OPTIMIZE t", "OPTIMIZE is not part of the emulated Athena"),
        ("SHOW GRANTS", "SHOW GRANTS is not part"),
        ("CREATE TABLE t (a int) LOCATION 's3://b/'", "External keyword missing"),
        ("CREATE EXTERNAL TABLE t (a int)", "No location was specified"),
        ("CREATE EXTERNAL TABLE t (a int", "Expecting"),
        ("DESCRIBE other.d.t", "The data catalog other"),
        ("", "mismatched input '<EOF>'"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(sql: str, said: str) -> None:
    with pytest.raises(QueryError) as refused:
        statement.read(sql)
    assert said in str(refused.value)
