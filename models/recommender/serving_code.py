"""The code that answers, put beside the model.

A SageMaker inference container runs ``code/inference.py`` of the model archive after installing
``code/requirements.txt`` (SageMaker Python SDK, "Using PyTorch with the SageMaker Python SDK",
section "Model Directory Structure"). It reads no other place.
"""

from __future__ import annotations

import shutil
from pathlib import Path

FOLDER = "code"
FILES = ("inference.py", "requirements.txt")
PACKAGE = "recommender"


def add_to(model_folder: Path, source: Path) -> Path:
    """Copy what inference needs into ``code/`` of the model folder; return that folder.

    Args:
        source: the source directory, with `FILES` and `PACKAGE` at its top

    Raises:
        FileNotFoundError: one of them is missing
    """
    code = model_folder / FOLDER
    shutil.rmtree(code, ignore_errors=True)
    code.mkdir(parents=True)
    for name in FILES:
        shutil.copyfile(source / name, code / name)
    shutil.copytree(source / PACKAGE, code / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    return code
