"""What a ranking says of itself, in French and English: sums that come out, not opinions."""

from __future__ import annotations

import numpy as np
import polars as pl

from isoloir.commands.priority.question import TURNOUT, Question
from isoloir.commands.ranking import Note
from isoloir.stats.priority import Ranked, effects
from isoloir.stats.priority.index import SMALLEST
from isoloir.stats.priority.ranked import INTERVAL

FACTORS = {
    "size": ("taille", "size"),
    "density": ("densité", "density"),
    "abstention": ("abstention", "abstention"),
    "support": ("soutien", "support"),
    "effect": ("effet", "effect"),
}
CHANNELS = {
    "persuasion": ("conviction", "persuasion"),
    "mobilisation": ("mobilisation", "mobilisation"),
    "registration": ("inscription", "registration"),
}
GRADES = {
    "solid": ("solide", "solid"),
    "likely": ("probable", "likely"),
    "undecided": ("indécis", "undecided"),
    "special": ("à part", "special"),
}


def sentences(ranked: Ranked) -> dict[str, pl.Series]:
    """`why_fr` and `why_en` of every station: its score is the median's plus five parts."""
    score, small = ranked.rate.mean(axis=0), ranked.rank == 0
    names = list(ranked.parts)
    rows = np.column_stack([ranked.parts[n] for n in names])
    out: tuple[list[str], list[str]] = ([], [])
    for station, parts in enumerate(rows):
        order = np.argsort(-np.abs(parts), kind="stable")
        for column, said in enumerate(out):
            told = ", ".join(f"{FACTORS[names[i]][column]} {_number(parts[i], column, '+')}" for i in order)
            total, median = _number(score[station], column), _number(ranked.median, column)
            if column == 0:
                text = f"{total} voix par heure = {median} au bureau médian ; {told}."
                text += " Hors classement : trop peu d'inscrits ou pas de portes à soi." if small[station] else ""
            else:
                text = f"{total} votes per hour = {median} in the median station; {told}."
                text += " Not ranked: too few voters, or no doors of its own." if small[station] else ""
            said.append(text)
    return {"why_fr": pl.Series(out[0]), "why_en": pl.Series(out[1])}


def notes(ranked: Ranked, table: pl.DataFrame, question: Question, useless: pl.DataFrame) -> list[Note]:
    """What may be believed: whether stations can be told apart, what is size alone, and what effect was assumed."""
    found = [_apart(ranked), _sizes(ranked), _spread(ranked), _first(ranked), _effect(question, table)]
    special = int((ranked.rank == 0).sum())
    if special:
        found.append(
            Note(
                "special",
                special,
                f"{special} bureaux restent hors classement : moins de {SMALLEST} inscrits, ou une population hors"
                " ménages (prison, hôpital, caserne) ou à l'étranger.",
                f"{special} stations get no place: under {SMALLEST} voters, or people who live outside households"
                " (prison, hospital, barracks) or abroad.",
            )
        )
    return found + _useless(useless)


def _useless(rows: pl.DataFrame) -> list[Note]:
    """What the file of candidates says of no place or nuance that is known."""
    if rows.is_empty():
        return []
    told = ", ".join(f"{row} ({code} {nuance})" for row, code, nuance in rows.head(5).iter_rows())
    return [
        Note(
            "candidates",
            rows.height,
            f"{rows.height} lignes du fichier de candidats sans lieu ou nuance connus : lignes {told}.",
            f"{rows.height} rows of the file of candidates with no known place or nuance: rows {told}.",
        )
    ]


def _apart(ranked: Ranked) -> Note:
    skill = ranked.choice.skill
    share = _percent(skill)
    if ranked.choice.apart:
        return Note(
            "skill",
            skill,
            f"Suivre ce classement fait {share} du chemin entre le hasard et une connaissance parfaite des bureaux.",
            f"Following this ranking goes {share} of the way from chance to perfect knowledge of the stations.",
        )
    return Note(
        "skill",
        skill,
        f"Les données ne distinguent pas les bureaux ({share} du chemin entre le hasard et une connaissance parfaite) :"
        " choisissez par commodité, le classement n'a rien de solide.",
        f"The data cannot tell the stations apart ({share} of the way from chance to perfect knowledge): choose what is"
        " handy, nothing in the ranking is solid.",
    )


def _sizes(ranked: Ranked) -> Note:
    if not np.isfinite(ranked.size_alone):
        return Note(
            "size_alone",
            None,
            "Aucun gain attendu : la taille ne joue pas.",
            "No gain is expected: size plays no part.",
        )
    whole, hourly = _percent(ranked.size_alone), _percent(max(ranked.spread["size"], 0.0))
    return Note(
        "size_alone",
        ranked.size_alone,
        f"Entre bureaux entiers, {whole} des écarts de voix viennent de leur seule taille ; le classement se fait donc"
        f" par heure, où elle compte pour {hourly}.",
        f"Between whole stations, {whole} of the differences in votes are their size alone; the ranking is therefore by"
        f" the hour, where it counts for {hourly}.",
    )


def _spread(ranked: Ranked) -> Note:
    order = sorted(ranked.spread.items(), key=lambda item: -item[1])
    french, english = (", ".join(f"{FACTORS[n][c]} {_percent(v)}" for n, v in order) for c in (0, 1))
    return Note(
        "spread",
        None,
        f"Ce qui distingue les bureaux, par heure de porte-à-porte : {french}.",
        f"What tells stations apart, by the hour: {english}.",
    )


def _first(ranked: Ranked) -> Note:
    """What the chosen stations bring, against hours spent anywhere."""
    work = ranked.hours * ranked.choice.taken
    votes = (ranked.rate * work).sum(axis=1) / np.maximum(work.sum(axis=1), 1e-9)
    anywhere = (ranked.rate * ranked.hours).sum(axis=1) / ranked.hours.sum(axis=1)
    low, high = np.quantile(votes, INTERVAL)
    figures = (votes.mean(), low, high, anywhere.mean())
    (m, a, b, w), (m2, a2, b2, w2) = ([_number(v, column) for v in figures] for column in (0, 1))
    hours = ranked.choice.hours
    return Note(
        "first",
        float(votes.mean()),
        f"Les premiers bureaux, que {hours:.0f} heures atteignent, rapportent {m} voix nettes par heure"
        f" [{a} ; {b}] ; n'importe où : {w}.",
        f"The first stations, which {hours:.0f} hours reach, bring {m2} net votes an hour [{a2} to {b2}];"
        f" anywhere: {w2}.",
    )


def _effect(question: Question, table: pl.DataFrame) -> Note:
    kind = str(table["election"][0])[5:9]
    used = effects(question.effects).choose(question.chosen).chosen(kind)
    channels = [
        *(["persuasion"] if question.target != TURNOUT else []),
        "mobilisation",
        *(["registration"] if question.registration else []),
    ]
    told = [
        "; ".join(
            f"{CHANNELS[c][column]} {_percent(used[c].low)} – {_percent(used[c].high)}"
            f" ({used[c].name}: {used[c].source})"
            for c in channels
        )
        for column in (0, 1)
    ]
    return Note("effects", None, f"Effets supposés : {told[0]}.", f"Effects assumed: {told[1]}.")


def _number(value: float, column: int, sign: str = "") -> str:
    text = f"{value:{sign}.2f}"
    return text.replace(".", ",").replace("-", "−") if column == 0 else text


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
