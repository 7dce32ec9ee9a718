"""Queries of the catalog: information_schema and the table of a table's partitions."""

from __future__ import annotations

import pytest

from tests.unit.athena.conftest import Lake

EVENTS = """
CREATE EXTERNAL TABLE events (id int, tags array<string> COMMENT 'of films')
PARTITIONED BY (dt string, hour int)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://lake-bucket/events/'
"""


@pytest.fixture
def events(lake: Lake) -> Lake:
    """A table of two partitions, and a view of it."""
    lake.run(EVENTS)
    lake.run("ALTER TABLE events ADD PARTITION (dt='a', hour=2) PARTITION (dt='b', hour=10)")
    lake.run("CREATE VIEW ids AS SELECT id FROM events")
    return lake


def test_the_catalog_is_queried_as_tables(events: Lake) -> None:
    rows = events.rows(
        "SELECT table_name, table_type FROM information_schema.tables "
        "WHERE table_schema = 'lake' ORDER BY 1"
    )
    assert rows == ['"events","BASE TABLE"', '"ids","VIEW"']
    rows = events.rows(
        "SELECT c.column_name, ordinal_position, data_type, comment, extra_info "
        "FROM awsdatacatalog.information_schema.columns c "
        "WHERE c.table_name = 'events' ORDER BY ordinal_position"
    )
    assert rows == [
        '"id","1","integer",,',
        '"tags","2","array(varchar)","of films",',
        '"dt","3","varchar",,"partition key"',
        '"hour","4","integer",,"partition key"',
    ]
    schemas = events.rows("SELECT schema_name FROM information_schema.schemata ORDER BY 1")
    assert schemas == ['"information_schema"', '"lake"']
    views = events.rows("SELECT view_definition FROM information_schema.views")
    assert views == ['"SELECT id FROM events"']


def test_partitions_are_a_table(events: Lake) -> None:
    newest = 'SELECT max(hour) AS h, max(dt) AS d FROM "events$partitions"'
    assert events.rows(newest) == ['"10","b"']
    later = 'SELECT dt FROM lake."events$partitions" WHERE hour > 5'
    assert events.rows(later) == ['"b"']
    events.run("ALTER TABLE events DROP PARTITION (dt='a', hour=2), PARTITION (dt='b', hour=10)")
    assert events.rows('SELECT * FROM "events$partitions"') == []
    assert events.failure('SELECT * FROM "ids$partitions"').startswith("TABLE_NOT_FOUND")


def test_a_table_is_made_without_data(lake: Lake) -> None:
    lake.run("CREATE TABLE one AS SELECT 1 AS id, 'x' AS name")
    lake.run("CREATE TABLE none AS SELECT * FROM one WITH NO DATA")
    assert lake.rows("SELECT * FROM none") == []
    lake.run("INSERT INTO none SELECT * FROM one")
    assert lake.rows("SELECT * FROM none") == ['"1","x"']
    lake.run("CREATE TABLE two AS SELECT * FROM one WITH DATA")
    assert lake.rows("SELECT count(*) AS n FROM two") == ['"1"']
