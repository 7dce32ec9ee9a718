"""A state that is kept, by the names of Python: `Lake`, `lakestack.start` and `running`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lakestack
from lakestack import emulator
from lakestack.errors import SettingError, SnapshotError
from lakestack.services.saved_state import folder
from lakestack.testing import Lake
from lakestack.tool import client
from tests import support

pytestmark = pytest.mark.large


def _buckets(running: lakestack.Running) -> list[str]:
    found = support.clients(running.url)("s3").list_buckets()["Buckets"]
    return [each["Name"] for each in found]


def test_a_lake_goes_on_with_its_state_which_another_one_cannot_have(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with Lake(state="state") as lake:
        lake.client("s3").create_bucket(Bucket="kept")
        with pytest.raises(SnapshotError, match="Another emulator keeps its state") as refused:
            Lake(state=tmp_path / "state").start()
        assert refused.value.hint
    with Lake(state=tmp_path / "state") as lake:
        assert [b["Name"] for b in lake.client("s3").list_buckets()["Buckets"]] == ["kept"]
    document = next((tmp_path / "state" / folder.CURRENT).glob("0*/document.json"))
    document.write_bytes(b"{}")
    with pytest.raises(SnapshotError, match="is refused"):
        Lake(state=tmp_path / "state").start()
    with Lake(state=tmp_path / "state") as lake:  # refused once, and kept
        assert lake.client("s3").list_buckets()["Buckets"] == []


@pytest.mark.parametrize("side", [emulator, client], ids=["here", "own environment"])
def test_start_and_running_take_a_state(side: Any, tmp_path: Path) -> None:
    state, port = tmp_path / "state", support.free_port()
    with side.running(state=state) as running:
        support.clients(running.url)("s3").create_bucket(Bucket="kept")
    running = side.start(port, home=tmp_path / "home", state=state)
    try:
        assert _buckets(running) == ["kept"]
    finally:
        side.stop(port, home=tmp_path / "home")


@pytest.mark.parametrize("given", ["", 7, True])
def test_what_is_no_folder_is_refused(given: Any) -> None:
    with pytest.raises(SettingError, match="state is"):
        Lake(state=given)
