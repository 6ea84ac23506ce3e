"""The roles of a campaign, and which of them may open each page: one table, and a page that is not in it stays shut."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What an account does in a campaign."""

    CANVASSER = "canvasser"
    COORDINATOR = "coordinator"
    OFFICER = "officer"  # the data-protection officer
    ADMINISTRATOR = "administrator"


PUBLIC = frozenset({"public"})  # anybody, signed in or not
SIGNED_IN = frozenset({"signed_in"})  # any account, whatever its campaigns
EVERY = frozenset(Role)
PERSONS = frozenset(
    {Role.COORDINATOR, Role.OFFICER, Role.ADMINISTRATOR}
)  # those who see people: second factor required

CHARGE = frozenset({Role.OFFICER, Role.ADMINISTRATOR})
SENDERS = frozenset({Role.COORDINATOR, Role.ADMINISTRATOR})
HEADS = frozenset({Role.ADMINISTRATOR})

# route (below the namespace `field`) -> who
PAGES: dict[str, frozenset[str]] = {
    "home": SIGNED_IN,
    "account": SIGNED_IN,
    "invitation": PUBLIC,
    "campaign": EVERY,
    # the canvass, on the phone
    "canvass_turfs": EVERY,
    "canvass_turf": EVERY,
    "canvass_map": EVERY,
    "canvass_claim": EVERY,
    "canvass_release": EVERY,
    "canvass_sync": EVERY,
    "canvass_signups": EVERY,
    "canvass_survey": EVERY,
    "canvass_app": EVERY,
    "canvass_worker": PUBLIC,
    "canvass_manifest": PUBLIC,
    # the canvass, at the campaign's
    "canvass_board": PERSONS,
    "canvass_live": PERSONS,
    "canvass_turf_page": PERSONS,
    "canvass_assign": PERSONS,
    "canvass_paper": PERSONS,
    "canvass_undraw": PERSONS,
    "canvass_draw": PERSONS,
    "canvass_buildings": PERSONS,
    "canvass_file": PERSONS,
    "canvass_export": PERSONS,
    "canvass_pass": PERSONS,
    "canvass_surveys": PERSONS,
    "canvass_questions": SENDERS,
    "canvass_question": SENDERS,
    "canvass_thanks": EVERY,
    # what anybody opens, by an address or by a link of their own
    "join": PUBLIC,
    "embed": PUBLIC,
    "confirm": PUBLIC,
    "confirm_once": PUBLIC,
    "mine": PUBLIC,
    "unsubscribe": PUBLIC,
    # people
    "contacts": PERSONS,
    "contact": PERSONS,
    "contact_by_code": PERSONS,
    "contact_by_paper": PERSONS,
    "contact_edit": PERSONS,
    "contact_withdraw": PERSONS,
    "contact_erase": PERSONS,
    "objections": PERSONS,
    "imports": SENDERS,
    "import_commit": SENDERS,
    "import_undo": SENDERS,
    "exports": PERSONS,
    "export_decide": CHARGE,
    "export_file": PERSONS,
    "messages": SENDERS,
    "message": SENDERS,
    # what the officer answers for
    "rights": CHARGE,
    "right": CHARGE,
    "keeping": CHARGE,
    "log": CHARGE,
    "breach": CHARGE,
    "breach_notice": CHARGE,
    "document": CHARGE,
    "members": HEADS,
    "member": HEADS,
    "settings": HEADS,
    # programs
    "api_token": PERSONS,
    "api_document": PUBLIC,
    "api_counts": PERSONS,
    "api_search": PERSONS,
    "api_find": PERSONS,
    "api_contact": PERSONS,
    "api_withdraw": PERSONS,
    "api_objections": PERSONS,
    "api_log": CHARGE,
}
