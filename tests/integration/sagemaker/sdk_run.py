"""The SageMaker Python SDK, in an environment of its own, run on a story."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

OPT_OUT = """SchemaVersion: '1.0'
SageMaker:
  PythonSDK:
    Modules:
      TelemetryOptOut: true
"""


def told_by(python: Path, story: str, bucket: str, folder: Path, emulator: str) -> dict[str, Any]:
    """What came of each step of a story.

    Args:
        python: an interpreter with the SDK
        story: name of the script beside this module
        bucket: that is there
        folder: empty, the story's own
        emulator: its URL
    """
    (folder / "config.yaml").write_text(OPT_OUT)
    done = subprocess.run(
        [python, Path(__file__).with_name(story), bucket, folder],
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "AWS_ENDPOINT_URL": emulator,
            "AWS_ACCESS_KEY_ID": "000000000000",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SAGEMAKER_USER_CONFIG_OVERRIDE": str(folder / "config.yaml"),
            "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
            # Version 3 asks IAM to simulate some hundred actions of the role, which need not exist
            # where nobody enforces policies.
            "SAGEMAKER_VALIDATE_ROLE": "false",
        },
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return found
