"""Starts the program of `plain_localstack` in an environment."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests import support
from tests.integration.distribution import plain_localstack
from tests.integration.distribution.environments import Environment


def reported(environment: Environment, folder: Path) -> dict[str, Any]:
    """What a LocalStack that was started by itself says of itself."""
    port = support.free_port()
    settings = {
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "FILESYSTEM_ROOT": str(folder),
        "OVERRIDE_IN_DOCKER": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "DISABLE_EVENTS": "1",
        "DNS_ADDRESS": "0",
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "*",
    }
    done = subprocess.run(
        [str(environment.bin / "python"), "-P", plain_localstack.__file__, str(port)],
        env=environment.variables(**settings),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert lines, done.stderr[-3000:]
    document: dict[str, Any] = json.loads(lines[-1])
    return document
