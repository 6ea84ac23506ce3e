"""Everything that a campaign holds on a person, for that person: one archive to read and to take elsewhere.

RGPD, art. 15 (access) and 20 (portability): a page in their language, the same as JSON, and the papers they signed.
"""

from __future__ import annotations

import base64
import io
import json
import re
import uuid
import zipfile
from datetime import datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.formats import date_format

from isoloir.errors import BookError
from isoloir.field import consent, gate, log, vault, words
from isoloir.field.channels import Channel
from isoloir.field.logged import act
from isoloir.field.models import Campaign, ConsentEntry, Contact, LogEntry, User
from isoloir.field.person import Details
from isoloir.field.rights.document import Document
from isoloir.field.suppression import standing_marks
from isoloir.language import say, speaking, texts_of

_FACTS = {
    "recipient": "person_concerned", "rights_request": True, "purpose": "service", "source": "person",
    "address_protected": False, "political_ad": False, "suppression_checked": True, "relation": "regular_contact",
    "objected": False,
    "data_categories": ["identity", "email", "phone", "postal_address", "offer_of_help"],
}  # fmt: skip
_PAPER = re.compile(r"data:(?:image|application)/(\w+);base64,(\S+)")


def archive(campaign: Campaign, contact_id: uuid.UUID, *, by: User | None) -> bytes:
    """A zip of a page, `data.json` and signed papers; raise BookError where there is no such contact."""
    gate.ask("export", campaign, _FACTS)
    told = _gather(campaign, contact_id)
    papers = _papers(told["consents"])
    language = told["you"]["language"]
    with speaking(language), translation.override(language):
        page = _page(campaign, told, language)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("vos-donnees.html" if language == "fr" else "your-data.html", page.html())
        for name, content in papers.items():
            packed.writestr(name, content)
        packed.writestr("data.json", json.dumps(told, ensure_ascii=False, indent=2))
    log.write(campaign, by or log.PERSON, "access", str(contact_id))
    return file.getvalue()


def _gather(campaign: Campaign, contact_id: uuid.UUID) -> dict[str, Any]:
    """All of it as plain values."""
    contact = Contact.objects.of(campaign).filter(pk=contact_id).first()
    key = vault.keys_of(campaign, [contact_id]).get(contact_id)
    if contact is None or key is None:
        raise BookError(
            say(f"aucun contact {contact_id} dans cette campagne", f"there is no contact {contact_id} in this campaign")
        )
    details = Details.unseal(key, contact_id, bytes(contact.sealed))
    entries = list(
        ConsentEntry.objects.of(campaign).filter(contact=contact_id).select_related("wording").order_by("id")
    )
    shown = consent.proofs(entries, {contact_id: key})
    acts = LogEntry.objects.filter(campaign=campaign, subject=str(contact_id)).order_by("sequence")
    return {
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "controller": {"name": campaign.controller, "contact": campaign.contact},
        "you": {**details.__dict__, "offers": list(details.offers)},
        "how_you_came": {"act": contact.act, "origin": contact.origin, "on": contact.created_at.isoformat()},
        "kept_until": contact.keep_until.isoformat(),
        "restricted": contact.restricted_at is not None,
        "consents": [_consent(row, shown.get(row.pk, "")) for row in entries],
        "objections": _objections(campaign, contact),
        "what_was_done": [{"on": row.at.isoformat(timespec="seconds"), "what": row.action} for row in acts],
    }


def _papers(consents: list[dict[str, Any]]) -> dict[str, bytes]:
    """The scans among the proofs by the name of their file, which takes their place."""
    found: dict[str, bytes] = {}
    names: dict[str, str] = {}
    for one in consents:
        if scan := _PAPER.search(one["proof"]):
            name = names.setdefault(scan[0], f"papier-{len(names) + 1}.{scan[1]}")
            found[name] = base64.b64decode(scan[2])
            one["proof"] = one["proof"].replace(scan[0], name)
    return found


def _consent(row: ConsentEntry, proof: str) -> dict[str, Any]:
    return {
        "given": row.granted, "purpose": row.purpose or "all", "channel": row.channel or "all",
        "on": row.at.isoformat(),
        "until": row.until.isoformat() if row.until else None, "how": row.how, "proof": proof,
        "words": row.wording.text if row.wording else "",
    }  # fmt: skip


def _objections(campaign: Campaign, contact: Contact) -> list[str]:
    email, phone = contact.email_mark, contact.phone_mark
    marks = ((Channel.EMAIL, email), (Channel.SMS, phone), (Channel.PHONE, phone))
    return [channel.value for channel, mark in marks if mark and standing_marks(campaign, channel, [bytes(mark)])]


def _page(campaign: Campaign, told: dict[str, Any], language: str) -> Document:
    said = texts_of("isoloir.field.rights")[language]
    page, you = Document(said["archive_title"].format(campaign=campaign.name), language), told["you"]
    page.says(said["archive_intro"].format(controller=campaign.controller, contact=campaign.contact))
    page.heading(said["archive_you"])
    rows = [(said[name], you[name]) for name in ("name", "email", "phone", "postal_code") if you[name]]
    page.table((said["what"], said["value"]), [*rows, *((said["offer"], offer) for offer in you["offers"])])
    came = told["how_you_came"]
    origin = words.origin(came["origin"] or came["act"])
    page.says(said["archive_origin"].format(origin=origin, day=_day(came["on"])))
    page.says(said["archive_kept"].format(day=_day(told["kept_until"])))
    page.heading(said["archive_consents"])
    page.table(
        (said["day"], said["what"], said["channel"], said["words"], said["proof"]),
        [_row(one, said) for one in told["consents"]],
    )
    if told["objections"]:
        page.says(said["archive_objections"].format(channels=", ".join(map(words.channel, told["objections"]))))
    page.heading(said["archive_done"])
    page.table((said["day"], said["what"]), [(_day(one["on"]), act(one["what"])) for one in told["what_was_done"]])
    page.heading(said["archive_rights"])
    page.says(said["rights_notice"].format(contact=campaign.contact))
    return page


def _row(one: dict[str, Any], said: dict[str, str]) -> tuple[str, ...]:
    purpose, channel = ("" if one[kind] == "all" else one[kind] for kind in ("purpose", "channel"))
    what = f"{said['given' if one['given'] else 'taken_back']} : {words.purpose(purpose)}"
    how = " ".join(filter(None, (words.how(one["how"]), one["proof"] and f"({one['proof']})")))
    return _day(one["on"]), what, words.channel(channel), one["words"], how


def _day(moment: str) -> str:
    """The day in words."""
    at = datetime.fromisoformat(moment)
    return date_format(timezone.localtime(at) if at.tzinfo else at, "DATE_FORMAT")
