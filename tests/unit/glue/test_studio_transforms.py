"""Modules that Glue Studio's jobs name in AWS's own bucket."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from lakestack.services.glue.job_files import LaunchError
from lakestack.services.glue.runtime import awsgluestudio
from lakestack.services.glue.studio_transforms import module

BUCKET = "s3://aws-glue-studio-transforms-510798373988-prod-us-east-1"


def test_modules_of_aws_bucket_are_ours(tmp_path: Path) -> None:
    made = module(f"{BUCKET}/gs_now.py", tmp_path)
    assert made == tmp_path / "gs_now.py"
    assert 'attach("gs_now")' in made.read_text()
    assert module(f"{BUCKET}/gs_common.py", tmp_path) == tmp_path / "gs_common.py"


@pytest.mark.parametrize("url", ["s3://code/gs_now.py", f"{BUCKET}-mine.x/gs_now.py"])
def test_others_are_fetched(url: str, tmp_path: Path) -> None:
    assert module(url, tmp_path) is None


def test_a_transform_that_is_not_here_is_named(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="gs_lookup is not emulated; there are gs_array_to_cols"):
        module(f"{BUCKET}/gs_lookup.py", tmp_path)


def test_each_transform_has_its_function() -> None:
    folder = Path(awsgluestudio.__file__).parent
    for target in awsgluestudio.TRANSFORMS.values():
        file, _, function = target.partition(".")
        assert f"\ndef {function}(" in (folder / f"{file}.py").read_text()
    assert find_spec("awsgluestudio") is None  # only on the path of jobs
