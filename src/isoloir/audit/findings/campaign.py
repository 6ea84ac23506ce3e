"""Political sites in particular: forms that gather supporters, pages whose visit tells an opinion, advertising."""

from __future__ import annotations

from isoloir.audit.findings.facts import Facts, names, pointers
from isoloir.audit.findings.model import Finding, breached, not_applicable, not_established, respected
from isoloir.audit.forms import OPINION, Asked, data_forms, missing_from, reveals_opinion
from isoloir.audit.known.lists import owner
from isoloir.audit.rules.packs import Text
from isoloir.audit.trackers import Trace
from isoloir.audit.words import says

MISSING = {
    "controller": ("qui", "who"),
    "purpose": ("pourquoi", "what for"),
    "rights": ("quels droits", "which rights"),
}
OLD = ("SSL", "TLS 1.0", "TLS 1.1")
WITNESSES = ("untouched", "entry", "browsing", "refusing")  # none of them has agreed to anything
PROTECTING = ("strict-transport-security", "content-security-policy", "x-content-type-options")


def judge(facts: Facts) -> dict[str, Finding]:
    """Every obligation of the pack."""
    forms = data_forms(facts.evidence)
    return {
        "forms_notice": _notice(facts, forms) if forms else _no_form(),
        "forms_consent": _consent(forms) if forms else _no_form(),
        "forms_security": _security(forms) if forms else _no_form(),
        "opinion_pages": _opinion(facts),
        "political_advertising": _advertising(facts),
    }


def _no_form() -> Finding:
    return not_applicable("aucun formulaire vu ne demande de données", "no form that was seen asks for data")


def _notice(facts: Facts, forms: list[Asked]) -> Finding:
    """Beside the form, or behind a link beside it that was followed: who, what for, which rights."""
    pages = {p.url.split("#")[0]: p.text for v in facts.evidence.visits for p in v.phases}
    silent: list[tuple[Asked, list[str]]] = []
    unread: list[Asked] = []
    for asked in forms:
        linked = [link.split("#")[0] for link in asked.form.links if says(link.replace("-", " "), "policy")]
        behind = " ".join(pages.get(link, "") for link in linked)
        missing = missing_from(f"{asked.text} {behind}")
        if missing and linked and not behind.strip():
            unread.append(asked)
        elif missing:
            silent.append((asked, missing))
    if silent:
        parts = list(dict.fromkeys(part for _, missing in silent for part in missing))
        fr, en = (", ".join(MISSING[part][n] for part in parts) for n in (0, 1))
        return breached(
            f"un formulaire ne dit pas {fr}", f"a form does not say {en}", tuple(asked.pointer for asked, _ in silent)
        )
    where = tuple(asked.pointer for asked in unread or forms)
    if unread:
        return not_established(
            "la mention est derrière un lien qui n'a pas été suivi",
            "the notice is behind a link that was not followed",
            where,
        )
    return respected(
        "les formulaires disent qui, pourquoi et quels droits", "the forms say who, what for and which rights", where
    )


def _consent(forms: list[Asked]) -> Finding:
    ticked = [a for a in forms if any(box.checked and not box.disabled for box in a.form.boxes)]
    if ticked:
        names_fr = ", ".join(f"« {(b.near or b.name)[:60]} »" for a in ticked for b in a.form.boxes if b.checked)
        return breached(
            f"cochée d'avance : {names_fr}", f"ticked in advance: {names_fr}", tuple(a.pointer for a in ticked)
        )
    if bundled := [a for a in forms if _bundled(a)]:
        return breached(
            "un seul accord pour plusieurs finalités", "one agreement for several purposes",
            tuple(a.pointer for a in bundled),
        )  # fmt: skip
    plain_act = [a for a in forms if a.kind in OPINION and not a.form.boxes]
    remarks = (
        Text(
            "sans case : envoyer ce formulaire doit suffire à dire à quoi l'on consent",
            "no box: sending this form has to be enough to tell what one agrees to",
        ),
    )
    return respected(
        "aucune case n'est cochée d'avance, et chaque finalité a la sienne",
        "no box is ticked in advance, and each purpose has its own",
        tuple(a.pointer for a in forms),
        remarks=remarks if plain_act else (),
    )


