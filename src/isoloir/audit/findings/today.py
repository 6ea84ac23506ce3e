"""The rule of today: article 82 of the law of 1978, read with the guidelines and the recommendation of 2020."""

from __future__ import annotations

from isoloir.audit.findings import prominence
from isoloir.audit.findings.common import (
    audience_objections,
    failures,
    google_analytics,
    informs_of_audience,
    lifetimes,
    nothing_to_choose,
    refused_by_rules,
)
from isoloir.audit.findings.facts import Deed, Facts, names, pointers
from isoloir.audit.findings.model import Finding, breached, not_applicable, not_established, respected
from isoloir.audit.rules.packs import Text
from isoloir.audit.words import says


def judge(facts: Facts) -> dict[str, Finding]:
    """Every obligation of the pack."""
    audience = _audience(facts)
    return {
        "information": _information(facts),
        "consent": _consent(facts),
        "refusal": _refusal(facts),
        "withdrawal": _withdrawal(facts),
        "lifetime": _lifetime(facts),
        "audience_measurement": audience,
        "google_analytics": google_analytics(facts),
    }


def _information(facts: Facts) -> Finding:
    if not facts.needing:
        return nothing_to_choose()
    if facts.banner is None:
        return breached(
            "rien n'informe avant que des traceurs soient posés",
            "nothing tells before trackers are set",
            pointers(facts.needing),
        )
    banner, pointer = facts.banner
    remarks = []
    if not says(banner.text, "controllers"):
        remarks.append(
            Text("le bandeau ne dit pas qui pose les traceurs", "the banner does not say who sets the trackers")
        )
    if not says(facts.told + facts.policy, "withdrawal"):
        remarks.append(Text("rien ne dit qu'on peut changer d'avis", "nothing says that one may change one's mind"))
    if says(banner.text, "purposes"):
        return respected(
            "le bandeau dit à quoi servent les traceurs",
            "the banner says what the trackers are for",
            (pointer,),
            remarks=tuple(remarks),
        )
    if says(facts.told, "purposes") or says(facts.policy, "purposes"):
        remarks.append(Text("les finalités ne sont pas au premier niveau", "the purposes are not in the first layer"))
        return respected(
            "les finalités sont dites plus loin", "the purposes are told further on", (pointer,), remarks=tuple(remarks)
        )
    return breached(
        "nulle part il n'est dit à quoi servent les traceurs",
        "nowhere is it told what the trackers are for",
        (pointer,),
    )


def _consent(facts: Facts) -> Finding:
    if facts.before:
        return breached(
            f"des traceurs sont lus ou écrits avant tout choix : {names(facts.before)}",
            f"trackers are read or written before any choice: {names(facts.before)}",
            pointers(facts.before),
        )
    if lying := _consents_already(facts):
        return breached(
            "le signal TCF annonce un accord que personne n'a donné",
            "the TCF signal tells of an agreement nobody gave",
            (lying,),
        )
    if facts.browsed:
        return breached(
            f"poursuivre la navigation vaut accord : {names(facts.browsed)}",
            f"browsing on is taken for agreement: {names(facts.browsed)}",
            pointers(facts.browsed),
        )
    if failed := failures(facts, "browsing", "entry"):
        return not_established(f"une visite n'a pas abouti : {failed.fr}", f"a visit did not end: {failed.en}")
    if facts.doubtful:
        return not_established(
            f"des tiers sont appelés avant tout choix, sans lecture ni écriture visible : {names(facts.doubtful)}",
            f"third parties are called before any choice, with no reading or writing seen: {names(facts.doubtful)}",
            pointers(facts.doubtful),
        )
    if not facts.needing:
        return nothing_to_choose() if not _unanswered(facts) else _untested()
    if ticked := _ticked(facts):
        return breached("des cases sont cochées d'avance", "boxes are ticked in advance", (ticked,))
    return respected("rien n'est écrit avant un choix", "nothing is written before a choice", ("visits/0",))


def _consents_already(facts: Facts) -> str:
    for n, visit in enumerate(facts.evidence.visits):
        if visit.name == "untouched":
            for p, phase in enumerate(visit.phases):
                if facts.needing and _agrees(phase.consent.tcf):
                    return f"visits/{n}/phases/{p}/consent"
    return ""


