"""The record of processing activities (RGPD, art. 30) and the facts of the impact assessment (art. 35), from the book.

What the software knows is filled in; what only people can judge is asked for in so many words, and left open.
"""

from __future__ import annotations

from collections import Counter

from django.utils import timezone

from isoloir.field import gate
from isoloir.field.models import Breach, Campaign, ConsentEntry, Contact, Membership, Processor, Suppression
from isoloir.field.purposes import purposes
from isoloir.field.retention import ending, overdue
from isoloir.field.rights.document import Document
from isoloir.field.rights.requests import pending
from isoloir.language import texts_of


def register(campaign: Campaign, language: str) -> str:
    """The register as an HTML document in French or English."""
    said = texts_of("isoloir.field.rights")[language]
    page = Document(said["register_title"].format(campaign=campaign.name), language)
    page.says(said["made_on"].format(day=timezone.localdate()))
    page.heading(said["controller"])
    page.says(
        campaign.controller, said["reach"].format(contact=campaign.contact), said["vote"].format(day=campaign.vote_on)
    )
    page.heading(said["purposes"])
    page.table(
        (said["purpose"], said["basis"], said["kept"]),
        [(getattr(one.text, language), said["basis_consent"], said["kept_months"].format(months=one.months))
         for one in purposes().values()],
    )  # fmt: skip
    page.says(said["suppression_basis"], said["log_basis"])
    page.heading(said["people"])
    page.says(said["people_text"], said["categories_text"])
    page.heading(said["recipients"])
    roles = Counter(Membership.objects.filter(campaign=campaign).values_list("role", flat=True))
    page.table(
        (said["role"], said["accounts"]), [(said[f"role_{role}"], count) for role, count in sorted(roles.items())]
    )
    page.heading(said["processors"])
    _processors(page, campaign, said)
    page.heading(said["security"])
    _security(page, said)
    return page.html()


def assessment(campaign: Campaign, language: str) -> str:
    """The facts of the impact assessment as an HTML document, with what is left to judge."""
    said = texts_of("isoloir.field.rights")[language]
    page, today = Document(said["assessment_title"].format(campaign=campaign.name), language), timezone.localdate()
    page.says(said["made_on"].format(day=today), said["assessment_why"])
    page.heading(said["scale"])
    people, mine = Contact.objects.of(campaign), Suppression.objects.of(campaign)
    page.table(
        (said["what"], said["number"]),
        [
            (said["count_contacts"], people.count()),
            (said["count_consents"], ConsentEntry.objects.of(campaign).filter(granted=True).count()),
            (said["count_withdrawals"], ConsentEntry.objects.of(campaign).filter(granted=False).count()),
            (said["count_objections"], mine.filter(stands=True).count()),
            (said["count_ending"], ending(campaign, today).count()),
            (said["count_overdue"], overdue(campaign, today).count()),
            (said["count_requests"], len(pending(campaign))),
            (said["count_breaches"], Breach.objects.of(campaign).count()),
        ],
    )
    page.heading(said["necessity"])
    page.says(said["necessity_text"])
    page.heading(said["risks"])
    page.table((said["risk"], said["measure"]), [(said[f"risk_{n}"], said[f"measure_{n}"]) for n in range(1, 7)])
    page.heading(said["security"])
    _security(page, said)
    page.heading(said["processors"])
    _processors(page, campaign, said)
    page.heading(said["to_judge"])
    page.says(*(said[f"judge_{n}"] for n in range(1, 5)))
    return page.html()


def _processors(page: Document, campaign: Campaign, said: dict[str, str]) -> None:
    rows = [
        (one.name, one.task, one.country, one.contract_on or said["no_contract"])
        for one in Processor.objects.of(campaign).order_by("name")
    ]
    page.table((said["name"], said["task"], said["country"], said["contract"]), rows)
    if not rows:
        page.says(said["no_processor"])


def _security(page: Document, said: dict[str, str]) -> None:
    have = set(gate.safeguards())
    page.table(
        (said["measure"], said["state"]),
        [(said[f"safeguard_{name}"], said["in_place"] if name in have else said["missing"])
         for name in ("authentication", "roles", "log", "encryption")],
    )  # fmt: skip
