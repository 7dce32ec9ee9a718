"""``make bench-peers``: the table, and exit code 1 when a peer is ahead in a row that was won.

    python -m tests.bench.peers [--small] [--rounds N] [--json FILE] [WORD ...]

Words choose rows by their names. Goals that are missed are printed; without ``--small`` they fail,
too.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.peers.environments import PeerError
from tests.bench.peers.row import Row, Standing
from tests.bench.peers.rows import rows
from tests.bench.peers.servers import STARTS, Server

ROUNDS, SMALL_ROUNDS = 5, 3


def main(arguments: Sequence[str]) -> int:
    options = _options(arguments)
    chosen = [
        r for r in rows(options.small) if all(w.lower() in r.name.lower() for w in options.words)
    ]
    if not chosen:
        print(f"no row has {' and '.join(options.words)} in its name")
        return 2
    try:
        found = measure(chosen, options.rounds or (SMALL_ROUNDS if options.small else ROUNDS))
    except PeerError as e:
        print(f"bench-peers: {e}", file=sys.stderr)
        return 1
    show(found)
    if options.json:
        options.json.write_text(json.dumps([as_dict(s) for s in found], indent=2) + "\n")
    lost = [reason for standing in found if (reason := standing.lost())]
    missed = [f"{s.row.name}: {text}" for s in found for text in s.missed()]
    for line in missed:
        print(f"missed: {line}")
    for line in lost:
        print(f"LOST: {line}", file=sys.stderr)
    return 1 if lost or (missed and not options.small) else 0


def measure(chosen: Sequence[Row], rounds: int) -> list[Standing]:
    """All rows, round by round, the servers in turn, so that drift hits all of them.

    Raises:
        PeerError: a peer cannot be installed or started, or does not answer as it has to
    """
    names = [name for name in STARTS if any(name in row.servers for row in chosen)]
    with contextlib.ExitStack() as stack:
        servers = {}
        for name in names:
            print(f"starting {name} ...", flush=True)
            servers[name] = stack.enter_context(STARTS[name]())
        engines = frozenset(name for name, server in servers.items() if server.engine_alone)
        return [_standing(row, servers, engines, rounds) for row in chosen]


def _standing(
    row: Row, servers: dict[str, Server], engines: frozenset[str], rounds: int
) -> Standing:
    print(f"measuring {row.name} ...", flush=True)
    standing = Standing(row, {name: [] for name in row.servers}, engines)
    for number in range(rounds + 1):
        for name in row.servers:
            measured = row.measure(servers[name])
            if number:  # the first warms: compilers, pools, caches
                standing.rounds[name].append(measured)
    return standing


def show(standings: Sequence[Standing]) -> None:
    """Print the table: rates, and below each the CPU a request in milliseconds."""
    columns = [name for name in STARTS if any(name in s.rounds for s in standings)]
    table = Table("row, a second", *columns, "ours / best peer", "ours / engine")
    for s in standings:
        cells = [_cell(s, name) if name in s.rounds else "-" for name in columns]
        peer, engine = s.of_peer(), s.of_engine()
        table.add_row(
            f"{s.row.name}\n[dim]CPU ms a {s.row.per}: process, all[/]",
            *cells,
            "-" if peer is None else f"{peer:.2f}" + ("" if s.row.won else "\n[dim]not won[/]"),
            "-" if engine is None else f"{engine:.2f}",
        )
    Console(width=160).print(table)


def _cell(standing: Standing, name: str) -> str:
    own, whole = standing.cpu_ms(name)
    rate = f"{standing.rate(name):,.0f} ±{standing.noise(name) / 2:.0%}"
    return f"{rate}\n[dim]{own:.2f}, {whole:.2f}[/]"


def as_dict(standing: Standing) -> dict[str, Any]:
    """A row for programs."""
    return {
        "row": standing.row.name,
        "unit": standing.row.unit,
        "won": standing.row.won,
        "servers": {
            name: {
                "rate": standing.rate(name),
                "noise": standing.noise(name),
                "cpu_ms": dict(zip(("process", "all"), standing.cpu_ms(name), strict=True)),
            }
            for name in standing.rounds
        },
        "of_best_peer": standing.of_peer(),
        "of_engine": standing.of_engine(),
        "missed": standing.missed(),
    }


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench-peers", description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="few requests, for every landing")
    parser.add_argument("--rounds", type=int, help="measured rounds, after one that warms")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    parser.add_argument("words", nargs="*", help="rows whose names have all of these")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