def _agrees(tcf: dict[str, object] | None) -> bool:
    """Whether the TCF signal says that a purpose that needs consent has it."""
    purpose = (tcf or {}).get("purpose")
    consents = purpose.get("consents") if isinstance(purpose, dict) else None
    return isinstance(consents, dict) and any(bool(v) for v in consents.values())


def _ticked(facts: Facts) -> str:
    """A box of the first layer that is ticked in advance and could be unticked."""
    if facts.banner is None:
        return ""
    banner, pointer = facts.banner
    free = [t for t in banner.toggles if t.shown and not t.disabled and t.checked and t.role != "radio"]
    optional = [t for t in free if says(f"{t.name} {t.near}", "purposes")]
    return pointer if optional and not banner.of("refuse") else ""


def _unanswered(facts: Facts) -> bool:
    """Whether a banner asks, but nothing could be accepted: what follows acceptance was not seen."""
    asked = facts.banner is not None and facts.banner[0].kind == "asks"
    return asked and (facts.acceptance is None or facts.acceptance.settled is None)


def _untested() -> Finding:
    return not_established(
        "un bandeau demande, mais l'accepter n'a pas abouti", "a banner asks, but accepting it did not work"
    )


def _refusal(facts: Facts) -> Finding:
    if not facts.needing:
        return nothing_to_choose() if not _unanswered(facts) else _untested()
    if facts.banner is None:
        return breached("rien ne permet de refuser", "there is no way to refuse", pointers(facts.needing))
    deed = facts.refusal
    if failed := failures(facts, "refusing"):
        return not_established(
            f"la visite du refus n'a pas abouti : {failed.fr}", f"the refusing visit did not end: {failed.en}"
        )
    if deed is None or deed.settled is None:
        return _no_refusal(facts, deed)
    wrong, measures = _harder(facts, deed)
    still = facts.after(deed)
    measures |= {"layer": deed.settled.layer, "left_behind": facts.left(deed)}
    if still:
        wrong.append(Text(f"il reste sans effet : {names(still)}", f"it has no effect: {names(still)}"))
    if facts.asks_again(deed) and not facts.asks_again(facts.acceptance):
        wrong.append(Text("il est oublié au rechargement", "it is forgotten when the page is loaded again"))
    if any(_agrees(p.consent.tcf) for p in deed.visit.phases[deed.phase :]):
        wrong.append(Text("le signal TCF dit le contraire", "the TCF signal says the opposite"))
    if facts.withheld():
        wrong.append(Text("il ferme l'accès au site", "it closes the site"))
    evidence = (deed.pointer, *pointers(still))
    if wrong:
        fr, en = "; ".join(w.fr for w in wrong), "; ".join(w.en for w in wrong)
        return breached(
            f"le refus ne vaut pas l'acceptation : {fr}",
            f"refusing is not as easy as accepting: {en}",
            evidence,
            measures=measures,
        )
    return respected(
        "refuser est aussi simple qu'accepter, et suivi d'effet",
        "refusing is as easy as accepting, and has effect",
        evidence,
        measures=measures,
    )


def _no_refusal(facts: Facts, deed: Deed | None) -> Finding:
    dead = [c for c in deed.clicks if c.purpose == "refuse"] if deed else []
    if dead and deed:
        where = f"visits/{deed.number}/clicks/{deed.visit.clicks.index(dead[0])}"
        return breached(
            f"« {dead[0].control.name[:60]} » ne fait rien", f"“{dead[0].control.name[:60]}” does nothing", (where,)
        )
    pointer = (facts.banner[1],) if facts.banner else ()
    hidden = [c for c in facts.controls("refuse") if not c.shown]
    if hidden:
        why = hidden[0].why_hidden
        return breached(f"le moyen de refuser est caché ({why})", f"the way to refuse is hidden ({why})", pointer)
    if facts.controls("pay"):
        return not_established(
            "refuser ou payer : la CNIL juge au cas par cas (critères du 16/05/2022)",
            "consent or pay: the CNIL judges case by case (criteria of 2022-05-16)",
            pointer,
        )
    found = refused_by_rules(facts)
    return found or breached("le bandeau ne permet pas de refuser", "the banner offers no way to refuse", pointer)


