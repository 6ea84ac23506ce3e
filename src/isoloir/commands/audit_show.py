"""What audits print: the table of sites against obligations, and what verification found."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from isoloir.audit.report.changes import Comparison
from isoloir.audit.rules.packs import pack
from isoloir.commands.audit import Audited
from isoloir.commands.show import OUT, written
from isoloir.language import language, say

MARKS = {
    "respected": "[green]✓[/green]",
    "breached": "[red]✗[/red]",
    "not_applicable": "[dim]–[/dim]",
    "not_established": "[yellow]?[/yellow]",
}


def audited(made: Audited, as_json: bool) -> None:
    """The table of sites against obligations, one for each pack of rules; or the lines as JSON."""
    if as_json:
        print(json.dumps(made.lines, ensure_ascii=False, indent=1))
        return
    for name in dict.fromkeys(line["rules"] for line in made.lines):
        OUT.print(_table(name, [line for line in made.lines if line["rules"] == name]))
    OUT.print(
        say(
            "✓ respecté   ✗ manquement   ? non établi   – sans objet",
            "✓ respected   ✗ breached   ? not established   – not applicable",
        ),
        style="dim",
    )
    written(made.file.with_name(say("rapport.html", "report.html")))


def reported(folder: Path, files: list[Path]) -> None:
    """How many files there are, and which to open."""
    OUT.print(say(f"{len(files)} fichiers", f"{len(files)} files"), highlight=False)
    written(folder / say("rapport.html", "report.html"))


def watched(count: int) -> None:
    """How many watched sites were audited now."""
    if count:
        OUT.print(say(f"{count} sites surveillés audités", f"{count} watched sites audited"), highlight=False)


def compared(found: Comparison, files: list[Path], as_json: bool) -> None:
    """The obligations whose verdict changed, site by site; or everything as JSON."""
    if as_json:
        print(json.dumps(found.plain(), ensure_ascii=False, indent=1))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for head in (say("site", "site"), say("obligation", "obligation"), say("avant", "before"), say("après", "after")):
        table.add_column(head)
    for change in found.changes:
        for turn in change.turns:
            title = str(pack(turn.rules).titles[turn.obligation])
            table.add_row(escape(change.url), title, MARKS[turn.before], MARKS[turn.after])
    if table.row_count:
        OUT.print(table)
    else:
        OUT.print(say("aucun verdict n'a changé", "no verdict changed"))
    wanted = say("changements.html", "changes.html")
    for file in (f for f in files if f.name == wanted):
        written(file)


def _table(name: str, lines: list[dict[str, Any]]) -> Table:
    titles = pack(name).titles
    table = Table(title=str(pack(name).title), title_justify="left", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("site", overflow="fold")
    table.add_column(say("verdict", "verdict"))
    for title in titles.values():
        table.add_column(str(title), justify="center")
    table.add_column(say("pourquoi", "why"), overflow="fold", ratio=1)
    for line in lines:
        marks = [MARKS[line["obligations"][key]["verdict"]] for key in titles]
        table.add_row(escape(line["url"]), verdict(line["verdict"]), *marks, escape(line["why"][language()]))
    return table


def verdict(word: str) -> str:
    """A verdict in the user's language."""
    words = {
        "compliant": say("[green]conforme[/green]", "[green]compliant[/green]"),
        "breach": say("[red]manquement[/red]", "[red]breach[/red]"),
        "not_established": say("[yellow]non établi[/yellow]", "[yellow]not established[/yellow]"),
    }
    return words[word]


def verified(wrong: dict[Path, list[str]]) -> None:
    """Each site's evidence: intact, or what is wrong with it."""
    for site, found in wrong.items():
        OUT.print(
            f"{escape(str(site))}: " + (say("[green]intact[/green]", "[green]intact[/green]") if not found else ""),
            highlight=False,
        )
        for line in found:
            OUT.print(f"  [red]{escape(line)}[/red]", highlight=False)
