"""The archive of Spark's classes is made once, and one environment does not wait for another's."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from lakestack.services.glue.spark import class_archive


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, threading.Event]:
    """Stand-ins for the run of Spark: `began` is set by it, `go` ends it."""
    events = {"began": threading.Event(), "go": threading.Event()}

    def make(archive: Path, notice: object) -> bool:
        events["began"].set()
        assert events["go"].wait(60)
        archive.touch()
        return True

    monkeypatch.setenv("LAKE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(class_archive, "spark_jars", list)
    monkeypatch.setattr(class_archive, "class_path", lambda jars: jars)
    monkeypatch.setattr(class_archive, "_make", make)
    return events


def test_two_processes_of_one_environment_make_it_once(
    making: dict[str, threading.Event], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(class_archive, "class_archive", lambda _: tmp_path / "one.jsa")
    said: list[str] = []
    waits = threading.Event()

    def second(text: str) -> None:
        said.append(text)
        waits.set()

    both = [
        threading.Thread(target=class_archive.install, args=(say,))
        for say in (lambda _: None, second)
    ]
    both[0].start()
    assert making["began"].wait(60)
    making["began"].clear()
    both[1].start()
    assert waits.wait(60)
    making["go"].set()
    for thread in both:
        thread.join(60)

    assert said == ["another process archives Spark's classes; waiting for it"]
    assert not making["began"].is_set()


def test_an_environment_does_not_wait_for_another_s(
    making: dict[str, threading.Event], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(class_archive, "class_archive", lambda _: tmp_path / "one.jsa")
    first = threading.Thread(target=class_archive.install, args=(lambda _: None,))
    first.start()
    assert making["began"].wait(60)

    monkeypatch.setattr(class_archive, "class_archive", lambda _: tmp_path / "other.jsa")
    monkeypatch.setattr(class_archive, "_make", lambda *_: True)
    said: list[str] = []
    class_archive.install(said.append)
    making["go"].set()
    first.join(60)

    assert said == []
