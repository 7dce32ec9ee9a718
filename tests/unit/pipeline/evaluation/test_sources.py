"""Where an evaluation takes its rows and its champion from, and what it says of wrong ones."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from pipeline.cli.commands import _join_plugins, app
from pipeline.errors import DataError, EvaluationError
from pipeline.evaluation.champion import of_artifact, of_endpoint
from pipeline.evaluation.channel import from_lake
from pipeline.evaluation.evaluate import _failure
from pipeline.evaluation.ratings_file import write_channel
from tests.unit.pipeline.fakes import FakeS3, client_error

MANIFEST = {"hyperparameters": {"factors": 8}, "metrics": {"ndcg_at_10": 0.5}}


def packed(name: str = "manifest.json", content: bytes | None = None) -> bytes:
    buffer = io.BytesIO()
    text = json.dumps(MANIFEST).encode() if content is None else content
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for member, data in (("model.npz", b"x" * 100_000), (name, text)):
            entry = tarfile.TarInfo(member)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("196\t242\t3\t881250949\n186\t302\t3\t891717742\n", 4),
        ("user_id:token\titem_id:token\trating:float\n1\t2\t3.0\n\n7\t2\t4.5\n", 3),
        ("1::1193::5::978300760\r\n1::661::3::978302109\r\n", 4),
        ("userId,movieId,rating,timestamp\n1,31,2.5,1260759144\n1,32,3,1\n", 4),
    ],
)
def test_files_of_research_data_become_a_channel(tmp_path: Path, text: str, columns: int) -> None:
    (tmp_path / "ratings").write_text(text, newline="")
    channel = tmp_path / "channel"
    channel.mkdir()
    write_channel(tmp_path / "ratings", channel)
    rows = (channel / "rating" / "ratings.csv").read_text().splitlines()
    assert rows[0] == ",".join(("userid", "movieid", "rating", "timestamp")[:columns])
    assert len(rows) == 3
    assert all(row.count(",") == columns - 1 for row in rows)
    assert "movie " in (channel / "movies" / "movies.csv").read_text()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", "has no ratings"),
        (b"user,movie,rating\n", "has no ratings"),
        (b"1,2\n", "line 1 has 2 columns"),
        (b"1,2,3,4\n1,2,3\n", "line 2 has 3 columns"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
    ],
)
def test_a_file_of_another_form_is_named(tmp_path: Path, content: bytes, named: str) -> None:
    (tmp_path / "ratings").write_bytes(content)
    (tmp_path / "channel").mkdir()
    with pytest.raises(DataError, match=named):
        write_channel(tmp_path / "ratings", tmp_path / "channel")


def lake(s3: Any, **clients: Any) -> Any:
    settings = SimpleNamespace(endpoint="e", training_data="ml/trainingdata")
    return SimpleNamespace(
        s3=s3, settings=settings, bucket="b", client=lambda name: clients[name],
        has_bucket=lambda: True, objects=lambda _: [], reporter=None,
    )  # fmt: skip


class SageMaker:
    """An endpoint with one variant of weight 1 and one of weight 0."""

    def __init__(self, url: str | None) -> None:
        self.url = url

    def describe_endpoint(self, **_: str) -> dict[str, Any]:
        if self.url is None:
            raise client_error("ValidationException", "DescribeEndpoint")
        return {"EndpointConfigName": "c"}

    def describe_endpoint_config(self, **_: str) -> dict[str, Any]:
        off, on = ({"ModelName": n, "InitialVariantWeight": w} for n, w in (("old", 0), ("new", 1)))
        return {"ProductionVariants": [off, on]}

    def describe_model(self, *, ModelName: str) -> dict[str, Any]:  # noqa: N803
        assert ModelName == "new"
        return {"PrimaryContainer": {"ModelDataUrl": self.url}}


def test_the_champion_is_what_the_endpoint_serves() -> None:
    s3 = FakeS3()
    s3.objects["m/model.tar.gz"] = packed()
    found = of_endpoint(lake(s3, sagemaker=SageMaker("s3://b/m/model.tar.gz")))
    assert (found.settings, found.metrics) == ({"factors": 8}, {"ndcg_at_10": 0.5})
    assert found.origin == "endpoint e (s3://b/m/model.tar.gz)"


def test_without_an_endpoint_the_defaults_are_the_champion() -> None:
    found = of_endpoint(lake(FakeS3(), sagemaker=SageMaker(None)))
    assert found.settings == {}
    assert found.origin == "the defaults: endpoint e is absent"


def test_a_champion_that_is_gone_or_altered_is_named() -> None:
    s3 = FakeS3()
    there = lake(s3, sagemaker=SageMaker("s3://b/model.tar.gz"))
    with pytest.raises(EvaluationError, match="model of endpoint e is gone"):
        of_endpoint(there)
    whole = packed()
    for content in (whole[: len(whole) // 2], b"x", packed("other.json"), packed(content=b"[]")):
        s3.objects["model.tar.gz"] = content
        with pytest.raises(EvaluationError, match="is no model of the trainer's"):
            of_endpoint(there)


def test_an_archive_a_folder_or_a_manifest_is_a_champion(tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(packed("./manifest.json"))
    (tmp_path / "manifest.json").write_text(json.dumps(MANIFEST))
    for path in (tmp_path / "model.tar.gz", tmp_path, tmp_path / "manifest.json"):
        assert of_artifact(path).settings == {"factors": 8}
    with pytest.raises(EvaluationError, match="is no model"):
        of_artifact(tmp_path / "absent.tar.gz")


def test_a_lake_without_training_data_is_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="no training data below s3://b/ml/trainingdata/"):
        from_lake(lake(FakeS3()), tmp_path)


def test_an_end_without_a_reason_is_told_as_such() -> None:
    assert "signal 9 and no reason" in str(_failure(-9, ["x"]))
    assert str(_failure(1, ["noise", "evaluation failed: k=0"])).startswith("k=0.")


def ratings(folder: Path) -> Path:
    rows = [
        f"{user},{movie},4.5,{1_000_000_000 + 100 * user + movie}"
        for user in range(1, 13)
        for movie in range(1, 13)
        if (user + movie) % 2 == 0
    ]
    (folder / "ratings.csv").write_text("\n".join(["userId,movieId,rating,timestamp", *rows]))
    return folder / "ratings.csv"


def call(*arguments: str) -> tuple[int, str, str]:
    _join_plugins()
    result = CliRunner().invoke(app, ["evaluate", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_measures_files_and_asks_no_lake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKE_ENDPOINT", "http://127.0.0.1:9")
    report = tmp_path / "report.html"
    code, out, err = call(
        "--source", str(ratings(tmp_path)), "--algorithm", "popularity", "-k", "3",
        "--protocol", "stratified-item", "--report", str(report), "--json",
    )  # fmt: skip
    assert code == 0, err
    document = json.loads(out)
    (protocol,) = document["protocols"]
    assert [m["name"] for m in protocol["models"]] == ["champion", "popularity"]
    assert document["report"] == str(report)
    assert "Recommendations beside history" in report.read_text(encoding="utf-8")


def test_the_command_prints_both_tables(tmp_path: Path) -> None:
    code, out, err = call("--source", str(ratings(tmp_path)), "--preset", "ml-100k-stratified")
    assert code == 0, err
    for words in ("champion (als)", "than champion", "hit rate", "DO NOT COMPARE", "of memory"):
        assert words in out, words
    assert re.search(r"all 1[0-2] users with held-out rows measured", out)


def test_a_wrong_value_is_named_with_the_valid_ones(tmp_path: Path) -> None:
    code, out, err = call("--source", str(ratings(tmp_path)), "--protocol", "x", "--json")
    assert code == 1
    error = json.loads(out)["error"]
    assert error["message"].startswith("protocol x is unknown; valid: newest_per_user")
    assert "Traceback" not in err


def test_a_report_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    code, _, err = call("--source", str(tmp_path), "--report", str(tmp_path / "no" / "r.html"))
    assert (code, "its folder is not there" in err) == (1, True)
    code, _, err = call("--source", str(tmp_path), "--user", "1")
    assert (code, "--user belongs to --report" in err) == (1, True)
