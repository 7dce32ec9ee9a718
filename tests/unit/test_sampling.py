"""The sample of large files: its size, its seed, and what is left out."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests import sampling

FILES = [f"tests/test_{number}.py" for number in range(10)]


def test_a_sample_has_its_share_and_comes_again_with_its_seed() -> None:
    found = sampling.drawn(FILES, 1 / 3, "a")
    assert len(found) == 4
    assert found == sampling.drawn(reversed(FILES), 1 / 3, "a")
    assert sampling.drawn(FILES, 1, "a") == FILES


def test_each_file_has_its_turn() -> None:
    seen = {file for seed in range(40) for file in sampling.drawn(FILES, 1 / 3, str(seed))}
    assert seen == set(FILES)


@pytest.mark.parametrize("text", ["", "1", "0/3", "4/3", "1/0", "a/b"])
def test_what_is_no_share(text: str) -> None:
    with pytest.raises(ValueError, match="such as 1/3"):
        sampling.share(text)


def test_large_files_alone_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    for number in range(6):
        mark = "pytestmark = pytest.mark." + ("large" if number < 3 else "slow")
        (tmp_path / "tests" / f"test_{number}.py").write_text(mark)
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    found = sampling.left_out(tmp_path, 1 / 3)
    assert len(found) == 2
    assert {path.name for path in found} < {"test_0.py", "test_1.py", "test_2.py"}
    assert sampling.left_out(tmp_path, 1) == set()


def test_the_project_has_large_files_that_a_sample_leaves_out() -> None:
    left = sampling.left_out(Path(__file__).parents[2], 1 / 3)
    assert len(left) > 10
    assert all(path.is_file() for path in left)
