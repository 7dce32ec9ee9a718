"""`make bench-scale`: exponents, what is noise, kinds of processes, the table in the document."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.scale import __main__ as command
from tests.bench.scale import table
from tests.bench.scale.growth import WHOLE, exponent, exponents, too_steep
from tests.bench.scale.measuring import Measured, last_document, stage_seconds
from tests.bench.scale.processes import Sampler, Usage, kind_of
from tests.support import PROJECT


def run(ratings: int, total: float, **seconds: float) -> Measured:
    return Measured(ratings, seconds, total, Usage(3 << 30, {"Spark": 1 << 30}, {(1, 1.0): 12.0}))


@pytest.mark.parametrize(("large", "power"), [(10, 1.0), (100, 2.0), (1, 0.0), (17.78, 1.25)])
def test_an_exponent_is_that_of_a_power_law(large: float, power: float) -> None:
    assert exponent(1, large, 10) == pytest.approx(power, abs=0.001)


def test_what_is_too_short_to_be_measured_has_no_exponent() -> None:
    small = run(100_000, 50, land=0.1, load=10, train=5)
    large = run(400_000, 200, land=7.9, load=80, train=20)
    found = exponents(small, large)
    assert set(found) == {WHOLE, "load", "train"}
    assert found["train"] == pytest.approx(1)
    assert too_steep(small, large) == {"load": pytest.approx(1.5)}
    assert too_steep(small, large, 1.6) == {}


def test_a_quadratic_stage_fails_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = {"100k": run(100_000, 50, load=10), "400k": run(400_000, 200, load=160)}
    monkeypatch.setattr(command, "measure", lambda size, *_: runs[size])
    assert command.main(["--small"]) == 1
    assert "TOO STEEP: load, 100,000 → 400,000: exponent 2.00" in capsys.readouterr().out
    runs["400k"] = run(400_000, 200, load=40)
    assert command.main(["--small"]) == 0


def test_seconds_of_stages_come_from_the_timeline() -> None:
    events = [
        {"cat": "stage", "name": name, "dur": dur}
        for name, dur in (("data", 1e6), ("upload", 2e6), ("land", 3e6), ("train", 4e6))
    ]
    events += [{"cat": "wait", "name": "train", "dur": 9e6}, {"name": "process_name"}]
    assert stage_seconds({"traceEvents": events}) == {"land": 6.0, "train": 4.0}


def test_the_document_is_found_behind_the_progress() -> None:
    document = '{\n  "a": {\n    "b": 1\n  }\n}\n'
    assert last_document(document) == {"a": {"b": 1}}
    assert last_document(f"generate: begins {{\ndone\n{document}") == {"a": {"b": 1}}


def test_the_table_is_written_between_its_markers(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{table.BEGIN}\nold\n{table.END}\nafter\n")
    text = table.table([run(100_000, 50, load=10), run(400_000, 200, load=40, train=0.01)])
    table.write(page, text)
    written = page.read_text()
    assert written.startswith(f"before\n{table.BEGIN}\n\nMeasured on ")
    assert written.endswith(f"{table.END}\nafter\n")
    assert "| load | 10.0 (10,000) | 40.0 (10,000) | 1.00 |" in written
    assert "| peak memory, GB | 3.00 | 3.00 |  |" in written
    assert "| - Spark | 1.00 | 1.00 |  |" in written
    page.write_text("no markers")
    with pytest.raises(ValueError, match="no markers"):
        table.write(page, text)


def test_the_document_has_the_markers() -> None:
    text = (PROJECT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert text.index(table.BEGIN) < text.index(table.END)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("java -Xmx1g -jar DynamoDBLocal.jar -port 1", "DynamoDB engine"),
        ("java org.apache.spark.deploy.SparkSubmit job.py", "Spark"),
        ("/x/.venv/bin/python /x/.venv/bin/lake run --movielens /m", "lake"),
        ("python -m localstack", "emulator"),
    ],
)
def test_processes_are_told_apart(line: str, kind: str) -> None:
    assert kind_of(line) == kind


def test_a_sample_sees_children() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "b = bytearray(60_000_000); print('up', flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        sampler = Sampler(lambda: [os.getpid()])
        sampler.sample()
        alone = Sampler(lambda: [child.pid, 2**22 + 1])
        alone.sample()
    finally:
        child.communicate(b"\n")
    assert sampler.usage.peak > alone.usage.peak > 60_000_000
    assert sampler.usage.cpu_seconds > 0
