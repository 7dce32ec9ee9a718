"""The workshop's real files: every row arrives, and the original's traps behave as on AWS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.dms.helpers import Lake, table, to_table

RATINGS = table("ratings", userId="INT4", movieId="INT4", rating="REAL8", timestamp="INT8")
MOVIES = table("movies", movieId="INT4", title="STRING", genres="STRING")
LINKS = table("links", movieId="INT4", imdbId="STRING", tmdbId="STRING")
TAGS = table("tags", userId="INT4", movieId="INT4", tag="STRING", timestamp="INT8")


@pytest.fixture
def lake(aws: Callable[[str], Any], movielens: Path) -> Lake:
    lake = Lake(aws)
    for name in ("ratings", "movies", "links", "tags"):
        lake.put(f"data/{name}/{name}.csv", (movielens / f"{name}.csv").read_bytes())
    return lake


def test_every_row_of_the_four_tables_arrives(lake: Lake) -> None:
    lake.create_task(
        lake.endpoints(RATINGS, MOVIES, LINKS, TAGS),
        to_table("ratings", lake.target("ratings"), "userId", "movieId"),
        to_table("movies", lake.target("movies"), "movieId"),
        to_table("links", lake.target("links"), "movieId"),
        to_table(
            "tags",
            lake.target("tags"),
            "userId",
            "movieId_tag",
            attributes={"movieId_tag": "${movieId}_${tag}"},
        ),
    )
    assert lake.run()["StopReason"] == "Stop Reason FULL_LOAD_ONLY_FINISHED"
    expected = {"ratings": 80_004, "movies": 9_125, "links": 9_125, "tags": 1_296}
    assert {t: lake.counts(t) for t in expected} == {
        t: (rows, 0, "Table completed") for t, rows in expected.items()
    }
    for name, rows in expected.items():
        pages = (
            lake.aws("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=lake.target(name), Select="COUNT")
        )
        assert sum(page["Count"] for page in pages) == rows
    assert lake.exceptions() == []
    assert "shared a key" not in lake.log()
    links = lake.items(lake.target("links"))
    assert sum("tmdbId" not in item for item in links) == 13, "NULL is left out"
    titles = [item["title"]["S"] for item in lake.items(lake.target("movies"))]
    assert sum("," in title for title in titles) == 2_125
    assert sum(not title.isascii() for title in titles) == 272


def test_the_originals_tags_collapse_to_772_items(lake: Lake) -> None:
    rule = to_table(
        "tags",
        lake.target("tags"),
        "id",
        attributes={"id": "${userId}X${movieId}", "tags": "${tags}"},
    )
    lake.create_task(lake.endpoints(TAGS), rule)
    lake.run()
    assert lake.counts("tags") == (1_296, 0, "Table completed")
    assert len(lake.items(lake.target("tags"))) == 772
    assert "524 of 1296 rows shared a key with another row" in lake.log()
    assert lake.log().count("unknown column tags") == 1
