"""What `isoloir measure` prints: figures, then sentences that claim no more than they."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from isoloir.commands.measure.run import Measurement
from isoloir.commands.priority.question import TURNOUT
from isoloir.commands.show import OUT
from isoloir.language import language, say
from isoloir.stats.measure import Effect, Measured

SIGNIFICANT = 0.10


def measured(found: Measurement) -> None:
    """Both effects by both ways, what they mean, and what could have been seen."""
    OUT.print(_table(found))
    for line in sentences(found):
        OUT.print(f"· {line}", markup=False, highlight=False)


def sentences(found: Measurement) -> list[str]:
    """The verdict on each outcome, in the user's language."""
    lines = []
    if found.support is not None:
        lines.append(_verdict(say("la part des voix", "the share of votes"), found.support))
        lines += _votes(found, found.support)
    lines.append(_verdict(say("la participation", "turnout"), found.turnout))
    one = (found.support or found.turnout).intention
    lines.append(
        say(
            f"{one.stations} bureaux comparés, dont {one.controls} témoins, dans {one.strata} strates.",
            f"{one.stations} stations compared, {one.controls} of them controls, in {one.strata} strata.",
        )
    )
    if one.left_out:
        lines.append(
            say(
                f"{one.left_out} bureaux laissés de côté : sans résultat, ou sans témoin dans leur strate.",
                f"{one.left_out} stations left out: without a result, or without a control in their stratum.",
            )
        )
    if (found.support or found.turnout).allocation is None:
        lines.append(
            say(
                "Trop peu de visites, ou presque autant chez les témoins : ce que change une visite ne peut se dire.",
                "Too few visits, or nearly as many in the control: what a visit changes cannot be told.",
            )
        )
    if not found.visited:
        lines.append(
            say(
                "Sans --visits, chaque bureau compte pour la part prévue de ses portes, qu'on y soit allé ou non.",
                "Without --visits each station counts for the share of its doors that was planned, gone to or not.",
            )
        )
    return lines


def _table(found: Measurement) -> Table:
    title = say(
        f"Effet de la campagne en points ({found.target}, {found.election})",
        f"Effect of the campaign in points ({found.target}, {found.election})",
    )
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    seen = say("visible dès", "seen from")
    for heading in (say("effet", "effect"), "90 %", say("erreur type", "std. error"), seen):
        table.add_column(heading, justify="right", no_wrap=True)
    outcomes = [(say("participation", "turnout"), found.turnout)]
    if found.support is not None:
        outcomes.insert(0, (say(f"voix {found.target}", f"{found.target} votes"), found.support))
    for name, both in outcomes:
        drawn, visited = say("bureaux tirés", "stations drawn"), say("bureaux visités", "stations visited")
        for how, effect in ((drawn, both.intention), (visited, both.allocation)):
            if effect is None:
                table.add_row(f"{name}, {how}", *["-"] * 4)
                continue
            interval = f"{_points(effect.low)} … {_points(effect.high)}"
            cells = (_points(effect.value), interval, _points(effect.error, ""), _points(effect.visible, ""))
            table.add_row(f"{name}, {how}", *cells)
    return table


def _verdict(what: str, both: Measured) -> str:
    effect, chance = both.allocation or both.intention, _percent(both.chance)
    if both.allocation is None:
        where = say("dans les bureaux tirés au sort", "in the stations drawn")
    else:
        where = say("dans un bureau entièrement visité", "in a station wholly visited")
    value, low, high, seen = (_points(v, s) for v, s in _figures(effect))
    if both.chance <= SIGNIFICANT:
        return say(
            f"Sur {what} : {value} points {where} [{low} ; {high}]. Sans aucun effet, le"
            f" hasard en aurait montré autant {chance} du temps.",
            f"On {what}: {value} points {where} [{low} to {high}]. Without any effect chance would"
            f" have shown as much {chance} of the time.",
        )
    return say(
        f"Sur {what} : aucun effet établi ({value} points [{low} ; {high}] ; le hasard seul en montre autant"
        f" {chance} du temps). Seul un effet d'au moins {seen} points se serait vu quatre fois sur cinq.",
        f"On {what}: no effect established ({value} points [{low} to {high}]; chance alone shows as much"
        f" {chance} of the time). Only an effect of {seen} points or more would have been seen four times in five.",
    )


def _votes(found: Measurement, both: Measured) -> list[str]:
    """The effect as votes: what the draw changed, over the votes of the stations drawn."""
    if found.target == TURNOUT or both.chance > SIGNIFICANT:
        return []
    value, low, high = (v * found.valid_votes for v in (both.intention.value, both.intention.low, both.intention.high))
    return [
        say(
            f"Soit {value:.0f} voix [{low:.0f} ; {high:.0f}] dans les bureaux tirés au sort pour être visités.",
            f"That is {value:.0f} votes [{low:.0f} to {high:.0f}] in the stations drawn to be visited.",
        )
    ]


def _figures(effect: Effect) -> list[tuple[float, str]]:
    return [(effect.value, "+"), (effect.low, "+"), (effect.high, "+"), (effect.visible, "")]


def _points(share: float, sign: str = "+") -> str:
    text = f"{100 * share:{sign}.1f}"
    return text.replace(".", ",").replace("-", "−") if language() == "fr" else text


def _percent(share: float) -> str:
    text = f"{100 * share:.0f}" if share >= 0.015 else f"{100 * share:.1f}"
    return f"{text.replace('.', ',') if language() == 'fr' else text} %"
