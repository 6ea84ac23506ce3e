"""Whoever said no stays out, whatever the file calls the column in which they did."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import replace

import pytest
from foreign import BOTH, PROOF, table

from isoloir.field import suppression
from isoloir.field.channels import Channel
from isoloir.field.imports.answers import of_column, says_no, says_no_yes
from isoloir.field.imports.batches import run
from isoloir.field.imports.preview import Preview, preview
from isoloir.field.models import Campaign, Contact, ImportBatch, Suppression

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

OBJECTED = {
    "Ne pas envoyer de courriel": "email",
    "Ne pas envoyer d'email": "email",
    "Ne souhaite plus recevoir d'e-mails": "email",
    "Pas d'envois en masse (désinscription de l'utilisateur)": "email",
    "Ne pas téléphoner": "phone",
    "doNotCall": "phone",
    "Don't email": "email",
    "No SMS": "sms",
    "Ne pas envoyer de SMS": "sms",
    "Pas de courrier": "post",
    "EmailOptOut": "email",
    "WhatsApp blocklisted": "sms",
    "Liste rouge": "phone",
    "Bloctel": "phone",
    "SMS_blacklisted": "sms",
    "Opted out of email": "email",
}
EVERYWHERE = [
    "Désinscrit le",
    "desabo",
    "Opt-Out",
    "unsubscribed_reason",
    "Blacklisté",
    "Opposition RGPD",
    "Refus de contact",
    "STOP",
    "Plainte",
    "consent withdrawn",
    "Do not contact",
    "Ne plus contacter",
    "Liste noire",
]
NOTHING = [
    "email",
    "Nom",
    "Ville",
    "Bus stop",
    "Lien de désinscription",
    "unsubscribe_url",
    "Non-opposition",
    "Statut marital",
    "État civil",
    "Étage",
    "Notes",
    "Opposant politique",
    "tractage",
    "Pasteur",
    "Appellation",
    "Nombre d'enfants",
    "Refus de dons",
    "accord_politique_confidentialite",
    "Telephone",
    "Compte",
    "Plus value",
    "Date d'inscription",
    "Disponibilités",
]


def test_a_column_of_objections_is_known_whatever_it_is_called() -> None:
    for name, channel in OBJECTED.items():
        found = of_column(name)
        assert found, name
        assert (found.kind, found.channels) == ("objected", (channel,)), name


def test_one_that_names_no_channel_closes_all_and_others_are_left_alone() -> None:
    told = {name: of_column(name) for name in EVERYWHERE}
    assert [name for name, one in told.items() if not one or one.kind != "objected" or len(one.channels) < 4] == []
    assert [name for name in NOTHING if of_column(name)] == []
    for name in ("Consentement RGPD", "Accepte les SMS", "optin_sms", "Autorise la prospection", "Joignable"):
        found = of_column(name)
        assert found
        assert found.kind == "agreed"
    for name in (
        "Newsletter",
        "Abonné",
        "Statut",
        "Statut d'abonnement",
        "subscription_status",
        "Souhaite recevoir la lettre",
    ):
        found = of_column(name)
        assert found
        assert found.kind == "answered"


def test_a_cell_objects_or_lacks_a_yes() -> None:
    for cell in (
        "désabonnée le 12 mars",
        "Unsubscribed",
        "Ne plus contacter",
        "REFUSÉ",
        "blacklisté",
        "opted-out",
        "STOP SMS",
    ):
        assert says_no(cell), cell
    for cell in ("non", "No", "0", "en attente", "Hard bounce", "not subscribed", "Non inscrit", "cleaned", "inactif"):
        assert says_no_yes(cell), cell
        assert not says_no(cell), cell
    for cell in ("", "oui", "abonné", "Subscribed", "12/03/2026", "1", "actif", "nouveau", "Norbert", "confirmé"):
        assert not says_no(cell), cell
        assert not says_no_yes(cell), cell


def entered(
    campaign: Campaign, columns: list[str], *rows: str, channels: tuple[Channel, ...] = (Channel.EMAIL,)
) -> tuple[Preview, ImportBatch]:
    """Rows of cells after an address each, imported; the preview is held to its word."""
    cells = [[f"p{n}@exemple.fr", f"06123456{n:02}", *row.split(",")] for n, row in enumerate(rows)]
    names = ["email", "tel", *columns]
    file = table(names, *(dict(zip(names, row, strict=True)) for row in cells))
    found = preview(campaign, file, proof=replace(PROOF, channels=channels))
    batch = run(found, file, by=None)
    assert batch.counts["objections"] == found.objections
    assert Contact.objects.of(campaign).count() == found.counts.created
    return found, batch


def test_who_said_no_in_a_column_that_no_layout_knows_goes_on_the_opt_out_list(campaign: Campaign) -> None:
    found, _ = entered(
        campaign, ["Ne pas envoyer de courriel", "Ne pas téléphoner"], ",", "oui,", ",1", "non,0", channels=BOTH
    )
    assert found.counts.created == 4  # p1 by text message alone
    addresses = [f"p{n}@exemple.fr" for n in range(4)]
    assert suppression.suppressed(campaign, Channel.EMAIL, addresses) == {"p1@exemple.fr"}
    assert suppression.suppressed(campaign, Channel.PHONE, [f"+336123456{n:02}" for n in range(4)]) == {"+33612345602"}
    assert {column.name: column.fate for column in found.columns}["Ne pas téléphoner"] == "read"
    assert all(column.told for column in found.columns if column.fate == "read")


def test_who_lacks_a_yes_or_unsubscribed_in_words_stays_out(campaign: Campaign) -> None:
    rows = ("oui,abonné,oui", "non,abonné,oui", ",,", "oui,désabonné,", "oui,bounced,oui", "oui,,non", "refus,,oui")
    found, _ = entered(campaign, ["Consentement RGPD", "Statut", "Newsletter"], *rows)
    assert found.counts.created == 1
    assert found.refusals == Counter(not_opted_in=4, opted_out=2)
    assert Suppression.objects.of(campaign).filter(channel="email").count() == 2


def test_a_no_to_one_channel_leaves_the_others(campaign: Campaign) -> None:
    found, _ = entered(campaign, ["Accepte les SMS"], "non", "oui", channels=BOTH)
    assert found.counts.created == 2
    assert not Suppression.objects.exists()  # nobody objected: they did not agree


def test_two_columns_of_one_name_are_both_read(campaign: Campaign) -> None:
    found, _ = entered(campaign, ["Opt-out", "opt_out"], "1,", ",1", ",")
    assert found.counts.created == 1
    assert found.refusals == Counter(opted_out=2)


@pytest.mark.parametrize("encoding", ["mac-roman", "cp850", "cp1252", "utf-8-sig", "utf-16"])
def test_a_file_of_an_old_machine_keeps_its_objections(campaign: Campaign, encoding: str) -> None:
    text = "Courriel;Prénom;Nom;Désinscrit\nzoe@exemple.fr;Zoé;Noël;\nmax@exemple.fr;Max;Père;oui\n"
    found = preview(campaign, io.BytesIO(text.encode(encoding)), proof=PROOF)
    assert [column.fate for column in found.columns] == ["mapped", "mapped", "mapped", "read"]
    assert (found.counts.created, found.objections) == (1, 1)


def test_delimiters_that_a_spreadsheet_left_behind_harm_no_row(campaign: Campaign) -> None:
    text = "Courriel;Prénom\nzoe@exemple.fr;Zoé;;;\nmax@exemple.fr;Max;;x\n"
    found = preview(campaign, io.BytesIO(text.encode()), proof=PROOF)
    assert found.counts.created == 1
    assert found.refusals == Counter(ragged=1)