def _bundled(asked: Asked) -> bool:
    """Whether one box, or sending the form, is taken for agreement to things that have nothing to do together."""
    boxes = [f"{box.name} {box.near}" for box in asked.form.boxes]
    if any(says(box, "form_news") and says(box, "form_others") for box in boxes):
        return True
    return asked.kind != "newsletter" and not boxes and says(asked.form.text, "form_implied")


def _security(forms: list[Asked]) -> Finding:
    bare = [a for a in forms if a.phase.url.startswith("http:") or a.form.action.startswith("http:")]
    old = [a for a in forms if a.transport.protocol.startswith(OLD)]
    if wrong := bare or old:
        how = "http" if bare else wrong[0].transport.protocol
        return breached(
            f"les données partent sans chiffrement sûr ({how})", f"the data leave without safe encryption ({how})",
            tuple(a.pointer for a in wrong),
        )  # fmt: skip
    lacking = [name for name in PROTECTING if name not in forms[0].transport.headers]
    listed = ", ".join(lacking)
    remarks = (Text(f"en-têtes absents : {listed}", f"headers that are absent: {listed}"),) if lacking else ()
    return respected(
        "les formulaires partent chiffrés", "the forms are sent encrypted", ("visits/0/transport",), remarks=remarks
    )


def _opinion(facts: Facts) -> Finding:
    """Nobody agreed to anything in these visits: a third party that is told of the page is told of an opinion."""
    where = {
        (visit.name, number): phase
        for visit in facts.evidence.visits
        if visit.name.split("-")[0] in WITNESSES
        for number, phase in enumerate(visit.phases)
        if reveals_opinion(phase)
    }
    if not where:
        return not_applicable("aucune page vue ne révèle une opinion", "no page that was seen reveals an opinion")
    told = [t for t in facts.of(WITNESSES, ("needs_consent", "doubtful")) if (t.visit, t.phase) in where and _tells(t)]
    if told:
        owners = list(dict.fromkeys(known.name for t in told if (known := owner(t.where))))
        who = ", ".join(owners) or names(told)
        return breached(
            f"apprennent qu'un visiteur y est venu : {who}",
            f"are told that a visitor came there: {who}",
            pointers(told),
        )
    paths = sorted({phase.url for phase in where.values()})[:5]
    return respected(
        f"aucun tiers n'apprend qu'un visiteur y est venu : {', '.join(paths)}",
        f"no third party is told that a visitor came there: {', '.join(paths)}",
        ("visits/0",),
    )


def _tells(trace: Trace) -> bool:
    return trace.third or (trace.kind == "identifier" and "sent to" in trace.why)


def _advertising(facts: Facts) -> Finding:
    """An advertisement says what it is; then it has to say who pays, and lead to its notice."""
    for n, visit in enumerate(facts.evidence.visits):
        for p, phase in enumerate(visit.phases):
            if not says(phase.text, "ad_label"):
                continue
            pointer = (f"visits/{n}/phases/{p}",)
            linked = any(says(f"{link.text} {link.href}", "ad_notice") for link in phase.links)
            if says(phase.text, "ad_sponsor") and linked:
                return respected(
                    "la publicité politique dit qui la paie et mène à son avis",
                    "the political advertising says who pays and leads to its notice",
                    pointer,
                )
            return breached(
                "une publicité politique ne dit pas qui la paie, ou ne mène pas à son avis de transparence",
                "a political advertisement does not say who pays, or does not lead to its transparency notice",
                pointer,
            )
    return not_applicable(
        "aucune publicité politique annoncée comme telle n'a été vue",
        "no political advertising labelled as such was seen",
    )
