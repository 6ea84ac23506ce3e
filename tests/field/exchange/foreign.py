"""Files of other services, as they are exported, for the tests of imports."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from isoloir.field.channels import Channel
from isoloir.field.imports.proofs import Proof

GIVEN = datetime(2026, 3, 1, tzinfo=UTC)
PROOF = Proof(
    wording="J'accepte de recevoir par e-mail les nouvelles du comité.", version="2026-01", at=GIVEN,
    source="signup_form", reference="formulaire.pdf", act="newsletter_signup", collected_from="person",
    for_this_purpose=True, given_by_company=False,
)  # fmt: skip
BOTH = (Channel.EMAIL, Channel.SMS)

NATIONBUILDER = [
    "nationbuilder_id",
    "twitter_login",
    "facebook_username",
    "first_name",
    "last_name",
    "employer",
    "party",
    "religion",
    "email1",
    "email2",
    "email_opt_in",
    "do_not_call",
    "do_not_contact",
    "mobile_number",
    "mobile_opt_in",
    "is_mobile_bad",
    "support_level",
    "inferred_support_level",
    "note",
    "tag_list",
    "unsubscribed_at",
    "is_supporter",
    "support_probability_score",
    "email1_is_bad",
    "primary_zip",
]
MAILCHIMP = [
    "Email Address",
    "First Name",
    "Last Name",
    "MEMBER_RATING",
    "OPTIN_TIME",
    "OPTIN_IP",
    "CONFIRM_TIME",
    "CONFIRM_IP",
    "LATITUDE",
    "LONGITUDE",
    "GMTOFF",
    "DSTOFF",
    "TIMEZONE",
    "CC",
    "REGION",
    "LAST_CHANGED",
    "LEID",
    "EUID",
    "NOTES",
    "TAGS",
]
UNSUBSCRIBED = [
    *MAILCHIMP, "UNSUB_TIME", "UNSUB_CAMPAIGN_TITLE", "UNSUB_CAMPAIGN_ID", "UNSUB_REASON", "UNSUB_REASON_OTHER",
]  # fmt: skip
BREVO = ["CONTACT ID", "EMAIL", "FIRSTNAME", "LASTNAME", "SMS", "EMAIL_BLACKLISTED", "SMS_BLACKLISTED", "ADDED_TIME"]
LISTMONK = ["uuid", "email", "name", "attributes", "status", "created_at", "updated_at"]
CIVICRM = [
    "Contact ID", "Contact Type", "Do Not Email", "Do Not Phone", "Do Not SMS", "No Bulk Emails (User Opt Out)",
    "First Name", "Last Name", "Email", "On Hold", "Phone", "Is Deceased", "Preferred Language",
]  # fmt: skip


def table(columns: Sequence[str], *rows: Mapping[str, str], delimiter: str = ",") -> io.BytesIO:
    """A file with these columns; what a row does not say is empty."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return io.BytesIO(text.getvalue().encode())


def nationbuilder(*rows: Mapping[str, str]) -> io.BytesIO:
    """NationBuilder writes an apostrophe before what a spreadsheet would change."""
    common = {"email_opt_in": "true", "do_not_contact": "false", "mobile_opt_in": "true"}
    return table(NATIONBUILDER, *(common | dict(row) for row in rows))


def people(count: int, **more: str) -> io.BytesIO:
    """A plain table of people who differ."""
    rows = ({"email": f"zoe{n}@exemple.fr", "nom": f"Brûlefer-{n}", "prénom": "Zoé"} | more for n in range(count))
    return table(["email", "prénom", "nom", *more], *rows)
