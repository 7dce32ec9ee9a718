"""The one place where we change LocalStack's, moto's and botocore's internals.

Each change is declared in `register`: its targets, its reason, and our module that makes it. What a
target's source was when the patch was checked stands in ``targets.lock``, beside it; `verify`, at
the emulator's start, fails by name when that has changed or is gone.

    python -m lakestack.patches            fail when a target has changed
    python -m lakestack.patches --update   take the sources as they are: the patches fit
"""

from __future__ import annotations

from lakestack.patches.apply import original, replace, replace_on_import
from lakestack.patches.declaration import Patch
from lakestack.patches.register import PATCHES
from lakestack.patches.sources import verify

__all__ = ["PATCHES", "Patch", "original", "replace", "replace_on_import", "verify"]
