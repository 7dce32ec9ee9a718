"""Tables that no terminal is too narrow for: nothing in them is ever cut.

rich shortens what does not fit, numbers too. Here the widest column alone is wrapped between words;
where that is not enough each row becomes a paragraph.
"""

from __future__ import annotations

from rich.console import Console
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

__all__ = ["print_table"]


def print_table(console: Console, table: Table) -> None:
    """Print a table of texts, or its rows as paragraphs.

    Args:
        console: which tells how wide the terminal is
        table: its cells are strings and `rich.text.Text`; it is changed
    """
    columns = table.columns
    widths = [max((_width(cell) for cell in _cells(column)), default=0) for column in columns]
    widest = widths.index(max(widths))
    for number, column in enumerate(columns):
        column.no_wrap = number != widest
    natural = Measurement.get(console, console.options.update(width=10_000), table).maximum
    least = max((_longest_word(cell) for cell in _cells(columns[widest])), default=0)
    if natural - widths[widest] + least <= console.width:
        console.print(table)
        return
    if table.title:
        console.print(table.title)
    for row in zip(*(list(column.cells) for column in columns), strict=True):
        parts = [
            Text.assemble(f"{_text(column.header)} " if _text(column.header) else "", _text(cell))
            for column, cell in zip(columns, row, strict=True)
            if _text(cell)
        ]
        console.print(Text(" · ").join(parts), soft_wrap=True)


def _cells(column: Column) -> list[Text]:
    return [_text(column.header), *(_text(cell) for cell in column.cells)]


def _text(cell: object) -> Text:
    return cell if isinstance(cell, Text) else Text(str(cell))


def _width(text: Text) -> int:
    return max((line.cell_len for line in text.split()), default=0)


def _longest_word(text: Text) -> int:
    return max((Text(word).cell_len for word in text.plain.split()), default=0)
