"""The report as one HTML file: no script, nothing to load."""

from __future__ import annotations

from html import escape
from importlib import resources
from pathlib import Path
from string import Template

import numpy as np

from isoloir.commands.backtest import figures, tables
from isoloir.commands.backtest.claims import claims
from isoloir.commands.backtest.run import Backtest
from isoloir.commands.backtest.words import column, election, method, number, percent, points, r2, text
from isoloir.language import language
from isoloir.stats.backtest.reach import FIRST
from isoloir.stats.backtest.summary import comparable, table
from isoloir.stats.backtest.trial import Trial
from isoloir.store import write_text

ORDERS = ("po", "last_result", "perfect")
ERRORS = ("rmse", "close")
CORRELATIONS = ("r2", "rank", "within", "close_rank")
WORDS = ("mae", "close", "chance", "composite", "po")


def write(found: Backtest, file: Path) -> None:
    """Write the report, atomically."""
    write_text(page(found), file)


def page(found: Backtest) -> str:
    """The whole report in the user's language."""
    template = resources.files("isoloir.commands.backtest").joinpath("page.html").read_text(encoding="utf-8")
    sections = (_opening, _supported, _errors, _sizes, _reserve, _elections)
    body = "\n".join([*(section(found) for section in sections), _vocabulary()])
    return Template(template).substitute(language=language(), title=escape(text("title")), body=body)


def _opening(found: Backtest) -> str:
    known = found.evidence
    facts = text(
        "facts",
        area=text("everything") if found.area.everything else found.area,
        stations=found.stations,
        elections=len(found.trials),
        mode=text(found.mode),
    )
    cards = {
        "card-closer": percent(known.closer, 1),
        "card-wins": f"{known.wins} / {known.contests}",
        "card-within": number(known.within),
        "card-cover": percent(known.cover, 1),
    }
    shown = "".join(f"<div><dt>{escape(text(key))}</dt><dd>{value}</dd></div>" for key, value in cards.items())
    return (
        f"<h1>{escape(text('title'))}</h1>"
        f'<p class="facts">{escape(facts)}<br>{escape(text("judged", method=method(found.best)))}</p>'
        f'<p class="lead">{escape(text("given"))}</p><dl class="cards">{shown}</dl>'
    )


def _supported(found: Backtest) -> str:
    rows = "".join(
        f'<li><span class="verdict {claim.verdict}">{escape(text(claim.verdict))}</span>'
        f"<div><b>{escape(claim.title)}</b>{escape(claim.text)}</div></li>"
        for claim in claims(found.evidence, column(found.target, found.blocs))
    )
    return _section(text("supported"), f'<ul class="claims">{rows}</ul>', _skipped(found))


def _skipped(found: Backtest) -> str:
    reasons = list(found.skipped.values())
    for trial in found.trials:
        name = election(trial.question.election)
        reasons += [f"{name}, {method(by)}: {reason}" for by, reason in trial.refused.items()]
    rows = "".join(f"<li>{escape(reason)}</li>" for reason in reasons)
    return _folded(text("skipped", count=len(reasons)), f"<ul>{rows}</ul>") if reasons else ""


def _errors(found: Backtest) -> str:
    same = comparable(found.scores)
    count = len({s.election for s in same})

    def of(measure: str) -> str:
        high = measure in CORRELATIONS
        form = r2 if measure == "r2" else number if high else points
        return tables.methods(table(same, measure), found.best, text(measure), form, found.blocs, high=high)

    picture = figures.errors_by_method(table(same, "mae"), found.best, found.blocs)
    others = "".join(of(measure) for measure in (*ERRORS, *CORRELATIONS))
    return _section(
        text("errors"),
        _figure(picture, text("errors-figure", count=count)),
        of("mae"),
        _folded(text("measures"), others),
    )


def _sizes(found: Backtest) -> str:
    blocs = [s for s in found.sizes if s.column == "blocs"]
    abstention = [s for s in found.sizes if s.column == "abstention"]
    parts = [_figure(figures.error_by_size(blocs, abstention), text("sizes-figure"))]
    judged = [s for s in (blocs[0], abstention[0]) if np.isfinite(s.cover).any()]
    if judged:
        parts.append(_figure(figures.cover_by_size(judged, found.blocs), text("cover-figure")))
    return _section(text("sizes"), *parts)


def _reserve(found: Backtest) -> str:
    if not found.reaches:
        return ""
    bloc = column(found.target, found.blocs)
    orders = [order for order in (found.best, *ORDERS) if order in found.reaches[0].by_voter]
    rows = [
        [election(r.election), *(percent(r.by_voter[order].at(FIRST), 1) for order in orders), percent(FIRST, 1)]
        for r in found.reaches
    ]
    head = [text("election"), *(method(order) for order in orders), method("random")]
    return _section(
        text("first", bloc=bloc),
        f"<p>{escape(text('first-text'))}</p>",
        _figure(figures.gains(found.reaches, found.best, bloc), text("gain-figure")),
        tables.plain(text("gain-table"), head, rows),
    )


def _elections(found: Backtest) -> str:
    return _section(text("elections"), *(_election(found, trial) for trial in found.trials))


def _election(found: Backtest, trial: Trial) -> str:
    name = trial.question.election
    own = table([s for s in found.scores if s.election == name], "mae")
    shares = zip(trial.columns, trial.question.national, strict=True)
    given = text("scenario", shares=", ".join(f"{column(c, found.blocs)} {percent(v, 1)}" for c, v in shares))
    parts = [f"<p>{escape(given)}</p>", tables.methods(own, found.best, text("mae"), points, found.blocs)]
    if found.best in trial.answers:
        parts.append(_figure(figures.seen(trial, found.best, found.blocs), text("seen-figure")))
    return _folded(election(name), "".join(parts))


def _vocabulary() -> str:
    entries = "".join(f"<dt>{escape(text(f'word-{w}'))}</dt><dd>{escape(text(f'word-{w}-text'))}</dd>" for w in WORDS)
    return _section(text("words"), f'<dl class="words">{entries}</dl>')


def _figure(svg: str, caption: str) -> str:
    box = f'<div class="scroll" role="group" tabindex="0" aria-label="{escape(caption)}">{svg}</div>'
    return f"<figure>{box}<figcaption>{escape(caption)}</figcaption></figure>"


def _folded(title: str, inner: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{inner}</details>"


def _section(title: str, *parts: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{''.join(parts)}</section>"
