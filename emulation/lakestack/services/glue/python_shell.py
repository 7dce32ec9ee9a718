"""What a Python shell job finds beside its script: `awsglue.utils`, and none of what needs Spark.

AWS Glue Developer Guide, "Accessing parameters using getResolvedOptions" ("Python shell jobs ...
awsglue.utils") and "Configuring job properties for Python shell jobs in AWS Glue": the parts of the
package that need Spark are not there, and a script that imports them fails as on AWS.
"""

from __future__ import annotations

import shutil
from pathlib import Path

_RUNTIME = Path(__file__).parent / "runtime"
# Beside the utils what lets pandas open s3:// and NumPy have its old names.
_MODULES = ("utils", "import_hooks", "numpy_names", "pandas_s3", "jvm_classes", "clients", "errors")


def library(folder: Path) -> Path:
    """Make the package in an own folder.

    Args:
        folder: of the run

    Returns:
        the entry for the path of Python
    """
    package = folder / "python-shell" / "awsglue"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    for name in _MODULES:
        shutil.copyfile(_RUNTIME / "awsglue" / f"{name}.py", package / f"{name}.py")
    shutil.copytree(
        _RUNTIME / "awsglue" / "coverage",
        package / "coverage",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copyfile(_RUNTIME / "driver" / "sitecustomize.py", package.parent / "sitecustomize.py")
    return package.parent
