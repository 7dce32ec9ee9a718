"""``lake emulator``: start, stop, status and logs of the emulator on this machine."""

from __future__ import annotations

import json
import time
from collections import deque
from pathlib import Path
from typing import Annotated

import typer

from emulation.errors import NotRunningError
from emulation.host import artifacts, service_catalog
from emulation.host.process import DEFAULT_PORT, POLL_SECONDS, Emulator
from emulation.services.glue.runtime import class_path

app = typer.Typer(no_args_is_help=True, help="Start, stop and inspect the emulator.")

Port = Annotated[int, typer.Option(envvar="LAKE_PORT", help="The gateway's port.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def install() -> None:
    """Fetch the Java artefacts and prepare what is missing; does nothing when all is there."""

    def notice(text: str) -> None:
        typer.echo(text, err=True)

    artifacts.install(notice)
    service_catalog.install(notice)
    class_path.install(notice)


@app.command()
def start(port: Port = DEFAULT_PORT) -> None:
    """Start the emulator and wait until it is ready; it starts empty."""
    began = time.monotonic()
    running, new = Emulator(port).start()
    if new:
        typer.echo(f"emulator ready at {running.url} after {time.monotonic() - began:.1f} s")
    else:
        typer.echo(f"emulator already running at {running.url} (process {running.pid})")


@app.command()
def stop(port: Port = DEFAULT_PORT) -> None:
    """Stop the emulator and every process it started; what it held is gone."""
    stopped = Emulator(port).stop()
    typer.echo("emulator stopped" if stopped else "no emulator was running")


@app.command()
def status(port: Port = DEFAULT_PORT, as_json: Json = False) -> None:
    """Say whether the emulator runs; exit code 1 when it does not."""
    running = Emulator(port).find()
    if as_json:
        pid = running.pid if running else None
        typer.echo(json.dumps({"running": bool(running), "port": port, "pid": pid}))
    elif running:
        typer.echo(f"running at {running.url} (process {running.pid})")
    else:
        typer.echo(f"not running on port {port}; start it with: lake emulator start")
    raise typer.Exit(0 if running else 1)


@app.command()
def logs(
    port: Port = DEFAULT_PORT,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many lines.")] = 50,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as it grows.")] = False,
) -> None:
    """Print the end of the emulator's log."""
    emulator = Emulator(port)
    if not emulator.log.is_file():
        raise NotRunningError(f"no emulator has run on port {port}", "lake emulator start")
    _print_log(emulator.log, lines, follow, emulator)


def _print_log(log: Path, lines: int, follow: bool, emulator: Emulator) -> None:
    with log.open(errors="replace") as file:
        for line in deque(file, lines):
            typer.echo(line, nl=False)
        while follow and emulator.find():
            line = file.readline()
            if line:
                typer.echo(line, nl=False)
            else:
                time.sleep(POLL_SECONDS)
