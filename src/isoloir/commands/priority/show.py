"""What `isoloir rank` prints of a ranking by votes per hour."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from isoloir.commands.priority.run import Prioritised
from isoloir.commands.priority.words import GRADES
from isoloir.commands.show import OUT
from isoloir.language import language, say


def prioritised(found: Prioritised, most: int) -> None:
    """The first stations with their intervals, why the first is first, and what may be believed."""
    if most:
        OUT.print(_table(found, most))
        first = found.table.row(0, named=True)
        OUT.print(f"[bold]{first['station_id']}[/bold]:", end=" ", highlight=False)
        OUT.print(first[f"why_{language()}"], markup=False, highlight=False)
    for note in found.notes:
        OUT.print(f"· {note.text}", markup=False, highlight=False)


def _table(found: Prioritised, most: int) -> Table:
    against = f", {say('contre', 'against')} {found.opponent}" if found.opponent else ""
    title = say(
        f"Voix nettes par heure de porte-à-porte ({found.question.target}{against}, {found.election})",
        f"Net votes per hour of canvassing ({found.question.target}{against}, {found.election})",
    )
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, expand=True)
    for heading in (say("rang", "rank"), say("niv.", "level"), say("bureau", "station")):
        table.add_column(heading, no_wrap=True)
    table.add_column(say("nom", "name"), no_wrap=True, overflow="ellipsis", ratio=1)
    chance, hourly = say("chance", "chance"), say("voix/h", "votes/h")
    for heading in (hourly, "90 %", chance, say("note", "grade")):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in found.table.head(most).iter_rows(named=True):
        table.add_row(
            str(row["rank"] or "-"),
            str(row["level"] or "-"),
            row["station_id"],
            f"{row['name'] or ''} · {row['commune'] or ''}".strip(" ·"),
            f"{row['votes_per_hour']:.2f}",
            f"{row['votes_per_hour_low']:z.1f} … {row['votes_per_hour_high']:z.1f}",
            "-" if row["probability"] is None else f"{100 * row['probability']:.0f} %",
            say(*GRADES[row["grade"]]),
        )
    return table
