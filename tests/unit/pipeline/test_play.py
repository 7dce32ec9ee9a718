"""Playing with the lake: own ratings by title, hyper-parameters, models side by side, SQL."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
import typer
from typer.testing import CliRunner

from pipeline.cli import commands, play
from pipeline.cli.commands import app
from pipeline.cli.play import parameters
from pipeline.errors import DataError, SettingsError, StateLostError
from pipeline.lake import Lake
from pipeline.movie_search import Catalogue, stars_by_movie
from pipeline.settings import Settings
from pipeline.sql import Answer, ask
from pipeline.stages.recommend import titles_for, titles_for_ratings
from pipeline.stages.train import Train, _as_json
from pipeline.target import open_target
from pipeline.trained_models import trained_models
from tests.unit.pipeline.fakes import FakeS3, client_error

TITLES = {
    1: "Toy Story (1995)",
    318: "Shawshank Redemption, The (1994)",
    2571: "Matrix, The (1999)",
    3114: "Toy Story 2 (1999)",
    6365: "Matrix Reloaded, The (2003)",
    7: "Sabrina (1995)",
    8: "Sabrina (1954)",
}
SEARCH = Catalogue(TITLES)


@pytest.mark.parametrize(
    ("movie", "number"),
    [
        ("Toy Story", 1),
        ("toy  story (1995)", 1),
        ("The Matrix", 2571),
        ("Matrix, The", 2571),
        ("matrix reloaded", 6365),
        ("Shawshank", 318),
        ("318", 318),
        ("Sabrina (1954)", 8),
    ],
)
def test_a_movie_is_found_by_what_people_call_it(movie: str, number: int) -> None:
    assert SEARCH.id_of(movie) == number


@pytest.mark.parametrize(
    ("movie", "said"),
    [
        ("Sabrina", "'Sabrina' is the title of 2 movies. Name one by its id: 7 = Sabrina (1995)"),
        ("Toy Storry", "There is no movie 'Toy Storry' in the lake. Name one by its id: 1 = Toy"),
        ("999", "There is no movie '999' in the lake."),
        ("ma", "'ma' is the title of 2 movies."),
    ],
)
def test_a_movie_that_is_not_one_is_told_what_there_is(movie: str, said: str) -> None:
    with pytest.raises(DataError) as raised:
        SEARCH.id_of(movie)
    assert str(raised.value).startswith(said)


def test_ratings_as_they_are_given() -> None:
    assert stars_by_movie(["Toy Story=5", "318=4.5", "a=b=3"]) == {
        "Toy Story": 5.0,
        "318": 4.5,
        "a=b": 3.0,
    }
    for wrong in ("Toy Story", "=5", "x=6", "x=0", "x=nan", "x=five"):
        with pytest.raises(typer.BadParameter, match=r"valid: a title or id and 0\.5 to 5"):
            stars_by_movie([wrong])
    with pytest.raises(typer.BadParameter, match="twice"):
        stars_by_movie(["x=1", "x=2"])


def _endpoint(prediction: dict[str, Any], asked: list[Any]) -> Lake:
    def invoke_endpoint(**given: Any) -> dict[str, Any]:
        asked.extend(json.loads(given["Body"])["instances"])
        return {"Body": io.BytesIO(json.dumps({"predictions": [prediction]}).encode())}

    runtime = SimpleNamespace(invoke_endpoint=invoke_endpoint)
    lake = SimpleNamespace(settings=Settings("0" * 12), client=lambda _: runtime)
    return cast(Lake, lake)


def test_a_fold_in_has_a_reason_for_each_title() -> None:
    because = [{"movie_id": 1, "title": "Toy Story (1995)"}]
    entry = {"movie_id": 3114, "title": "Toy Story 2 (1999)", "score": 0.5, "because": because}
    prediction = {"user_id": None, "reason": "folded in", "recommendations": [entry]}
    asked: list[Any] = []
    found = titles_for_ratings(_endpoint(prediction, asked), {1: 5.0}, 3)
    assert asked == [{"ratings": [{"movie_id": 1, "rating": 5.0}], "k": 3, "explain": True}]
    assert found.user_id is None
    assert found.titles[0].because == ("Toy Story (1995)",)
    known = {**prediction, "user_id": 7}
    assert titles_for(_endpoint(known, asked), 7, 3).user_id == 7


def test_the_command_takes_a_user_or_ratings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "open_lake", lambda *_: pytest.fail("nothing is asked"))
    for words in ([], ["1", "--rated", "x=1"], ["--rated", "x=9"]):
        assert CliRunner().invoke(app, ["recommend", *words]).exit_code == 2


def test_hyper_parameters_as_they_are_given() -> None:
    assert parameters(["factors=128", "algorithm=ease"], "train") == {
        "factors": "128",
        "algorithm": "ease",
    }
    for given, only in [(["factors"], "train"), (["a=1", "a=2"], "train"), (["a=1"], None)]:
        with pytest.raises(typer.BadParameter):
            parameters(given, only)
    assert [_as_json(text) for text in ("128", "0.5", "true", "ease", '"x"')] == [
        "128",
        "0.5",
        "true",
        '"ease"',
        '"\\"x\\""',
    ]


def test_hyper_parameters_reach_the_job() -> None:
    sent: list[dict[str, Any]] = []
    sagemaker = SimpleNamespace(create_training_job=lambda **given: sent.append(given))
    target = open_target("local", environ={})
    lake = SimpleNamespace(
        settings=Settings("0" * 12),
        bucket="b",
        target=target,
        stacks=SimpleNamespace(outputs=lambda _: {"SageMakerRoleArn": "r"}),
        client=lambda _: sagemaker,
    )
    Train._request(cast(Any, SimpleNamespace(lake=lake, parameters={"factors": "128"})), "job")
    assert sent[0]["HyperParameters"]["factors"] == "128"


class _SageMaker:
    """Two jobs, the older of which serves."""

    def get_paginator(self, _: str) -> Any:
        names = [{"TrainingJobName": "b"}, {"TrainingJobName": "a"}]
        return SimpleNamespace(paginate=lambda **_: [{"TrainingJobSummaries": names}])

    def describe_training_job(self, TrainingJobName: str) -> dict[str, Any]:  # noqa: N803
        return {
            "TrainingJobName": TrainingJobName,
            "TrainingJobStatus": "Completed",
            "CreationTime": datetime(2026, 1, 2, tzinfo=UTC),
            "HyperParameters": {"sagemaker_program": '"train.py"', "factors": "128"},
            "ModelArtifacts": {"S3ModelArtifacts": f"s3://b/{TrainingJobName}"},
            "FinalMetricDataList": [{"MetricName": "ndcg_at_10", "Value": 0.25}],
        }

    def describe_endpoint(self, **_: Any) -> dict[str, Any]:
        return {"EndpointConfigName": "c"}

    def describe_endpoint_config(self, **_: Any) -> dict[str, Any]:
        return {"ProductionVariants": [{"ModelName": "m"}]}

    def describe_model(self, **_: Any) -> dict[str, Any]:
        return {"PrimaryContainer": {"ModelDataUrl": "s3://b/a"}}


def test_models_stand_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    lake = SimpleNamespace(settings=Settings("0" * 12), client=lambda _: _SageMaker())
    newest, serving = trained_models(cast(Lake, lake))
    assert (newest.job, newest.parameters, newest.serves) == ("b", {"factors": "128"}, False)
    assert (serving.metrics, serving.serves) == ({"ndcg_at_10": 0.25}, True)
    monkeypatch.setattr(play, "open_lake", lambda *_: lake)
    shown = CliRunner().invoke(app, ["models"]).stdout
    assert "factors=128" in shown
    assert "0.2500" in shown


class _Glue:
    """Glue with the lake's job, whose runs all end alike."""

    def __init__(self, s3: FakeS3, state: str = "SUCCEEDED") -> None:
        self.s3, self.state, self.jobs = s3, state, list[str]()

    def get_job(self, **_: Any) -> Any:
        return {"Job": {"Role": "role"}}

    def create_job(self, Name: str, **_: Any) -> None:  # noqa: N803
        self.jobs.append(Name)

    def delete_job(self, JobName: str) -> None:  # noqa: N803
        self.jobs.remove(JobName)

    def start_job_run(self, Arguments: dict[str, str], **_: Any) -> Any:  # noqa: N803
        body = json.dumps({"columns": ["n"], "rows": [[3], [None]], "cut": True}).encode()
        self.s3.put_object(Bucket="b", Key=Arguments["--answer_key"], Body=body)
        return {"JobRunId": "r"}

    def get_job_run(self, **_: Any) -> Any:
        return {"JobRun": {"JobRunState": self.state, "ErrorMessage": "no table ratingz"}}

    def get_paginator(self, _: str) -> Any:
        tables = [{"Name": "ratings_t"}, {"Name": "firehose"}]
        return SimpleNamespace(paginate=lambda **_: [{"TableList": tables}])


def _asked(glue: Any, s3: FakeS3) -> Lake:
    def read(key: str) -> bytes:
        return bytes(s3.get_object(Bucket="b", Key=key)["Body"].read())

    lake = SimpleNamespace(
        settings=Settings("0" * 12),
        bucket="b",
        s3=s3,
        read=read,
        target=open_target("local", environ={}),
        client=lambda _: glue,
        poll=lambda look, *_, **__: look(),
        reporter=Mock(),
    )
    return cast(Lake, lake)


def test_sql_leaves_nothing_behind() -> None:
    s3 = FakeS3()
    glue = _Glue(s3)
    assert ask(_asked(glue, s3), "select 1", 2) == Answer(["n"], [[3], [None]], True)
    assert (glue.jobs, dict(s3.objects)) == ([], {})


@pytest.mark.parametrize("seconds", [0.0, 1000.0])
def test_sql_is_silent_only_where_it_is_quick(
    seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spark takes seconds to start."""
    monkeypatch.setattr("pipeline.slow_step.QUICK_SECONDS", seconds)
    s3 = FakeS3()
    lake = _asked(_Glue(s3), s3)
    ask(lake, "select 1", 2)
    assert [call[0] for call in cast(Mock, lake.reporter).method_calls] == (
        [] if seconds else ["begin", "progress", "end"]
    )


def test_a_wrong_query_is_told_the_tables() -> None:
    s3 = FakeS3()
    glue = _Glue(s3, "FAILED")
    with pytest.raises(Exception, match="no table ratingz") as raised:
        ask(_asked(glue, s3), "select * from ratingz", 2)
    assert getattr(raised.value, "hint", "") == "The tables are firehose, ratings_t"
    assert (glue.jobs, dict(s3.objects)) == ([], {})


def test_sql_before_there_is_a_catalog_and_where_it_costs_money() -> None:
    def absent(**_: Any) -> None:
        raise client_error("EntityNotFoundException", "GetJob")

    lake = _asked(SimpleNamespace(get_job=absent), FakeS3())
    with pytest.raises(StateLostError, match="the catalog has not been made"):
        ask(lake, "select 1", 1)
    paid = SimpleNamespace(target=SimpleNamespace(prices=object()), settings=Settings("0" * 12))
    with pytest.raises(SettingsError, match="costs money"):
        ask(cast(Lake, paid), "select 1", 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--output", "csv"], 'n\n3\n""\n'), (["--json"], '"rows": [\n    [\n      3')],
)
def test_sql_is_shown_as_asked_for(
    words: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3 = FakeS3()
    monkeypatch.setattr(play, "open_lake", lambda *_: _asked(_Glue(s3), s3))
    found = CliRunner().invoke(app, ["sql", "select 1", *words])
    assert found.exit_code == 0
    assert said in found.stdout.replace("\r\n", "\n")
    if "--json" not in words:
        assert "the first 2 rows" in found.stderr
