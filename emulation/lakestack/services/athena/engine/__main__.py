"""The engine's process: reads jobs from a pipe, one a line, and writes what has come of each.

Usage: ``python -m lakestack.services.athena.engine PIPE FOLDER``. What it writes stands behind
`MARK`, so that a library's own words are not taken for it.
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

MARK = "athena-engine: "


@functools.cache
def client(service: str) -> Any:
    """boto3's client, by the variables of this process."""
    import boto3
    from botocore.config import Config

    config = Config(
        inject_host_prefix=False, retries={"max_attempts": 2}, s3={"addressing_style": "path"}
    )
    return boto3.client(service, config=config)


def main(pipe: str, folder: str) -> None:
    """Serve until the process is ended."""
    from lakestack.services.athena.engine import runners
    from lakestack.services.athena.engine.session import Job

    with Path(pipe).open(encoding="utf-8") as jobs:
        for line in jobs:
            job = Job(**json.loads(line))
            outcome = runners.run(client, Path(folder), job)
            print(f"{MARK}{json.dumps(outcome)}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
