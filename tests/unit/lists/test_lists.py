"""Everybody's lists: what is asked of the model, and what of its answers is written."""

from __future__ import annotations

import io
import json
import threading
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.errors import ListsError
from pipeline.lake import Lake
from pipeline.lists import table
from pipeline.lists.questions import LONGEST_LIST, lines, users
from pipeline.lists.table import fill, forget_others, look_up
from tests.unit.pipeline.fakes import SilentReporter, client_error

OUT = "ml/lists/job-1/answers/users-00001.jsonl.out"


class Table:
    """A table that takes at most three requests of a batch."""

    def __init__(self) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self.batches: list[int] = []

    def batch_write_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803
        ((name, requests),) = RequestItems.items()
        self.batches.append(len(requests))
        for request in requests[:3]:
            if "PutRequest" in request:
                item = request["PutRequest"]["Item"]
                self.items[item["userId"]["S"]] = item
            else:
                del self.items[request["DeleteRequest"]["Key"]["userId"]["S"]]
        return {"UnprocessedItems": {name: requests[3:]} if requests[3:] else {}}

    def get_paginator(self, _: str) -> Any:
        def paginate(**given: Any) -> list[dict[str, Any]]:
            job = given["ExpressionAttributeValues"][":job"]
            return [{"Items": [i for i in self.items.values() if i["job"] != job]}]

        return SimpleNamespace(paginate=paginate)

    def get_item(self, *, Key: dict[str, Any], **_: Any) -> dict[str, Any]:  # noqa: N803
        item = self.items.get(Key["userId"]["S"])
        return {"Item": item} if item else {}


def lake_of(objects: dict[str, str], dynamodb: Any = None) -> Lake:
    """A lake with these objects and this table."""
    found = SimpleNamespace(
        bucket="bucket",
        settings=SimpleNamespace(
            training_data="ml/trainingdata", lists="ml/lists", lists_table="recommendations_t"
        ),
        objects=lambda prefix: [{"Key": key} for key in sorted(objects) if key.startswith(prefix)],
        text=lambda key: io.StringIO(objects[key], newline=""),
        binary=lambda key: io.BytesIO(objects[key].encode()),
        client=lambda _: dynamodb,
        cancelled=threading.Event(),
        reporter=SilentReporter(),
    )
    return cast(Lake, found)


def answered(*people: int) -> str:
    """A line of the model's answers."""
    movies = [{"movie_id": 1, "title": "Ænon (1990)", "score": 0.5}]
    found = [{"user_id": u, "reason": "rated 20 movies", "recommendations": movies} for u in people]
    return json.dumps({"predictions": found}, ensure_ascii=False) + "\n"


def test_users_are_those_of_all_files_once_and_in_order() -> None:
    folder = "ml/trainingdata/rating/"
    rows = {f"{folder}a.csv": "userid,movieid\n30,1\n2,1\n", f"{folder}b.csv": "userid\n30\n4\n"}
    assert users(lake_of({**rows, f"{folder}_SUCCESS": ""})) == [2, 4, 30]


@pytest.mark.parametrize("text", ["userid\nsomebody\n", "userid\n\n", "userid\n"])
def test_training_data_without_users_is_refused_with_the_way_on(text: str) -> None:
    with pytest.raises(ListsError) as caught:
        users(lake_of({"ml/trainingdata/rating/a.csv": text}))
    assert "ml/trainingdata/rating/" in caught.value.message
    assert "lake run" in caught.value.hint


@pytest.mark.parametrize("k", [1, 100, LONGEST_LIST])
def test_a_line_asks_for_as_many_movies_as_one_answer_may_hold(k: int) -> None:
    people = list(range(1, 1202))
    asked = [json.loads(line)["instances"] for line in lines(people, k)]
    assert [one["user_id"] for line in asked for one in line] == people
    assert {one["k"] for line in asked for one in line} == {k}
    assert max(len(line) * k for line in asked) <= 20_000
    assert max(map(len, asked)) <= 500


def test_what_the_table_does_not_take_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_FIRST_PAUSE", 0.0)
    dynamodb = Table()
    lake = lake_of({OUT: answered(*range(20)) + answered(*range(20, 33))}, dynamodb)
    assert fill(lake, "job-1") == 33
    assert sorted(map(int, dynamodb.items)) == list(range(33))
    assert dynamodb.batches[:3] == [25, 22, 19]
    found = look_up(lake, 32, 10)
    assert [(t.movie_id, t.title, t.score) for t in found.titles] == [(1, "Ænon (1990)", 0.5)]


def test_lists_of_an_earlier_job_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "_FIRST_PAUSE", 0.0)
    dynamodb = Table()
    fill(lake_of({OUT.replace("job-1", "job-0"): answered(1, 2, 3, 4, 5)}, dynamodb), "job-0")
    lake = lake_of({OUT: answered(5)}, dynamodb)
    fill(lake, "job-1")
    assert forget_others(lake, "job-1") == 4
    assert set(dynamodb.items) == {"5"}


@pytest.mark.parametrize("line", ["no JSON", "{}", '{"predictions": [{"user_id": 1}]}', "[]"])
def test_an_answer_that_is_something_else_names_its_object(line: str) -> None:
    with pytest.raises(ListsError, match="answers/users-00001"):
        fill(lake_of({OUT: line}, Table()), "job-1")


def test_a_table_that_takes_nothing_ends_with_the_run() -> None:
    lake = lake_of({OUT: answered(1, 2, 3, 4)}, Table())
    lake.cancelled.set()
    with pytest.raises(ListsError, match="Another run"):
        fill(lake, "job-1")


def test_nobodys_list_and_no_table_are_told_apart() -> None:
    def absent(**_: Any) -> None:
        raise client_error("ResourceNotFoundException", "GetItem")

    with pytest.raises(ListsError, match="no list of user 9"):
        look_up(lake_of({}, Table()), 9, 10)
    with pytest.raises(ListsError, match="There is no table"):
        look_up(lake_of({}, SimpleNamespace(get_item=absent)), 9, 10)
