"""What the commands of the law print, in French or English."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from isoloir.errors import SettingsError
from isoloir.language import language, say
from isoloir.law import OPERATIONS, Decision, Rule, decide, rules
from isoloir.law.calendar import Election, ics, periods
from isoloir.law.conditions import ALWAYS, Condition, Test
from isoloir.law.facts import Text, vocabulary
from isoloir.law.rules import CLOSING
from isoloir.law.situations import read_situations

OUT = Console(highlight=False)
TO_READ = ("unverified", "partly")

_EFFECTS = {
    "forbid": Text("interdit", "forbids"),
    "allow": Text("permet", "allows"),
    "allow_with_consent": Text("permet avec consentement", "allows with consent"),
    "duty": Text("oblige", "obliges"),
}
_FORCES = {
    "law": Text("droit", "law"),
    "guidance": Text("CNIL ou INSEE", "regulator"),
    "policy": Text("règle d'Isoloir", "our policy"),
}
_READ = {
    "seen": Text("texte lu", "wording read"),
    "partly": Text("lu en partie", "partly read"),
    "unverified": Text("à vérifier", "unverified"),
    "own": Text("règle d'Isoloir", "our own"),
}
_CLOSING = {
    "unless": Text("Sauf si", "Unless"),
    "provided": Text("Pourvu que", "Provided that"),
    "consent": Text("Consentement", "Consent"),
    "met": Text("Respecté si", "Met where"),
}
_HOW = {
    "is": "=",
    "any": "∈",
    "all": "⊇",
    "within": "⊆",
    "none": "∌",
    "not": "∉",
    "below": "<",
    "at_least": "≥",
    "at_most": "≤",
}


def choose(operation: str | None, on: date | None, unverified: bool) -> list[Rule]:
    """The rules asked for; raise SettingsError for an operation that does not exist."""
    if operation and operation not in OPERATIONS:
        raise SettingsError(f"--operation {operation}: one of {', '.join(OPERATIONS)}")
    chosen = [r for r in rules().values() if not operation or operation in r.operations]
    chosen = [r for r in chosen if on is None or r.in_force(on)]
    if unverified:
        chosen = sorted((r for r in chosen if r.read in TO_READ), key=lambda r: TO_READ.index(r.read))
    return chosen


def rule_list(chosen: list[Rule], as_json: bool) -> None:
    """The rules, one a line."""
    if as_json:
        print(json.dumps([_as_json(rule) for rule in chosen], ensure_ascii=False, indent=1))
        return
    for rule in chosen:
        words = (_EFFECTS[rule.effect], _FORCES[rule.force], _READ[rule.read])
        ends = f"– {rule.valid_to}" if rule.valid_to else "–"
        told = " · ".join([f"{rule.valid_from} {ends}", *(say(word.fr, word.en) for word in words)])
        OUT.print(f"[bold]{rule.id:16}[/bold] {told}\n[dim]{'':16} {escape(rule.article)}[/dim]", soft_wrap=True)
    OUT.print(say(f"{len(chosen)} règles", f"{len(chosen)} rules"))


def rule_page(name: str) -> None:
    """Everything of one rule; raise SettingsError where there is none of that name."""
    rule = rules().get(name.upper())
    if rule is None:
        near = [known for known in rules() if known.startswith(name.upper().split("-")[0])]
        raise SettingsError(
            f"there is no rule {name}; see `isoloir law list`" + (f" ({', '.join(near)})" if near else "")
        )
    OUT.print(f"[bold]{rule.id}[/bold]  {escape(rule.article)}")
    OUT.print(f"\n{escape(say(rule.text.fr, rule.text.en))}\n")
    ends = str(rule.valid_to) if rule.valid_to else say("toujours en vigueur", "still in force")
    lines = [
        (say("Opérations", "Operations"), ", ".join(rule.operations)),
        (say("Effet", "Effect"), say(_EFFECTS[rule.effect].fr, _EFFECTS[rule.effect].en)),
        (say("Force", "Force"), say(_FORCES[rule.force].fr, _FORCES[rule.force].en)),
        (say("En vigueur", "In force"), f"{rule.valid_from} – {ends}"),
        (say("S'applique si", "Applies where"), _condition(rule.when)),
    ]
    if rule.refuses and rule.satisfied.tables:
        closing = _CLOSING[CLOSING[rule.effect]]
        lines.append((say(closing.fr, closing.en), _condition(rule.satisfied)))
    if rule.lifts:
        kept = "" if rule.may_lift else say(" (pas avant vérification)", " (not before it is verified)")
        lines.append((say("Lève", "Lifts"), ", ".join(rule.lifts) + kept))
    read = _READ[rule.read]
    lines.append((say("Lecture", "Reading"), f"{say(read.fr, read.en)}, {rule.read_on}. {rule.seen_in}"))
    lines += [(say("Note", "Note"), rule.note)] if rule.note else []
    lines.append((say("Texte", "Text"), rule.link))
    for label, value in lines:
        OUT.print(f"[dim]{label} :[/dim] {escape(value)}", soft_wrap=True)


def fact_list() -> None:
    """The vocabulary of situations."""
    table = Table(box=SIMPLE_HEAD)
    table.add_column(say("fait", "fact"), no_wrap=True)
    table.add_column("")
    table.add_column(say("valeurs", "values"))
    for fact in vocabulary().values():
        table.add_row(fact.name, escape(say(fact.label.fr, fact.label.en)), fact.expected)
    OUT.print(table)


def check(file: Path, on: date | None) -> bool:
    """Judge the situations of a file, that day or the day that each names, else today; whether all are allowed."""
    allowed = True
    for situation in read_situations(file):
        decision = decide(situation.operation, situation.facts, on or situation.on or date.today())
        if situation.text:
            OUT.print(f"[bold]{escape(situation.text)}[/bold]")
        _decision(decision)
        allowed &= decision.allowed
    return allowed


def _decision(decision: Decision) -> None:
    verdict = say("[green]permis[/green]", "[green]allowed[/green]")
    if not decision.allowed:
        verdict = say("[red]refusé[/red]", "[red]refused[/red]")
    OUT.print(f"{decision.operation}, {decision.on} : {verdict}")
    marks = {"refuses": "✗", "lifted": "–", "lifts": "✓", "satisfied": "✓"}
    for reason in decision.reasons:
        article = f" ({reason.article})" if reason.article else ""
        mark = "?" if reason.unknown else marks[reason.does]
        by = say(f" [levée par {reason.by}]", f" [lifted by {reason.by}]") if reason.by else ""
        if reason.rule in rules() and not rules()[reason.rule].may_lift:
            by += say(" [à vérifier]", " [unverified]")
        OUT.print(f"  {mark} {reason.rule}{escape(by)}  {escape(say(reason.text.fr, reason.text.en) + article)}")
        if reason.does == "refuses" and reason.unknown:
            OUT.print(say("      à établir : ", "      to establish: ") + ", ".join(reason.unknown))
    for duty in decision.duties:
        sure = "" if duty.certain else say(" (peut-être)", " (perhaps)")
        OUT.print(f"  → {duty.rule}{sure}  {escape(say(duty.text.fr, duty.text.en))}")
    OUT.print()


def calendar(election: Election, file: Path | None) -> None:
    """The calendar of an election, and its file where one is asked for."""
    for text in election.assumed:
        OUT.print(f"[yellow]{escape(say(text.fr, text.en))}[/yellow]")
    for period in periods(election):
        read = say(_READ[period.read].fr, _READ[period.read].en)
        ends = "" if period.ends == period.begins else f"– {period.ends}"
        notes = [f"{period.article} · {read}", *([say(period.note.fr, period.note.en)] if period.note else [])]
        OUT.print(
            f"{period.begins} {ends:12}  [bold]{escape(say(period.text.fr, period.text.en))}[/bold]", soft_wrap=True
        )
        for note in notes:
            OUT.print(f"{'':25}[dim]{escape(note)}[/dim]", soft_wrap=True)
    if file:
        from isoloir.store import write_text  # loads DuckDB, which nothing else here needs

        write_text(ics(election), file)
        OUT.print(say(f"[green]écrit[/green] {file}", f"[green]written[/green] {file}"))


def _condition(condition: Condition) -> str:
    if condition == ALWAYS:
        return say("toujours", "always")
    tables = (say(" et ", " and ").join(_test(test) for test in table) for table in condition.tables)
    return say(" ; ou ", "; or ").join(tables)


def _test(test: Test) -> str:
    against = test.against
    if isinstance(against, bool):
        shown = say("oui", "yes") if against else say("non", "no")
    else:
        shown = f"{{{', '.join(sorted(against))}}}" if isinstance(against, frozenset) else str(against)
    return f"{test.fact} {_HOW[test.how]} {shown}"


def _as_json(rule: Rule) -> dict[str, object]:
    words: Iterable[tuple[str, object]] = (
        ("id", rule.id),
        ("operations", list(rule.operations)),
        ("effect", rule.effect),
        ("force", rule.force),
        ("article", rule.article),
        ("link", rule.link),
        ("from", str(rule.valid_from)),
        ("to", str(rule.valid_to) if rule.valid_to else None),
        ("text", rule.text.fr if language() == "fr" else rule.text.en),
        ("read", rule.read),
        ("read_on", str(rule.read_on)),
    )
    return dict(words)
