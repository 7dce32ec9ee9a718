"""Environment of the LocalStack process: which settings it gets, and why."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from lakestack import hostnames, marks, origins, paths, pip_settings, registry, spark_master
from lakestack.host import saved_states
from lakestack.java import artifacts, heaps
from lakestack.java.interpreter import find_java

KEPT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SYSTEMROOT"),
    *("PYTHONPATH", "VIRTUAL_ENV", "JAVA_HOME"),
    *("LAKE_DEBUG", origins.VARIABLE, hostnames.VARIABLE, "SAGEMAKER_STOP_GRACE_SECONDS"),
    paths.CONTAINER,
    "KINESIS_ERROR_PROBABILITY",  # LocalStack's own knob for tests of retries
)


def localstack_environment(
    folder: Path, port: int, host: str = "127.0.0.1", *, state: Path | None = None
) -> dict[str, str]:
    """Settings for ``python -m localstack.runtime.main``; nothing of the user's AWS_* gets in.

    Args:
        folder: private folder of this emulator
        port: the gateway's port
        host: address to listen on; a container sets 0.0.0.0
        state: folder of saved states, one of which is kept; None: as `PERSIST` says

    Raises:
        SettingError: LAKE_ALLOWED_ORIGINS is not a list of origins, LAKE_HOSTNAMES none of
            names, SPARK_MASTER is none, or PERSIST is neither yes nor no
    """
    hostnames.hostnames(os.environ.get(hostnames.VARIABLE, ""))
    origins.allowed_origins(os.environ.get(origins.VARIABLE, ""))  # said here, not in its log
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    path = [str(Path(sys.executable).parent)]
    if artifacts.sets():  # else nothing runs on Java
        path.append(str(find_java().path.parent))
    environment.update(
        {
            marks.EMULATOR: f"{folder}",
            "LAKE_CACHE": str(paths.cache()),  # wherever XDG_CACHE_HOME has put it
            "PATH": os.pathsep.join([*path, environment.get("PATH", os.defpath)]),
            "TMPDIR": str(folder / "tmp"),
            "PYTHONUNBUFFERED": "1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "*",
            "GATEWAY_LISTEN": f"{host}:{port}",
            "FILESYSTEM_ROOT": str(folder / "root"),
            # A machine that is itself a container is still not LocalStack's own image.
            "OVERRIDE_IN_DOCKER": "0",
            # Nothing is fetched or reported at run time.
            "SKIP_SSL_CERT_DOWNLOAD": "1",
            "DISABLE_EVENTS": "1",
            "DNS_ADDRESS": "0",
            "EAGER_SERVICE_LOADING": "0",
            # A resource type we do not have must fail the stack instead of passing for created.
            "CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES": "0",
            "DYNAMODB_IN_MEMORY": "1",
            "DYNAMODB_HEAP_SIZE": heaps.DYNAMODB.size(),
            heaps.SPARK.variable: heaps.SPARK.size(),
            **pip_settings.variables(),
            **spark_master.variables(),
            **registry.overrides(),
            **saved_states.variables(folder, state),
            "LAMBDA_RUNTIME_EXECUTOR": "process",
            # An asynchronous invocation that failed runs again after 1 and 2 seconds; on AWS it
            # is minutes.
            "LAMBDA_RETRY_BASE_DELAY": "1",
        }
    )
    if os.environ.get("LAKE_DEBUG"):
        environment["DEBUG"] = "1"
    return environment
