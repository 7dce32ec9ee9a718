"""Operations of the Glue API that a script calls by boto3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from botocore import xform_name

from lakestack.glue_check.findings import Finding
from lakestack.services.glue.runtime.awsglue.coverage import APPLIED, Effect, Entry

__all__ = ["of_methods", "operations"]


def operations() -> dict[str, Entry]:
    """Every operation of the Glue API, and what becomes of it."""
    # Loads LocalStack and moto, which a script without a Glue client need not wait for.
    from lakestack.fidelity import NOBODY, REFUSED, answers
    from lakestack.registry import SERVICES

    glue = next(service for service in SERVICES if service.api == "glue")
    rows = {
        REFUSED: Entry(Effect.REFUSED),
        NOBODY: Entry(Effect.REFUSED, "answered with 501"),
    }
    return {name: rows.get(who, APPLIED) for who, names in answers(glue).items() for name in names}


def of_methods(file: str, methods: Mapping[str, int]) -> Iterator[Finding]:
    """The operations of a client's methods.

    Args:
        file: the script
        methods: names of methods, with the line where each is first called
    """
    known = {xform_name(name): (name, entry) for name, entry in operations().items()}
    for method, line in methods.items():
        if method in known:
            name, entry = known[method]
            yield Finding.of(file, line, "Glue API", name, entry)
