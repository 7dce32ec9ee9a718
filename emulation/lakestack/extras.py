"""What only some services need, and installs as an extra of the distribution.

`pip install lakestack` leaves out what is large. A service whose packages are missing is there and
refuses every request by the name of its extra; nothing else changes.
"""

from __future__ import annotations

import functools
from importlib.util import find_spec

GLUE = "glue"

PACKAGES = {GLUE: ("pyspark", "pyarrow")}
"""Top-level packages by the extra that installs them."""


@functools.cache
def missing(extra: str) -> tuple[str, ...]:
    """The packages of an extra that this environment has not got."""
    return tuple(name for name in PACKAGES[extra] if find_spec(name) is None)


def install_command(extra: str) -> str:
    """What installs an extra."""
    return f"pip install 'lakestack[{extra}]'"
