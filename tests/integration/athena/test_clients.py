"""awswrangler and PyAthena, from an environment that has nothing of ours."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import athena_engine, foreign_python
from tests.support import REGION

pytestmark = pytest.mark.large

PROGRAM = """
import sys
import awswrangler as wr
import pandas as pd
from pyathena import connect
from pyathena.pandas.cursor import PandasCursor

bucket, database = sys.argv[1:]
frame = pd.DataFrame({
    "id": [1, 2, 3], "name": ["a", None, 'say "c"'], "stars": [1.5, None, 3.0],
    "at": pd.to_datetime(["2024-01-01 10:00:00", "2024-01-02 00:00:00", "2024-01-03 00:00:00"]),
    "day": ["2024-01-01", "2024-01-02", "2024-01-02"],
})
wr.catalog.create_database(database)
wr.s3.to_parquet(frame, path=f"s3://{bucket}/t/", dataset=True, database=database, table="t",
                 partition_cols=["day"])
output = f"s3://{bucket}/out/"
sql = "SELECT * FROM t WHERE day >= :day ORDER BY id"
for how in ({"ctas_approach": True}, {"ctas_approach": False},
            {"ctas_approach": False, "unload_approach": True}):
    place = f"s3://{bucket}/out-{len(how)}-{how['ctas_approach']}/"
    got = wr.athena.read_sql_query(sql, database=database, s3_output=place,
                                   params={"day": "2024-01-01"}, **how)
    got = got.sort_values("id").reset_index(drop=True)
    assert list(got["id"]) == [1, 2, 3], (how, got)
    assert pd.isna(got["name"][1]) and got["name"][2] == 'say "c"', (how, got)
    assert got["stars"][2] == 3.0 and pd.isna(got["stars"][1]), (how, got)
    assert str(got["at"][0]).startswith("2024-01-01 10:00:00"), (how, got)
    assert list(got["day"].astype(str)) == list(frame["day"]), (how, got)
chunks = wr.athena.read_sql_query("SELECT id FROM t", database=database, s3_output=output,
                                  ctas_approach=False, chunksize=2)
assert sum(len(chunk) for chunk in chunks) == 3
assert "t" in [row["Name"] for row in wr.catalog.get_tables(database=database)]
wr.athena.repair_table("t", database=database, s3_output=output)

with connect(s3_staging_dir=output, schema_name=database) as connection:
    cursor = connection.cursor()
    cursor.execute("SELECT id, name, stars, at, CAST(1.50 AS decimal(5, 2)) AS d FROM t "
                   "WHERE id = %(id)d", {"id": 1})
    row = cursor.fetchone()
    assert (row[0], row[1], row[2], str(row[3]), str(row[4])) == (
        1, "a", 1.5, "2024-01-01 10:00:00", "1.50"), row
    cursor.execute("SELECT count(*) FROM t WHERE day = ?", ["'2024-01-02'"], paramstyle="qmark")
    assert cursor.fetchone() == (2,), "qmark"
    cursor.execute("SHOW PARTITIONS t")
    assert cursor.fetchall() == [("day=2024-01-01",), ("day=2024-01-02",)]
    frame = connection.cursor(PandasCursor).execute("SELECT * FROM t ORDER BY id").as_pandas()
    assert list(frame["id"]) == [1, 2, 3] and pd.isna(frame["name"][1])
    try:
        cursor.execute("SELECT nothing FROM t")
    except Exception as e:
        assert "COLUMN_NOT_FOUND: line 1:8" in str(e), e
    else:
        raise AssertionError("a missing column")
print("all as expected")
"""


@pytest.mark.usefixtures("bucket")
def test_clients_of_others_find_an_athena(
    emulator: str, aws: Callable[[str], Any], name: str, tmp_path: Path
) -> None:
    if reason := athena_engine.lacking():
        pytest.skip(reason)
    python = foreign_python.interpreter(
        tmp_path / "clients", "awswrangler==3.17.1", "PyAthena[pandas]==4.2.1", timeout=900
    )
    assert aws("athena").list_work_groups()["WorkGroups"]
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
        "AWS_ENDPOINT_URL": emulator,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    ran = subprocess.run(
        [python, "-c", PROGRAM, name, name.replace("-", "_")],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
        env=environment,
        cwd=tmp_path,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    assert "all as expected" in ran.stdout