def _harder(facts: Facts, deed: Deed) -> tuple[list[Text], dict[str, object]]:
    """What makes refusing harder than accepting."""
    assert deed.settled is not None
    wrong: list[Text] = []
    accepts = [c for c in facts.controls("accept", "acknowledge") if c.shown]
    accept = max(accepts, key=lambda c: c.box.area if c.box else 0, default=None)
    measures: dict[str, object] = {}
    if deed.settled.layer > 1 and accept is not None:
        wrong.append(Text(f"il faut {deed.settled.layer} niveaux", f"it takes {deed.settled.layer} layers"))
    elif (ticked := sum(c.purpose == "untick" for c in deed.clicks)) and accept is not None:
        wrong.append(Text(f"il faut décocher {ticked} cases", f"it takes unticking {ticked} boxes"))
    elif deed.settled.purpose == "refuse":
        wrong, measures = prominence.compare(deed.settled.control, accept)
    return wrong, measures


def _withdrawal(facts: Facts) -> Finding:
    accepted = facts.acceptance
    if not facts.needing or accepted is None or accepted.settled is None:
        return not_applicable(
            "aucun consentement à retirer n'a été recueilli", "no consent was gathered that could be withdrawn"
        )
    if failed := failures(facts, "accepting"):
        return not_established(f"la visite n'a pas abouti : {failed.fr}", f"the visit did not end: {failed.en}")
    if not facts.after(accepted) and not facts.before:
        return nothing_to_choose()
    deed = facts.withdrawal
    if deed is None or deed.settled is None:
        return breached(
            "une fois accepté, rien ne permet de revenir en arrière",
            "once accepted, there is no way back",
            (accepted.pointer,),
        )
    still = facts.of(("accepting",), ("needs_consent",), since=deed.phase, phases=("withdrawn-reloaded",))
    still += facts.new_with(deed)
    if still:
        return breached(
            f"le retrait reste sans effet : {names(still)}",
            f"withdrawing has no effect: {names(still)}",
            (deed.pointer, *pointers(still)),
        )
    left = facts.left(deed)
    remarks = (
        (Text(f"restent sur l'appareil : {', '.join(left)}", f"left on the device: {', '.join(left)}"),) if left else ()
    )
    return respected(
        "on peut retirer son consentement, avec effet",
        "consent can be withdrawn, with effect",
        (deed.pointer,),
        remarks=remarks,
        measures={"left_behind": left},
    )


def _lifetime(facts: Facts) -> Finding:
    long, most = lifetimes(facts.needing)
    choices, longest = lifetimes([t for t in facts.traces if t.kind == "choice"])
    if not facts.needing and not facts.audience and not choices:
        return not_applicable("rien qui dure", "nothing that lasts")
    remarks = []
    if choices:
        remarks.append(
            Text(
                f"le choix est gardé {longest:.0f} jours ; six mois sont recommandés",
                f"the choice is kept {longest:.0f} days; six months are recommended",
            )
        )
    if long:
        remarks.append(Text(f"des traceurs vivent {most:.0f} jours", f"trackers live {most:.0f} days"))
    return respected(
        "aucune durée n'est contraire à la règle",
        "no duration is against the rule",
        remarks=tuple(remarks),
        measures={"longest_days": round(max(most, longest), 1)},
    )


def _audience(facts: Facts) -> Finding:
    if not facts.audience_before:
        return not_applicable("pas de mesure d'audience avant un choix", "no audience measurement before a choice")
    wrong, questions = audience_objections(facts)
    evidence = pointers(facts.audience_before)
    if wrong:
        fr, en = "; ".join(w.fr for w in wrong), "; ".join(w.en for w in wrong)
        return breached(
            f"la mesure d'audience n'est pas exemptée : {fr}", f"the audience measurement is not exempt: {en}", evidence
        )
    if not informs_of_audience(facts):
        questions.append(Text("aucune page vue n'en informe", "no page that was seen tells of it"))
    if questions:
        fr, en = "; ".join(q.fr for q in questions), "; ".join(q.en for q in questions)
        return not_established(
            f"l'exemption n'est pas établie : {fr}", f"the exemption is not established: {en}", evidence
        )
    return respected(
        "la mesure d'audience remplit les conditions de l'exemption",
        "the audience measurement meets the conditions of the exemption",
        evidence,
    )
