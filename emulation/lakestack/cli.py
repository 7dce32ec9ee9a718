"""``lake emulator`` in a clone, `lakestack` elsewhere: start, stop, status and logs."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from pathlib import Path
from typing import Annotated, Any

import typer

from lakestack import commands, emulator, extras, paths, ports
from lakestack.container.emulator import ContainerEmulator, to_stderr
from lakestack.errors import (
    EmulationError,
    NotRunningError,
    PortInUseError,
    SettingError,
    UnhealthyError,
)
from lakestack.health import problem as health_problem
from lakestack.host import foreground
from lakestack.host.occupant import occupant
from lakestack.host.process import POLL_SECONDS, Emulator
from lakestack.instance import Running
from lakestack.ports import DEFAULT_PORT
from lakestack.printable import printable
from lakestack.registry import SERVICES

app = typer.Typer(no_args_is_help=True, help="Start, stop and inspect the emulator.")

Port = Annotated[
    int,
    typer.Option(
        envvar="LAKE_PORT", parser=ports.parse, metavar="N", help="The gateway's port, 1 to 65535."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, nothing else.")]
State = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Begin with the state kept in this folder, and keep it there."
    ),
]
ALL_LINES = 1_000_000
Document = dict[str, Any]
"""What a command found; `lake` prints it when ``--json`` is given."""


@app.command()
def install(as_json: Json = False) -> Document:  # noqa: ARG001 - the root command looks for it
    """Fetch the Java artefacts and prepare what is missing; does nothing when all is there."""
    done: list[str] = []

    def notice(text: str) -> None:
        done.append(text)
        typer.echo(printable(text, lines=True), err=True)

    emulator.install(notice)
    return {"done": done}


@app.command()
def start(
    port: Port = DEFAULT_PORT,
    state: State = None,
    in_foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay, and show the log, until it is ended.")
    ] = False,
    listen: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="127.0.0.1; in a container also 0.0.0.0."),
    ] = foreground.LOOPBACK,
    as_json: Json = False,
) -> Document:
    """Start the emulator and wait until it is ready; it starts empty, unless its state is kept."""
    began = time.monotonic()
    address = foreground.address(listen, in_foreground)
    folder = state.absolute() if state else None
    if in_foreground:
        foreground.serve(
            Emulator(port, state=folder),
            address,
            lambda running: _tell_ready(running, began),
            lambda found: _print_log(found.log, ALL_LINES, True, found),
        )
    running, new = _started(port, folder)
    seconds = time.monotonic() - began
    if not as_json and new:
        _tell_ready(running, began)
    elif not as_json:
        typer.echo(f"emulator already running at {running.url} ({running.where})")
    return {**_document(port, running), "started": new, "seconds": round(seconds, 2)}


@app.command()
def stop(port: Port = DEFAULT_PORT, as_json: Json = False) -> Document:
    """Stop the emulator and every process it started; what it held is gone, unless it is kept."""
    emulator = _emulator(port)
    stopped = emulator.stop()
    lost = emulator.unsaved() if stopped and isinstance(emulator, Emulator) else ""
    if not as_json:
        typer.echo("emulator stopped" if stopped else _nothing_stopped(port))
    if lost:
        typer.echo(printable(f"what has changed since is lost: {lost}"), err=True)
    return {**_document(port, None), "stopped": stopped, **({"unsaved": lost} if lost else {})}


@app.command()
def status(port: Port = DEFAULT_PORT, as_json: Json = False) -> Document:
    """Say whether the emulator runs, answers and has lost nothing; exit code 1 when not."""
    found = _emulator(port).look()
    if found is None:
        there = occupant(f"http://127.0.0.1:{port}")
        raise NotRunningError(
            f"no emulator of this folder runs on port {port}: {there.message}"
            if there
            else f"no emulator runs on port {port}",
            there.hint if there else commands.start(port),
            _document(port, None),
        )
    running, health = found
    document = {**_document(port, running), "answers": True, "health": health}
    document["services"] = _services()
    if not as_json:
        typer.echo(f"running at {running.url} ({running.where})")
        for each in document["services"]:
            lacks = f"; needs {each['needs']}" if each["needs"] else ""
            typer.echo(printable(f"    {each['name']}: {each['title']}{lacks}"))
        for fault in health.get("faults", []):
            typer.echo(printable(f"{fault['time']}  {fault['subject']}: {fault['event']}"))
            typer.echo(printable(f"    {fault['consequence']}"))
    if problem := health_problem(health):
        raise UnhealthyError(problem.message, problem.command(port), document)
    return document


def _emulator(port: int, state: Path | None = None) -> Emulator | ContainerEmulator:
    if not paths.docker_is_chosen():
        return Emulator(port, state=state)
    if state is not None:
        raise SettingError(
            "--state names a folder of this machine; a container keeps its state in its volume",
            "leave --state out and set PERSIST=1",
        )
    return ContainerEmulator(port, to_stderr)


def _started(port: int, state: Path | None) -> tuple[Running, bool]:
    try:
        return _emulator(port, state).start()
    except PortInUseError as e:
        theirs = _in_a_container(port)
        if theirs is None:
            raise
        raise PortInUseError(
            f"port {port} is taken by the emulator in {theirs.where}",
            f"end it: {commands.end_container(port)}; or use it: make local DOCKER=1",
        ) from e


def _in_a_container(port: int) -> Running | None:
    """The emulator's container of a port, where an emulator on the host was asked for."""
    if not paths.docker_is_chosen():
        with contextlib.suppress(EmulationError):  # no engine is no news here
            return ContainerEmulator(port).find()
    return None


def _nothing_stopped(port: int) -> str:
    theirs = _in_a_container(port)
    if theirs is None:
        return "no emulator was running"
    return (
        f"no emulator was running on this machine; one runs in {theirs.where}: "
        f"{commands.end_container(port)}"
    )


def _tell_ready(running: Running, began: float) -> None:
    seconds = time.monotonic() - began
    typer.echo(f"emulator ready at {running.url} after {seconds:.1f} s")


def _services() -> list[dict[str, str | None]]:
    """The services of ours, and for each the command that installs what it lacks."""
    return [
        {
            "name": service.api,
            "title": service.title,
            "needs": extras.install_command(service.extra)
            if service.extra and extras.missing(service.extra)
            else None,
        }
        for service in SERVICES
    ]


def _document(port: int, running: Running | None) -> Document:
    return {
        "running": running is not None,
        "port": port,
        "pid": running.pid if running else None,
        **({"container": running.container} if running and running.container else {}),
        "url": running.url if running else None,
    }


@app.command()
def logs(
    port: Port = DEFAULT_PORT,
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many lines.")] = 50,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as it grows.")] = False,
) -> None:
    """Print the end of the emulator's log."""
    if paths.docker_is_chosen():
        ContainerEmulator(port).logs(lines, follow)
        return
    found = Emulator(port)
    if not found.log.is_file():
        raise NotRunningError(f"no emulator has run on port {port}", commands.start(port))
    _print_log(found.log, lines, follow, found)


def _print_log(log: Path, lines: int, follow: bool, found: Emulator) -> None:
    with log.open(errors="replace") as file:
        for line in deque(file, lines):
            typer.echo(printable(line, lines=True), nl=False)
        while follow and found.find():
            line = file.readline()
            if line:
                typer.echo(printable(line, lines=True), nl=False)
                continue
            with contextlib.suppress(OSError):
                if log.stat().st_size < file.tell():
                    file.seek(0)  # it was full and was emptied
            time.sleep(POLL_SECONDS)
