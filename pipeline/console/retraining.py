"""What people see of the loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from pipeline.console.lake_console import LakeConsole, cell
from pipeline.text.pasteable import pasteable

if TYPE_CHECKING:
    from pipeline.drift.simulation import Drift
    from pipeline.retraining.rounds import Round
    from pipeline.retraining.schedule import Schedule

__all__ = ["print_drift", "print_round", "print_schedule"]


def print_round(found: Round) -> None:
    """Signs, reasons, the comparison, and how it ended."""
    console = LakeConsole(soft_wrap=True)
    if found.signs:
        table = Table(box=box.SIMPLE_HEAD)
        table.add_column("since the champion")
        table.add_column("", justify="right")
        for name, value in _signs(found.signs):
            table.add_row(cell(name), cell(value))
        console.print(table)
    for reason in found.reasons:
        console.print(f"reason: {reason}")
    if found.challenge:
        table = Table(box=box.SIMPLE_HEAD)
        for name in ("", f"nDCG@{found.challenge['k']}", "95 % of users"):
            table.add_column(name, justify="right" if name else "left")
        for name in ("champion", "challenger", "difference"):
            value = found.challenge[name]
            sign = "+" if name == "difference" else ""
            table.add_row(
                cell(name),
                cell(f"{value['mean']:{sign}.4f}"),
                cell(f"{value['low']:{sign}.4f} to {value['high']:{sign}.4f}"),
            )
        console.print(table)
    console.print(f"{found.outcome}: {found.verdict}")


def print_drift(found: Drift) -> None:
    """The curve, the figures, and what stays in the lake."""
    from pipeline.drift.plot import bars

    console = LakeConsole(soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("on each part of the new ratings", "nDCG", ""):
        table.add_column(name)
    for row in bars(found.points):
        table.add_row(*(cell(text) for text in row))
    console.print(table)
    for reason in found.reasons:
        console.print(f"reason to retrain: {reason}")
    console.print(f"{found.outcome}: {found.verdict}")
    console.print(
        f"nDCG {found.before:.3f} before the shift, {found.bottom:.3f} at the bottom, "
        f"{found.after:.3f} after retraining: {found.recovered:.0%} of the loss came back, "
        f"{found.seconds:.0f} s and {found.ratings:,} ratings after the shift"
    )
    console.print(f"plot: {found.plot}")
    for line in found.stays:
        console.print(line)


def print_schedule(found: Schedule) -> None:
    """When rounds begin, and how the newest one stands."""
    console = LakeConsole(soft_wrap=True)
    if found.stack:
        console.print(
            f"a round begins at {found.expression}; function {found.function} goes on "
            f"with it each minute; stack {found.stack}"
        )
    else:
        console.print(pasteable("there is no schedule; make one with: lake schedule --every 1d"))
    newest = found.newest
    if newest is not None:
        at = f"{newest.outcome}: {newest.verdict}" if newest.done else f"at step {newest.step}"
        console.print(f"newest round, begun {newest.began}: {at}")


def _signs(signs: dict[str, Any]) -> list[tuple[str, str]]:
    rows = [
        ("new ratings", f"{signs['arrived']:,} of {signs['trained'] + signs['arrived']:,}"),
        ("unknown users", f"{signs['unknown_users']:.1%}"),
        ("unknown movies", f"{signs['unknown_movies']:.1%}"),
        ("stability index of ratings", f"{signs['stars_index']:.3f}"),
        ("stability index of popularity", f"{signs['popularity_index']:.3f}"),
    ]
    if signs["birth"] is not None:
        rows.append(("nDCG when it was made", f"{signs['birth']:.4f}"))
    if signs["replayed"] is not None:
        mean, low, high = signs["replayed"]
        rows.append(("nDCG on the newest ratings", f"{mean:.4f} ({low:.4f} to {high:.4f})"))
    return rows
