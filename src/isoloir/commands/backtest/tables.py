"""HTML tables that say what they are: a caption, headings of rows and columns, and a box that scrolls on a phone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np

from isoloir.commands.backtest import words
from isoloir.stats.backtest.summary import Table
from isoloir.stats.blocs import Blocs

Write = Callable[[float], str]


def methods(values: Table, judged: str, caption: str, write: Write, mapping: Blocs, *, high: bool = False) -> str:
    """One row a method, one column a bloc; the best of each column is bold, the method judged stands out.

    `high` says that a high value is a good one.
    """
    names = sorted(values, key=lambda name: (name != judged, _place(name)))
    columns = list(values[names[0]])
    best = {column: _best(values, column, high) for column in columns}
    rows = []
    for name in names:
        mark = ' class="judged"' if name == judged else ""
        cells = [_cell(write(values[name][c]), best[c] == name) for c in columns]
        rows.append(f'<tr{mark}><th scope="row">{escape(words.method(name))}</th>{"".join(cells)}</tr>')
    return _table(caption, [words.text("method"), *(words.column(c, mapping) for c in columns)], rows)


def plain(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows whose first cell is their heading."""
    body = [
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(_cell(cell, False) for cell in row[1:])}</tr>'
        for row in rows
    ]
    return _table(caption, head, body)


def _place(name: str) -> int:
    return list(words.METHODS).index(name) if name in words.METHODS else len(words.METHODS)


def _best(values: Table, column: str, high: bool) -> str:
    known = {name: cells[column] for name, cells in values.items() if np.isfinite(cells[column])}
    return (max if high else min)(known, key=known.__getitem__) if known else ""


def _cell(text: str, best: bool) -> str:
    mark = ' class="best"' if best else ""
    return f"<td{mark}>{escape(text)}</td>"


def _table(caption: str, head: Sequence[str], rows: Sequence[str]) -> str:
    top = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in head)
    name = escape(caption)
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{name}"><table><caption>{name}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )
