"""Paths below /opt/ml as a processing script names them, and which commands are run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from lakestack.services.sagemaker import launch

SCRIPT = """
from __future__ import annotations
import argparse
import sys
import helper

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--out")
    options = parser.parse_args()
    folder = "processing"
    print(f"/opt/ml/{folder}/input", helper.OUTPUT, options.out, sys.argv[0], helper.__name__)
    print(f"{folder}/opt/ml", "s3://bucket/opt/ml/x", "/opt/mlx", b"/opt/ml/b".decode())
    raise ValueError("the end")
"""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/opt/ml/processing/input", "/R/processing/input"),
        ("/opt/ml", "/R"),
        ("a=/opt/ml/x,/opt/ml/y", "a=/R/x,/R/y"),
        ("s3://bucket/opt/ml/x", "s3://bucket/opt/ml/x"),
        ("/opt/mlops", "/opt/mlops"),
        ("/srv/opt/ml/x", "/srv/opt/ml/x"),
    ],
)
def test_what_is_below_opt_ml(text: str, found: str) -> None:
    assert launch.mapped(text, "/R") == found


def test_a_script_and_its_modules_name_the_private_folder(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    code = root / "processing" / "input" / "code"
    code.mkdir(parents=True)
    (code / "script.py").write_text(SCRIPT)
    (code / "helper.py").write_text('OUTPUT = "/opt/ml/processing/output"\n')
    done = subprocess.run(
        [sys.executable, "-B", launch.__file__, root, code / "script.py", "--out", "x"],
        capture_output=True,
        text=True,
        check=False,
    )
    first, second = done.stdout.splitlines()
    assert first.split() == [
        f"{root}/processing/input",
        f"{root}/processing/output",
        "x",
        str(code / "script.py"),
        "helper",
    ]
    assert second.split() == ["processing/opt/ml", "s3://bucket/opt/ml/x", "/opt/mlx", f"{root}/b"]
    assert done.returncode == 1
    assert 'script.py", line 14' in done.stderr
    assert done.stderr.strip().endswith("ValueError: the end")
