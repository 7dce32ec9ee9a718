"""Fetch and make, while an image is built, what `lakestack install` does on a machine.

By the modules that do it alone (the Dockerfile copies no others), so that a change of other code
makes none of it again. What they would tell a user to type is the same for all here.
"""

from __future__ import annotations

import sys
from types import ModuleType


class _Commands(ModuleType):
    """In the place of `lakestack.commands`."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_: "build the image again"


sys.modules["lakestack.commands"] = _Commands("lakestack.commands")

from lakestack.host import service_catalog  # noqa: E402
from lakestack.java import artifacts  # noqa: E402
from lakestack.java.interpreter import find_java  # noqa: E402
from lakestack.services.glue.spark import class_archive, class_path  # noqa: E402


def main() -> None:
    """Make everything; where there is no class archive afterwards, end with its name."""
    artifacts.install(print)
    service_catalog.install(print)
    class_archive.install(print)
    made = class_path.class_archive(class_path.class_path(artifacts.spark_jars()))
    if not made.is_file():
        sys.exit(f"no class archive {made} for {find_java().path}")


if __name__ == "__main__":
    main()
