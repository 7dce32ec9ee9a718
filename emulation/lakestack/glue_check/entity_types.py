"""The types of sensitive data that a script looks for: `EntityDetector` of awsglueml."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from lakestack.glue_check.findings import Finding, Verdict
from lakestack.services.glue.runtime.awsglue.coverage import APPLIED, refused
from lakestack.services.glue.runtime.awsglue.sensitive_data.entities import (
    INSTEAD,
    MANAGED,
    is_managed,
)

__all__ = ["entity_types"]

_KIND = "entity type"


def entity_types(file: str, line: int, given: Any) -> Iterator[Finding]:
    """Each type, whether it is named in a list or in ``detectionParameters``.

    Args:
        file: the script
        line: of the call
        given: what the call names; perhaps unknown
    """
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except ValueError:
            given = None
    if not isinstance(given, dict | list):
        yield Finding(file, line, _KIND, "(an expression)", Verdict.RUN_TIME)
        return
    for name in given:
        if not isinstance(name, str):
            yield Finding(file, line, _KIND, "(an expression)", Verdict.RUN_TIME)
        elif name in MANAGED:
            yield Finding.of(file, line, _KIND, name, APPLIED)
        elif is_managed(name):
            yield Finding.of(file, line, _KIND, name, refused(INSTEAD))
        else:
            yield Finding(file, line, _KIND, name, Verdict.RUN_TIME, "a custom entity type")
