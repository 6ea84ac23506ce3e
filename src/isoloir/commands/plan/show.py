"""What `isoloir plan` prints."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from isoloir.commands.plan.run import Planned
from isoloir.commands.show import OUT
from isoloir.language import say


def planned(found: Planned) -> None:
    """The turfs, what to expect of the whole, and what its control can show."""
    OUT.print(_turfs(found))
    for line in _expectations(found):
        OUT.print(f"· {line}", markup=False, highlight=False)


def _turfs(found: Planned) -> Table:
    plan = found.plan
    table = Table(
        title=say(
            f"{len(plan.turfs)} secteurs, {plan.hours:.0f} heures trajets compris",
            f"{len(plan.turfs)} turfs, {plan.hours:.0f} hours with the way there",
        ),
        title_justify="left",
        box=SIMPLE_HEAD,
        pad_edge=False,
    )
    headings = (say("secteur", "turf"), say("bureaux", "stations"), say("portes", "doors"))
    for heading in (*headings, say("heures", "hours"), say("trajet", "way"), say("voix", "votes")):
        table.add_column(heading, justify="right", no_wrap=True)
    ranked = found.ranking.ranked
    gains, doors = (ranked.rate * ranked.hours).mean(axis=0)[found.rows], ranked.doors[found.rows]
    for number, turf in enumerate(plan.turfs, 1):
        votes = sum(float(gains[s]) * part / float(doors[s]) for s, part in turf.doors.items())
        whole = "" if turf.whole else "*"
        table.add_row(
            f"{number}{whole}", str(len(turf.doors)), f"{sum(turf.doors.values()):.0f}", f"{turf.work_hours:.0f}",
            f"{turf.travel_hours:.0f}", f"{votes:.0f}",
        )  # fmt: skip
    return table


def _expectations(found: Planned) -> list[str]:
    mean, low, high = found.expected
    lines = [
        say(
            f"{mean:.0f} voix nettes attendues [{low:.0f} ; {high:.0f}].",
            f"{mean:.0f} net votes expected [{low:.0f} to {high:.0f}].",
        )
    ]
    if found.ideal > 0:
        share = f"{100 * mean / found.ideal:.0f} %"
        lines.append(
            say(
                f"C'est {share} de ce que rapporteraient les mêmes heures sans trajets, sans témoins et en sautant d'un"
                " bureau à l'autre.",
                f"That is {share} of what the same hours would bring without the way, without a control and jumping"
                " from station to station.",
            )
        )
    if found.plan.control:
        lines += _control(found)
    else:
        lines.append(
            say(
                "Sans témoin tiré au sort, personne ne pourra dire ce que cette campagne a changé.",
                "Without a control drawn by lot nobody will be able to tell what this campaign changed.",
            )
        )
    if any(not turf.whole for turf in found.plan.turfs):
        lines.append(say("* en plusieurs morceaux.", "* in several pieces."))
    return lines


def _control(found: Planned) -> list[str]:
    count = len(found.plan.control)
    lines = [
        say(
            f"{count} bureaux témoins, tirés au sort : n'y allez pas, `isoloir measure` en dépend.",
            f"{count} control stations, drawn by lot: do not go there, `isoloir measure` depends on it.",
        )
    ]
    if found.visible is not None:
        points = 100 * found.visible
        lines.append(
            say(
                f"Un tel témoin ne voit que les effets d'au moins {points:.1f} points".replace(".", ",")
                + " (quatre fois sur cinq).",
                f"Such a control only sees effects of {points:.1f} points or more (four times in five).",
            )
        )
    return lines
