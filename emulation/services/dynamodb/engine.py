"""DynamoDB Local in memory behind LocalStack's DynamoDB, from our own cache of Java artefacts.

LocalStack would download another build and start it with an on-disk database and a small heap,
which is four to five times slower. Where DynamoDB Local has no native library (Linux on ARM), the
provider falls back to moto, and says so.
"""

from __future__ import annotations

import logging
import os
import sys
import threading

from localstack.services.dynamodb import packages, server

from emulation.host import artifacts
from emulation.host.java import find_java
from emulation.services.dynamodb.access import access_key_id
from emulation.services.processes import gateway_url, supervised

LOG = logging.getLogger(__name__)


def available() -> bool:
    """Whether DynamoDB Local runs on this machine's processor and system."""
    return artifacts.dynamodb_local() is not None


def engine_endpoint(account: str, region: str) -> tuple[str, str]:
    """Endpoint for bulk movers inside the emulator: ``(url, access key id)``.

    DynamoDB Local keeps a database per access key id (`access`). With the moto fallback it is the
    gateway's own URL and the account id.
    """
    if not available():
        return gateway_url(), account
    running = server.DynamodbServer.get()
    running.start_dynamodb()
    return running.url, access_key_id(account, region)


def install() -> None:
    """Make LocalStack start our DynamoDB Local instead of downloading its own."""
    os.environ.setdefault("DYNAMODB_IN_MEMORY", "1")
    if not available():
        LOG.warning("no DynamoDB Local for this machine: tables are kept by moto, more slowly")
        return
    installer = packages.DynamoDBLocalPackageInstaller
    installer.install = lambda self, *_, **__: None  # noqa: ARG005 - LocalStack's signature
    installer.get_java_env_vars = lambda self: {}  # noqa: ARG005
    server.DynamodbServer._create_shell_command = _command
    # The JVM takes seconds; by the first call to DynamoDB it is usually there.
    threading.Thread(target=_start_early, name="dynamodb-local-start", daemon=True).start()


def _start_early() -> None:
    try:
        server.DynamodbServer.get().start_dynamodb()
    except Exception:  # the first call to DynamoDB tries again and tells its caller
        LOG.warning("DynamoDB Local did not start early", exc_info=True)


def _command(self: server.DynamodbServer) -> list[str]:
    found = artifacts.dynamodb_local()
    assert found is not None  # noqa: S101 - install() replaces the command only then
    jars, native = found
    command = [sys.executable, "-m", "emulation.services.dynamodb.local_server"]
    command += ["--port", str(self.port), "--heap", self.heap_size]
    command += ["--jars", str(jars), "--native", str(native)]
    command += ["--java", str(find_java().path)]
    command += [] if self.in_memory else ["--db-path", self.db_path]
    return supervised(command)
