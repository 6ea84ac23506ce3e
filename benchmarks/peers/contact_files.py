"""Exports of NationBuilder and Mailchimp of any size, in the columns that these services write, of people who are not.

One row in fifty is of somebody who is in the file already; with NationBuilder's come the columns that no book may hold.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

FIRST = ["Marie", "Jean", "Zoé", "Luc", "Anne", "Paul", "Julie", "Karim", "Léa", "Nina", "Hugo", "Inès", "Noé", "Jade",
         "Adam", "Lina"]  # fmt: skip
LAST = ["Martin", "Bernard", "Dubois", "Thomas", "Robert", "Richard", "Petit", "Durand", "Leroy", "Moreau", "Simon",
        "Laurent", "Lefebvre", "Michel", "Garcia"]  # fmt: skip
NATIONBUILDER = [
    "nationbuilder_id", "facebook_username", "first_name", "last_name", "employer", "party", "religion", "email1",
    "email2", "email_opt_in", "do_not_call", "do_not_contact", "mobile_number", "mobile_opt_in", "is_mobile_bad",
    "support_level", "inferred_support_level", "note", "tag_list", "unsubscribed_at", "is_supporter",
    "support_probability_score", "email1_is_bad", "primary_zip", "availability",
]  # fmt: skip
MAILCHIMP = [
    "Email Address", "First Name", "Last Name", "MEMBER_RATING", "OPTIN_TIME", "OPTIN_IP", "CONFIRM_TIME", "CONFIRM_IP",
    "LATITUDE", "LONGITUDE", "GMTOFF", "DSTOFF", "TIMEZONE", "CC", "REGION", "LAST_CHANGED", "LEID", "EUID", "NOTES",
    "TAGS",
]  # fmt: skip
PROOF = """\
wording = "J'accepte de recevoir les nouvelles du comité."
version = "2026-01"
{date}source = "signup_form"
reference = "formulaire.pdf"
channels = [{channels}]
act = "newsletter_signup"
collected_from = "person"
for_this_purpose = true
given_by_company = false
"""


def write_files(folder: Path, count: int) -> list[tuple[Path, Path]]:
    """Six rows in ten from NationBuilder, four from Mailchimp; each file with that of its proof."""
    first = count * 6 // 10
    people, members = folder / "nationbuilder-people-export.csv", folder / "subscribed_members_export.csv"
    _table(people, NATIONBUILDER, (_nationbuilder(n) for n in range(first)))
    _table(members, MAILCHIMP, (_mailchimp(n) for n in range(first, count)))
    proofs = folder / "people.toml", folder / "members.toml"
    proofs[0].write_text(PROOF.format(date="date = 2026-03-01\n", channels='"email", "sms"'), encoding="utf-8")
    proofs[1].write_text(PROOF.format(date="", channels='"email"'), encoding="utf-8")
    return [(people, proofs[0]), (members, proofs[1])]


def email(n: int) -> str:
    """The address of the person of that number."""
    return f"{FIRST[n % 16].lower().replace('é', 'e').replace('è', 'e')}.{n}@exemple.fr"


def _table(path: Path, columns: list[str], rows: Iterable[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(rows)


def _who(n: int) -> int:
    return n - 7 if n % 50 == 49 else n


def _name(n: int) -> tuple[str, str]:
    return FIRST[n % 16], f"{LAST[n // 16 % 15]}-{LAST[n // 977 % 15]}"


def _nationbuilder(n: int) -> list[str]:
    who = _who(n)
    offer = ("", "", "", "tenir un bureau de vote", "tracter le samedi")[n % 5]
    return [
        str(n), f"fb{who}", *_name(who), "", "D" if n % 3 else "", "", email(who), "", "true", "false", "false",
        f"06 {who // 1000000 % 100:02} {who // 10000 % 100:02} {who // 100 % 100:02} {who % 100:02}",
        "true" if n % 2 else "false", "false", str(n % 5 + 1), "", "", "newsletter,2026", "", "false", "0.5", "false",
        f"{who % 95000:05d}", offer,
    ]  # fmt: skip


def _mailchimp(n: int) -> list[str]:
    who = _who(n)
    at = f"2026-{n % 10 + 1:02}-{n % 28 + 1:02} {n % 24:02}:{n % 60:02}:{n // 60 % 60:02}"
    ip = f"203.0.113.{n % 250}"
    return [
        email(who), *_name(who), "2", at, ip, at, ip, "48.85", "2.35", "1", "2", "Europe/Paris", "FR", "IDF", at,
        str(n), f"{n:010x}", "", "newsletter",
    ]  # fmt: skip
