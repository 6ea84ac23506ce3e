"""What is established of a person who comes into the book, or is looked at in it, in the law's own words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from isoloir.field.models import Campaign, Membership, User
from isoloir.field.person import Details, NewContact
from isoloir.field.purposes import purposes
from isoloir.field.roles import Role

_RELATIONS = {
    "membership": "member",
    "newsletter_signup": "regular_contact",
    "volunteering": "regular_contact",
    "donation": "regular_contact",
    "event_signup": "regular_contact",
    "none": "prospect",
}
_PLACES = {"door": "door", "paper": "meeting"}
_RECIPIENTS = {
    Role.ADMINISTRATOR: "campaign_heads",
    Role.OFFICER: "campaign_heads",
    Role.COORDINATOR: "named_staff",
    Role.CANVASSER: "any_volunteer",
}


def of_new(new: NewContact, objected: bool) -> list[dict[str, Any]]:
    """The facts of collecting somebody, once for each of their purposes; once without any where they agreed to none.

    A way to object is offered in every message and on a public page, so it is established.
    """
    given = {
        "identity": new.name,
        "email": new.email,
        "phone": new.phone,
        "postal_address": new.postal_code,
        "offer_of_help": new.offers,
    }
    common = {
        "data_categories": sorted(name for name, value in given.items() if value),
        "relation": _RELATIONS.get(new.act, "occasional_contact"),
        "person_act": new.act,
        "source": "person",
        "mass_collection": False,
        "legitimate_interest_test": False,
        "opt_out_offered": True,
        "objected": objected,
        "earlier_messages": 0,
        "referrer_named": False,
    }
    if not new.consents:
        return [common | {"purpose": "information", "consent": "none", "consent_for_purpose": False,
                          "channel": "online_post", "person_informed": False}]  # fmt: skip
    return [
        common
        | {
            "purpose": purposes()[one.purpose].law if one.purpose in purposes() else None,
            "consent": "recorded",
            "consent_for_purpose": True,
            "person_informed": bool(one.wording),
            "channel": _PLACES.get(one.how, "online_post"),
        }
        for one in {(c.purpose, c.how, bool(c.wording)): c for c in new.consents}.values()
    ]


def of_rectification(details: Details) -> dict[str, Any]:
    """The facts of writing down what a person says is right about themselves, at their request."""
    return of_new(details.as_new(), objected=False)[0] | {"purpose": "service", "rights_request": True}


def of_import(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The same, in an import: the consent that a row carries is for the very purpose that it is imported for."""
    return {
        **facts,
        "original_purpose_compatible": facts["consent_for_purpose"],
        "suppression_checked": True,
        "gift_from_company": False,
        "address_protected": False,
        "complementary_list": False,
    }


def of_display(campaign: Campaign, by: User | None) -> dict[str, Any]:
    """The facts of showing a contact to an account, or to whoever commands the server itself (None)."""
    return {
        "data_categories": ["identity", "email", "phone", "postal_address", "offer_of_help"],
        "recipient": recipient(campaign, by),
        "source": "person",
        "as_map": False,
        "area_variables": [],
        "area_kind": "person",
        "address_protected": False,
        "imputed_as_fact": False,
    }


def recipient(campaign: Campaign, by: User | None) -> str:
    """Who sees, as the fact `recipient` names them."""
    if by is None:
        return "campaign_heads"
    role = Membership.objects.filter(campaign=campaign, user=by).values_list("role", flat=True).first()
    return _RECIPIENTS[Role(role)] if role else "public"
