"""What a Python shell job finds needs nothing but itself."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from lakestack.services.glue import python_shell

SCRIPT = """
import sys, sitecustomize
from awsglue import errors, utils
from awsglue.import_hooks import _AfterImport
assert any(isinstance(each, _AfterImport) for each in sys.meta_path)
assert "pyspark" not in sys.modules
print(sitecustomize.__file__)
"""


def test_its_modules_can_be_imported_where_there_is_no_other(tmp_path: Path) -> None:
    library = python_shell.library(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={"PYTHONPATH": str(library)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (str(library / "sitecustomize.py"), "")
