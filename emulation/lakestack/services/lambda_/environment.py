"""What a function finds when it starts: environment variables, import path, gateway."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from localstack import config

from lakestack import marks
from lakestack.confinement import limits, network
from lakestack.services.lambda_.runtimes import has_vendored_requests
from lakestack.services.processes import gateway_url

HIDDEN = re.compile(r"LOCALSTACK_|EDGE_PORT$")
"""LocalStack's own variables, which AWS has not."""


def environment_variables(
    given: Mapping[str, Any], *, runtime: str, code: Path, home: Path
) -> dict[str, str]:
    """Return the function's environment; of the emulator's own nothing but its mark gets in.

    Args:
        given: what LocalStack sets: AWS's reserved variables and the function's own
        runtime: for example ``python3.12``
        home: private writable folder
    """
    variables = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(home),
        # Never a proxy, an instance's metadata or somebody's credentials.
        "NO_PROXY": "*",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    variables.update({k: str(v) for k, v in given.items() if not HIDDEN.match(k)})
    variables.update(
        LAMBDA_TASK_ROOT=str(code),
        LAMBDA_RUNTIME_DIR=str(Path(__file__).parent / "runtime"),
        AWS_EXECUTION_ENV=f"AWS_Lambda_{runtime}",
        AWS_ENDPOINT_URL=gateway_url(),
        TZ=":UTC",
    )
    if marks.EMULATOR in os.environ:
        variables[marks.EMULATOR] = os.environ[marks.EMULATOR]
    return variables


def start_message(
    runtime: str, code: Path, layers: Sequence[Path], storage_mebibytes: int
) -> dict[str, Any]:
    """Build the first message to the runtime.

    Args:
        layers: unpacked layers, in the function's order
        storage_mebibytes: its EphemeralStorage
    """
    return {
        "code": str(code),
        "layers": layer_path(runtime, layers),
        "vendored_requests": has_vendored_requests(runtime),
        "packages": [str(Path(boto3.__file__).parent.parent)],
        "gateway": ["127.0.0.1", config.GATEWAY_LISTEN[0].port],
        "network": network.__file__,
        "limits": limits.of_function(storage_mebibytes),
    }


def layer_path(runtime: str, layers: Sequence[Path]) -> list[str]:
    """Folders of layers on the import path.

    AWS unpacks layers into one folder, a later one over an earlier one (AWS Lambda Developer
    Guide, "Packaging your layer content"); here the later one comes first.
    """
    places = (f"python/lib/{runtime}/site-packages", "python")
    found = [layer / place for place in places for layer in reversed(layers)]
    return [str(folder) for folder in found if folder.is_dir()]
