"""What `isoloir forecast` prints."""

from __future__ import annotations

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table

from isoloir.commands.forecast.run import Predicted
from isoloir.commands.show import OUT
from isoloir.language import language, say
from isoloir.stats.blocs import Blocs


def forecast(found: Predicted, mapping: Blocs) -> None:
    """How far stations lie apart, how wide the intervals are, what they rest on and what makes them less sure."""
    names = (*found.forecast.blocs, "abstention")
    title = say(
        f"{found.forecast.target.election} : {found.table.height} bureaux de {found.area}",
        f"{found.forecast.target.election}: {found.table.height} stations of {found.area}",
    )
    grid = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    grid.add_column("%")
    for heading in (
        say("moyenne", "mean"),
        say("un bureau sur dix sous", "one station in ten under"),
        say("un sur dix au-dessus de", "one in ten above"),
        say("intervalle à 90 %, moyen", "90 % interval, mean"),
    ):
        grid.add_column(heading, justify="right")
    for name in names:
        share, low, high = (found.table[f"{name}_{part}"].to_numpy() * 100 for part in ("share", "low", "high"))
        label = mapping.names[name][language()] if name in mapping.names else "abstention"
        tenth, ninth = np.quantile(share, (0.1, 0.9))
        width = f"± {np.mean(high - low) / 2:.1f}"
        grid.add_row(label, f"{share.mean():.1f}", f"{tenth:.1f}", f"{ninth:.1f}", width)
    OUT.print(grid)
    for note in _notes(found, mapping):
        OUT.print(f"[yellow]{say('attention', 'note')}[/yellow] {note}", highlight=False)


def _notes(found: Predicted, mapping: Blocs) -> list[str]:
    basis, unsure = ", ".join(found.forecast.basis[:6]), found.forecast.unsure
    out = [say(f"d'après {basis}", f"from {basis}")]
    if unsure:
        names = ", ".join(mapping.names[n][language()] if n in mapping.names else n for n in unsure)
        out.append(
            say(
                f"aucune élection passée du même type ne dit l'erreur sur : {names} ; intervalles élargis",
                f"no earlier election of the same type tells the error of: {names}; intervals are wider",
            )
        )
    if not found.whole:
        out.append(
            say(
                "la base ne couvre pas la France : le scénario est pris pour celui du territoire de la base",
                "the database does not cover France: the scenario is taken as that of the database's area",
            )
        )
    poor = found.table.filter(found.table["grade"].is_in(["C", "D"])).height
    if poor:
        out.append(
            say(
                f"{poor} bureaux prévus d'après leurs voisins ou un passé reconstitué (notes C et D)",
                f"{poor} stations predicted from their neighbours or a past that was pieced together (grades C and D)",
            )
        )
    if found.unknown.height:
        rows = ", ".join(f"{row} ({code} {nuance})" for row, code, nuance in found.unknown.head(5).iter_rows())
        out.append(
            say(
                f"{found.unknown.height} lignes du fichier de candidats sans lieu ou nuance connus : lignes {rows}",
                f"{found.unknown.height} rows of the file of candidates with no known place or nuance: rows {rows}",
            )
        )
    if found.unplaced.height:
        rows = ", ".join(
            f"{r['candidate']} ({r['nuance'] or '?'})" for r in found.unplaced.head(5).iter_rows(named=True)
        )
        out.append(say(f"hors de tout bloc : {rows}", f"in no bloc: {rows}"))
    return out
