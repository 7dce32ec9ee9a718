"""What people see of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich import box
from rich.table import Table

from pipeline.console.lake_console import WIDTH_WITHOUT_TERMINAL, LakeConsole, cell
from pipeline.data.room import amount
from pipeline.evaluation.words import measured

if TYPE_CHECKING:
    from pipeline.evaluation.evaluate import Evaluation

__all__ = ["print_evaluation"]

_METRICS = ("precision", "recall", "map", "mrr", "hit_rate", "coverage", "novelty", "gini")


def print_evaluation(found: Evaluation) -> None:
    """A table per protocol, and what has to be known to read it."""
    console = LakeConsole(soft_wrap=True)
    if not console.is_terminal:
        console = LakeConsole(soft_wrap=True, width=WIDTH_WITHOUT_TERMINAL)
    document = found.found
    data = document["data"]
    console.print(
        f"{data['ratings']:,} ratings of {data['users']:,} users, {data['movies']:,} movies,"
        f" from {found.origin}"
    )
    if not data["timed"]:
        console.print("The ratings have no times: none is newer than another.")
    console.print(f"champion: {found.champion.origin}")
    for protocol in document["protocols"]:
        _print_protocol(console, protocol, document)
    console.print(
        f"{document['seconds']:.1f} s ({document['cpu_seconds']:.1f} s of processors),"
        f" at most {amount(document['peak_memory_bytes'])} of memory"
    )
    if found.report is not None:
        console.print(f"report: {found.report}")


def _print_protocol(
    console: LakeConsole, protocol: Mapping[str, Any], document: Mapping[str, Any]
) -> None:
    k = protocol["k"]
    ndcg = f"ndcg_at_{k}"
    quality = _table(
        f"{protocol['protocol']}, lists of {k}",
        "nDCG",
        f"{document['interval_level']:.0%} of users",
        "than champion",
    )
    others = _table("", *(name.replace("_", " ") for name in _METRICS))
    for model in protocol["models"]:
        metrics, (low, high) = model["metrics"], model["intervals"][ndcg]
        name = model["name"]
        shown = cell(name if name == model["algorithm"] else f"{name} ({model['algorithm']})")
        ends = f"{low:.3f} to {high:.3f}"
        quality.add_row(shown, f"{metrics[ndcg]:.4f}", ends, _against(model["against_champion"]))
        others.add_row(shown, *(f"{metrics[f'{name}_at_{k}']:.3f}" for name in _METRICS))
    preset = document["preset"] or {}
    for name, figures in preset.get("published", {}).items():
        shown = cell(f"{name} (published)")
        quality.add_row(shown, f"{figures[ndcg]:.4f}")
        row = (figures.get(f"{metric}_at_{k}") for metric in _METRICS)
        others.add_row(shown, *("" if value is None else f"{value:.3f}" for value in row))
    console.print()
    console.print(quality)
    console.print(others)
    console.print(
        f"{protocol['train']:,} rows to learn from, {protocol['test']:,} held out,"
        f" {protocol['left_out']:,} in neither; {measured(protocol)}; seed {protocol['seed']}"
    )
    for name, reason in protocol["refused"].items():
        console.print(f"not measured: {name}: {reason}")
    if preset:
        console.print(f"published: {preset['source']}")
        if preset["differs"]:
            console.print(f"PUBLISHED FIGURES DO NOT COMPARE: {preset['differs']}")


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title or None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        show_edge=False,
    )
    table.add_column("model", no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _against(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return ""
    return (
        f"{found['ndcg_difference']:+.4f} ({found['low']:+.3f} to {found['high']:+.3f})"
        f" {found['verdict']}"
    )
