"""Breaches: what is written down, the clock, and the draft of what the CNIL is told (RGPD, art. 33)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from entering import enter, member

from isoloir.field.models import Breach, Campaign, LogEntry
from isoloir.field.rights import breaches
from isoloir.field.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def test_from_the_declaration_to_the_draft(campaign: Campaign) -> None:
    user = member(campaign, Role.OFFICER, "dpo@team.example")
    user.name = "Odile Marchand"
    user.save()
    client = enter(user)
    known = timezone.localtime() - timedelta(hours=10)
    told = {
        "happened": "Un ordinateur volé dans un local", "kinds": ["confidentiality", "availability"],
        "categories": ["identity", "email"], "people": "120", "records": "240", "high_risk": "on", "declare": "yes",
        "consequences": "Des messages non voulus", "known_at": known.strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    assert client.post("/fr/field/nord/breach/", told).status_code == 302
    breach = Breach.objects.get()
    assert 61 < breaches.hours_left(breach) < 62.1
    page = client.get("/fr/field/nord/breach/").content.decode()
    assert "62 heures restantes" in page
    client.post("/fr/field/nord/breach/", {"number": breach.pk, "step": "breach_step_measures", "measures": "Clés X"})
    draft = client.get(f"/fr/field/nord/breach/{breach.pk}/notification/")
    assert "attachment" in draft["Content-Disposition"]
    text = re.sub(r"<[^>]+>", " ", draft.content.decode())
    for part in ("Un ordinateur volé", "données vues ou copiées", "données perdues", "nom, adresse e-mail", "120",
                 "240", "Odile Marchand", "dpo@team.example", "dpo@example.org", "Des messages non voulus", "Clés X",
                 "RGPD, art. 33", "elles sont prévenues"):  # fmt: skip
        assert part in text, part
    assert "À écrire" not in text
    assert LogEntry.objects.filter(action="breach_notice").exists()


def test_what_is_not_known_yet_is_to_be_written(campaign: Campaign) -> None:
    client = enter(member(campaign, Role.OFFICER))
    late = (timezone.localtime() - timedelta(hours=80)).strftime("%Y-%m-%dT%H:%M")
    form = {"happened": "Un envoi à tort", "people": "0", "known_at": late, "declare": "yes"}
    assert client.post("/en/field/nord/breach/", form).status_code == 302
    text = client.get(f"/en/field/nord/breach/{Breach.objects.get().pk}/notification/").content.decode()
    assert text.count("To be written.") == 6  # kinds, data, records, consequences, measures, reasons for the delay
    assert "past the deadline" in client.get("/en/field/nord/breach/").content.decode()
    ahead = (timezone.localtime() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert client.post("/en/field/nord/breach/", form | {"known_at": ahead}).status_code == 422
