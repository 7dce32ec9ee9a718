"""``lake cluster`` in a clone, ``lakestack cluster`` elsewhere: Spark's master and workers."""

from __future__ import annotations

import signal
import time
from dataclasses import asdict
from typing import Annotated, Any

import click
import typer

from lakestack import commands, ports, spark_master
from lakestack.cluster import foreground
from lakestack.cluster.process import Cluster, Record, Size
from lakestack.errors import ClusterError, NotRunningError
from lakestack.java import heaps

app = typer.Typer(no_args_is_help=True, help="A Spark cluster of processes, for Glue jobs.")
Document = dict[str, Any]


def _memory(text: str) -> int:
    size = heaps.mebibytes(text)
    if size is None or size < spark_master.LEAST_MEMORY:
        raise click.BadParameter(
            f"{text!r} is no size from {spark_master.LEAST_MEMORY}m on, such as 1536m or 2g"
        )
    return size


Port = Annotated[
    int, typer.Option(parser=ports.parse, metavar="N", help="The master's port, 1 to 65535.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, nothing else.")]


Cores = Annotated[int, typer.Option(min=1, max=256, help="Cores that a worker offers.")]
Memory = Annotated[
    int, typer.Option(parser=_memory, metavar="SIZE", help="Memory that a worker offers, as 2g.")
]


@app.command()
def start(
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many workers.")] = 2,
    cores: Cores = 1,
    memory: Memory = "1g",  # type: ignore[assignment] # parsed
    port: Port = spark_master.DEFAULT_PORT,
    as_json: Json = False,
) -> Document:
    """Start Spark's master and workers on this machine, and wait until all have joined."""
    began = time.monotonic()
    record, new = Cluster(port).start(Size(workers, cores, memory))
    if not as_json:
        state = f"ready after {time.monotonic() - began:.1f} s" if new else "already running"
        typer.echo(f"cluster {state}: {_described(record)}")
        typer.echo(f"for the emulator: {spark_master.VARIABLE}=spark://127.0.0.1:{port}")
    return {**_document(port, record), "started": new}


@app.command()
def stop(port: Port = spark_master.DEFAULT_PORT, as_json: Json = False) -> Document:
    """Stop master, workers and all executors."""
    stopped = Cluster(port).stop()
    if not as_json:
        typer.echo("cluster stopped" if stopped else "no cluster was running")
    return {**_document(port, None), "stopped": stopped}


@app.command()
def status(port: Port = spark_master.DEFAULT_PORT, as_json: Json = False) -> Document:
    """Say whether the cluster runs and all its workers are alive; exit code 1 when not."""
    cluster = Cluster(port)
    record = cluster.find()
    if record is None:
        raise NotRunningError(
            f"no cluster runs on port {port}", commands.cluster_start(port), _document(port, None)
        )
    alive = len(cluster.workers())
    if alive < record.workers:
        raise ClusterError(
            f"{alive} of {record.workers} workers are alive; the log is {cluster.log}",
            f"{commands.cluster_stop(port)}, then {commands.cluster_start(port)}",
        )
    if not as_json:
        typer.echo(f"running: {_described(record)}")
    return {**_document(port, record), "alive": alive}


@app.command("master")
def run_master(
    port: Port = spark_master.DEFAULT_PORT,
    web_port: Annotated[
        int, typer.Option(parser=ports.parse, metavar="N", help="Port of its web page.")
    ] = spark_master.DEFAULT_WEB_PORT,
) -> None:
    """Run a master alone, until a signal ends it: for a container."""
    raise typer.Exit(_code(foreground.run_master(Cluster(port), web_port)))


@app.command("worker")
def run_worker(
    cores: Cores = 1,
    memory: Memory = "1g",  # type: ignore[assignment] # parsed
    port: Port = spark_master.DEFAULT_PORT,
) -> None:
    """Run a worker alone, until a signal ends it: for a container."""
    raise typer.Exit(_code(foreground.run_worker(Cluster(port), cores, memory)))


def _code(code: int) -> int:
    """Exit code of a program: 0 when SIGTERM ended it, for that is how it ends."""
    return 0 if code in (-signal.SIGTERM, 128 + signal.SIGTERM) else abs(code)


def _described(record: Record) -> str:
    return (
        f"spark://127.0.0.1:{record.port}, {record.workers} workers, each with cores "
        f"{record.cores}, memory {record.memory} MiB (process {record.pid})"
    )


def _document(port: int, record: Record | None) -> Document:
    return {
        "running": record is not None,
        "url": f"spark://127.0.0.1:{port}",
        **(asdict(record) if record else {"port": port}),
    }
