"""What a Python shell job finds beside its script: `awsglue.utils`, and nothing else of awsglue.

AWS Glue Developer Guide, "Accessing parameters using getResolvedOptions" ("Python shell jobs ...
awsglue.utils") and "Configuring job properties for Python shell jobs in AWS Glue": the parts of the
package that need Spark are not there, and a script that imports them fails as on AWS.
"""

from __future__ import annotations

import shutil
from pathlib import Path

_UTILS = Path(__file__).parent / "runtime" / "awsglue" / "utils.py"


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
    shutil.copyfile(_UTILS, package / _UTILS.name)
    return package.parent
