"""DynamoDB Local as a process that listens on loopback only.

Its own main class binds to every interface and has no option for it, so this module makes the
server object through Py4J (which comes with pyspark), sets the host and starts it. The JVM ends
when this process does: Py4J's gateway watches its standard input. This process ends when the JVM
does, and as it did, so that whoever watches it is told.

Usage: ``python -m lakestack.services.dynamodb.local_server --port N --jars DIR --native DIR
--java PATH [--heap 1g] [--db-path DIR] [--control FILE]``
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from py4j.java_gateway import JavaGateway
from py4j.protocol import Py4JError

from lakestack.confinement.java import network_flags

HOST = "127.0.0.1"
DYING_SECONDS = 5.0
RETRY_SECONDS = 5.0
SERVER = "lakestack.server"
"""Property of the JVM's system whose value is the server object itself."""
# A JVM without memory answers nothing for minutes: better that it ends, which is noticed.
JAVA_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=4", "-XX:+ExitOnOutOfMemoryError")


def main() -> None:
    """Start DynamoDB Local in a Java process and stay until it ends."""
    options = _options()
    gateway = JavaGateway.launch_gateway(
        classpath=os.pathsep.join([f"{options.jars}/*", *compiler_jars()]),
        javaopts=[
            *JAVA_OPTIONS,
            *network_flags(Path(tempfile.mkdtemp(prefix="dynamodb-"))),
            f"-Xmx{options.heap}",
            f"-Djava.library.path={options.native}",
        ],
        java_path=options.java,
        die_on_exit=True,
        enable_auth=True,
        redirect_stdout=sys.stdout,
        redirect_stderr=sys.stderr,
    )
    # In a thread, since the JVM may die while it is asked to start; and in no other place: a second
    # one that waits for the JVM could end this process first, as if all had gone well.
    end = threading.Thread(target=_end_with, args=(gateway.java_process,), daemon=True)
    end.start()
    try:
        server = _start(gateway, options.port, options.db_path)
        gateway.jvm.java.lang.System.getProperties()[SERVER] = server
        parameters = gateway.gateway_parameters
    except Py4JError:
        end.join(DYING_SECONDS)  # a JVM that dies breaks the call off first
        raise
    # Tables are served without it, so a disk that is full now does not end the engine.
    while options.control and not _told(parameters.port, parameters.auth_token, options.control):
        end.join(RETRY_SECONDS)
    end.join()


def _end_with(jvm: subprocess.Popen[bytes]) -> None:
    """End by the signal that ended the JVM, or with its exit code, but never as if all went well.

    At once: Py4J's own way out speaks to the JVM that is gone. SIGTERM ends this process as usual.
    """
    code = jvm.wait()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError, OSError):  # Py4J may have closed it
            stream.flush()
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code or 1)


def compiler_jars() -> list[str]:
    """Janino, which comes with pyspark and compiles what copies databases (`database_copy`).

    [] where there is no pyspark (without the extra ``glue``).
    """
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        return []
    folder = Path(found.origin).parent / "jars"
    return [str(jar) for name in ("janino", "commons-compiler") for jar in folder.glob(f"{name}-*")]


def _told(port: int, token: str, control: Path) -> bool:
    """Say in a file for the owner alone how the JVM is reached; whether that went well."""
    unfinished = control.with_suffix(".new")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump({"port": port, "token": token}, file)
        unfinished.rename(control)
    except OSError as error:
        print(f"{control} cannot be written, so no tables are saved: {error}", file=sys.stderr)
        return False
    return True


def _start(gateway: JavaGateway, port: int, db_path: str | None) -> Any:
    arguments = [
        "-disableTelemetry",
        "-port",
        str(port),
        *(["-dbPath", db_path] if db_path else ["-inMemory"]),
    ]
    java_arguments = gateway.new_array(gateway.jvm.java.lang.String, len(arguments))
    for i, argument in enumerate(arguments):
        java_arguments[i] = argument
    local = gateway.jvm.software.amazon.dynamodb.services.local
    server = local.main.ServerRunner.createServerFromCommandLineArgs(java_arguments)
    jetty = server.getClass().getDeclaredField("server")
    jetty.setAccessible(True)
    for connector in jetty.get(server).getConnectors():
        connector.setHost(HOST)
    _refuse_other_names(gateway, jetty.get(server))
    server.start()
    return server


def _refuse_other_names(gateway: JavaGateway, jetty: Any) -> None:
    """Answer 404 to every Host but this machine's: a web page's name may resolve to it as well."""
    guard = gateway.jvm.org.eclipse.jetty.server.handler.ContextHandler()
    names = gateway.jvm.java.util.ArrayList()
    for name in (HOST, "localhost"):
        names.add(name)
    guard.setVirtualHosts(names)
    guard.setHandler(jetty.getHandler())
    jetty.setHandler(guard)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="DynamoDB Local on loopback")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--jars", type=Path, required=True, help="folder of its jars")
    parser.add_argument("--native", type=Path, required=True, help="folder of libsqlite4java")
    parser.add_argument("--java", required=True, help="the java executable")
    parser.add_argument("--heap", default="1g", help="maximum heap size")
    parser.add_argument("--db-path", help="keep tables on disk in this folder")
    parser.add_argument("--control", type=Path, help="file that gets the way to the JVM")
    return parser.parse_args()


if __name__ == "__main__":
    main()
