"""Whether the site could be observed at all. What could not is never called compliant."""

from __future__ import annotations

from isoloir.audit.evidence import Evidence, Phase, Visit
from isoloir.audit.words import plain, says

MOST_WRITES = 400  # cookies written by one page: beyond, the page is an attack, not a site


def unseen(evidence: Evidence) -> str:
    """Why the site was not observed; empty where it was."""
    first = evidence.visit("untouched")
    if first is None or not first.phases:
        return evidence.failure or (first.failure if first else "") or "the site was not visited"
    if first.failure:
        return first.failure
    if not first.transport.trusted:
        return next((n for n in first.notes if n.startswith("certificate")), "the certificate is not trusted")
    return _of_page(first.phases[0]) or _storm(first)


def _of_page(page: Phase) -> str:
    """Why a page is not the site that was asked for."""
    if page.failure:
        return page.failure
    if page.status >= 400 or page.status == 0:
        return f"the site answered {page.status or 'nothing'}"
    text = plain(f"{page.title} {page.text}")
    if len(page.text.strip()) < 3 and not page.links and not page.forms and not page.banners:
        return "the page shows nothing"
    if len(text) < 1500 and says(text, "unobservable"):
        return "a challenge page stands before the site"
    if len(text) < 600 and (says(page.title, "broken") or (len(text) < 250 and says(text, "broken"))):
        return "the page is an error, a parked name or a site under construction"
    asks_password = any(f.startswith("password:") for form in page.forms for f in form.fields)
    if asks_password and len(text) < 800 and says(text, "login"):
        return "a login stands before the site"
    return ""


def _storm(visit: Visit) -> str:
    written = sum(w.kind == "cookie" for w in visit.writes) + sum(len(r.set_cookies) for r in visit.requests)
    return f"more than {MOST_WRITES} cookies were written by one page" if written > MOST_WRITES else ""
