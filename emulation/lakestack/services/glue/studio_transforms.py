"""The modules of Glue Studio's transforms, which scripts name in a bucket of AWS.

A job that Glue Studio makes has ``--extra-py-files`` with URLs such as
``s3://aws-glue-studio-transforms-510798373988-prod-us-east-1/gs_now.py``. Such a bucket is in no
account of ours: the modules are our own (`runtime.awsgluestudio`).
"""

from __future__ import annotations

import re
from pathlib import Path

from lakestack.services.glue.job_files import LaunchError
from lakestack.services.glue.runtime.awsgluestudio import COMMON, TRANSFORMS, module_text

_URL = re.compile(
    r"s3[an]?://aws-glue-studio-transforms-[0-9]{12}-[a-z]+-[a-z0-9-]+/(?P<name>[^/]+)\.py"
)


def module(url: str, folder: Path) -> Path | None:
    """Put the module of a transform into a folder.

    Args:
        url: an item of ``--extra-py-files``
        folder: of the run

    Returns:
        the file; None: the URL is in no bucket of AWS

    Raises:
        LaunchError: there is no such transform here
    """
    found = _URL.fullmatch(url)
    if found is None:
        return None
    name = found["name"]
    if name != COMMON and name not in TRANSFORMS:
        known = ", ".join(TRANSFORMS)
        raise LaunchError(
            f"LAUNCH ERROR | Glue Studio's transform {name} is not emulated; there are {known}"
        )
    file = folder / f"{name}.py"
    file.write_text(module_text(name))
    return file
