"""The rule of 2013: deliberation 2013-378. Browsing on, once told, was agreement; a way to oppose was due."""

from __future__ import annotations

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
    return {
        "information": _information(facts),
        "consent": _consent(facts),
        "refusal": _refusal(facts),
        "lifetime": _lifetime(facts),
        "audience_measurement": _audience(facts),
        "google_analytics": google_analytics(facts),
    }


def _information(facts: Facts) -> Finding:
    if not facts.needing:
        return nothing_to_choose()
    if facts.banner is None:
        return breached("aucun bandeau n'informe", "no banner tells", pointers(facts.needing))
    banner, pointer = facts.banner
    boxes = banner.toggles and banner.of("save")
    ways = banner.of("refuse", "settings", "withdraw", "info", "policy") or boxes or says(banner.text, "refusal")
    if not says(banner.text, "purposes") and not says(facts.told, "purposes"):
        return breached(
            "le bandeau ne dit pas à quoi servent les traceurs",
            "the banner does not say what the trackers are for",
            (pointer,),
        )
    if not ways:
        return breached("le bandeau ne dit pas comment s'opposer", "the banner does not say how to oppose", (pointer,))
    return respected(
        "le bandeau dit les finalités et comment s'opposer",
        "the banner tells the purposes and how to oppose",
        (pointer,),
    )


def _consent(facts: Facts) -> Finding:
    if facts.before:
        return breached(
            f"des traceurs sont lus ou écrits avant tout accord : {names(facts.before)}",
            f"trackers are read or written before any agreement: {names(facts.before)}",
            pointers(facts.before),
        )
    if failed := failures(facts, "browsing", "entry"):
        return not_established(f"une visite n'a pas abouti : {failed.fr}", f"a visit did not end: {failed.en}")
    told = facts.banner is not None and says(facts.banner[0].text, "browsing_on")
    if facts.browsed and not told:
        return breached(
            f"poursuivre sa navigation vaut accord sans que le bandeau le dise : {names(facts.browsed)}",
            f"browsing on is taken for agreement and the banner does not say so: {names(facts.browsed)}",
            pointers(facts.browsed),
        )
    if facts.doubtful:
        return not_established(
            f"des tiers reçoivent des appels avant tout accord : {names(facts.doubtful)}",
            f"third parties are called before any agreement: {names(facts.doubtful)}",
            pointers(facts.doubtful),
        )
    if not facts.needing:
        asked = facts.banner is not None and facts.banner[0].kind == "asks"
        accepted = facts.acceptance
        if asked and (accepted is None or accepted.settled is None):
            return not_established(
                "un bandeau demande, mais l'accepter n'a pas abouti", "a banner asks, but accepting it did not work"
            )
        return nothing_to_choose()
    return respected("rien n'est écrit avant un accord", "nothing is written before an agreement", ("visits/0",))


def _refusal(facts: Facts) -> Finding:
    if not facts.needing:
        return nothing_to_choose()
    for deed in (facts.refusal, facts.opposition):
        if deed is not None and deed.settled is not None:
            return _effect(facts, deed)
    if failed := failures(facts, "refusing", "opposing"):
        return not_established(f"une visite n'a pas abouti : {failed.fr}", f"a visit did not end: {failed.en}")
    evidence = (facts.banner[1],) if facts.banner else pointers(facts.needing)
    for deed in (facts.refusal, facts.opposition):
        dead = [c for c in deed.clicks if c.purpose == "refuse"] if deed else []
        if dead and deed:
            where = f"visits/{deed.number}/clicks/{deed.visit.clicks.index(dead[0])}"
            return breached(
                f"« {dead[0].control.name[:60]} » ne fait rien", f"“{dead[0].control.name[:60]}” does nothing", (where,)
            )
    if says(f"{facts.told} {facts.policy}", "browser_settings"):
        return breached(
            "seuls les réglages du navigateur sont proposés", "only the browser's settings are offered", evidence
        )
    return refused_by_rules(facts) or breached("aucun moyen de s'opposer", "no way to oppose", evidence)


def _effect(facts: Facts, deed: Deed) -> Finding:
    assert deed.settled is not None
    still = facts.after(deed)
    measures = {"layer": deed.settled.layer, "left_behind": facts.left(deed)}
    if still:
        return breached(
            f"s'opposer reste sans effet : {names(still)}",
            f"opposing has no effect: {names(still)}",
            (deed.pointer, *pointers(still)),
            measures=measures,
        )
    if facts.withheld():
        return breached(
            "s'opposer ferme l'accès au site", "opposing closes the site", (deed.pointer,), measures=measures
        )
    return respected("on peut s'opposer, avec effet", "one can oppose, with effect", (deed.pointer,), measures=measures)


def _lifetime(facts: Facts) -> Finding:
    long, most = lifetimes([*facts.needing, *facts.audience])
    measures = {"longest_days": round(most, 1)}
    if long:
        return breached(
            f"des traceurs vivent {most:.0f} jours : {names(long)}",
            f"trackers live {most:.0f} days: {names(long)}",
            pointers(long),
            measures=measures,
        )
    if not facts.needing and not facts.audience:
        return not_applicable("aucun traceur", "no tracker")
    return respected(
        "aucun traceur ne vit plus de treize mois", "no tracker lives longer than thirteen months", measures=measures
    )


def _audience(facts: Facts) -> Finding:
    if not facts.audience_before:
        return not_applicable("pas de mesure d'audience avant un accord", "no audience measurement before an agreement")
    wrong, questions = audience_objections(facts)
    evidence = pointers(facts.audience_before)
    if not informs_of_audience(facts):
        wrong.append(Text("le site n'en informe pas", "the site does not tell of it"))
    chosen = [d for d in (facts.opposition, facts.refusal) if d is not None and d.settled is not None]
    if not chosen:
        wrong.append(Text("aucun moyen de s'y opposer n'a été trouvé", "no way to oppose it was found"))
    elif all(_measured(facts, deed) for deed in chosen):
        wrong.append(Text("s'y opposer reste sans effet", "opposing it has no effect"))
    if wrong:
        fr, en = "; ".join(w.fr for w in wrong), "; ".join(w.en for w in wrong)
        return breached(
            f"la mesure d'audience n'est pas exemptée : {fr}", f"the audience measurement is not exempt: {en}", evidence
        )
    if questions:
        fr, en = "; ".join(q.fr for q in questions), "; ".join(q.en for q in questions)
        return not_established(
            f"l'exemption n'est pas établie : {fr}", f"the exemption is not established: {en}", evidence
        )
    return respected(
        "la mesure d'audience remplit les conditions de l'exemption",
        "the audience measurement meets the conditions",
        evidence,
    )


def _measured(facts: Facts, deed: Deed) -> bool:
    """Whether visits are still measured once a visitor has opposed."""
    later = [t for t in facts.after(deed, ("audience", "exempt")) if t.phase > deed.phase]
    return any(t.weight == "audience" or t.kind == "measure" for t in later)
