"""The connections that a job names.

AWS Glue Developer Guide, "Adding a job in AWS Glue" (Connections): a run connects to what they
describe, so one that is not there ends the run before its script.
"""

from __future__ import annotations

from typing import Any

from lakestack.services.base import client
from lakestack.services.glue.job_files import LaunchError

JsonDict = dict[str, Any]


def of_job(account: str, region: str, settings: JsonDict) -> list[JsonDict]:
    """The connections of a job, as GetConnections shows them.

    Args:
        account: whose job it is
        region: where
        settings: the job's definition

    Raises:
        LaunchError: one is not there; its text is our own
    """
    names: list[str] = (settings.get("Connections") or {}).get("Connections") or []
    if not names:
        return []
    pages = client(account, region, "glue").get_paginator("get_connections").paginate()
    found = {each["Name"]: each for page in pages for each in page["ConnectionList"]}
    if missing := [name for name in names if name not in found]:
        there = ", ".join(sorted(found)) or "none"
        raise LaunchError(
            f"LAUNCH ERROR | Connection {', '.join(missing)} of the job not found in the Data "
            f"Catalog; connections there: {there}. Create it, or take it out of the job's "
            "Connections"
        )
    return [found[name] for name in names]
