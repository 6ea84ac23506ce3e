"""Signing up: nothing is in the book before its owner has confirmed, by the link of a letter, an SMS or a code.

What was asked for travels sealed in that link; one that comes by SMS is short, and opens what waits sealed (`tickets`).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from isoloir.errors import BadAddress
from isoloir.field import contacts, links, sms, suppression, tickets, wordings
from isoloir.field.channels import Channel, fingerprint, normalise
from isoloir.field.mail import Letter, send
from isoloir.field.models import Campaign, Suppression, User
from isoloir.field.person import NewContact
from isoloir.field.texts import texts
from isoloir.language import say

DAYS = 7
TICKET_DAYS = 2  # that a link sent by SMS is worth something
TOLD = ["controller", "purpose", "legal_basis", "retention", "rights", "contact", "regulator"]  # by `wordings.notice`
_ACTS = {"volunteering": "volunteering", "events": "event_signup"}


@dataclass(frozen=True)
class Wish:
    """What somebody asked for: their details, the boxes that they ticked, and where (signup_form, qr, door)."""

    name: str
    email: str
    phone: str
    postal_code: str
    offers: tuple[str, ...]
    ticked: tuple[str, ...]
    language: str
    how: str


def ask(campaign: Campaign, wish: Wish) -> None:
    """Ask the owner of the address to confirm: by a letter, or by SMS where they gave a telephone number alone.

    Raise NotSent where the gateway does not take it, BadAddress where there is a number alone and no gateway.
    """
    if wish.email:
        _write(campaign, wish)
    elif sms.offered():
        _text(campaign, wish)
    else:
        raise BadAddress(
            "e-mail",
            "",
            say(
                "aucun SMS ne peut partir d'ici (ISOLOIR_SMS_URL) : il faut une adresse e-mail",
                "no SMS can be sent from here (ISOLOIR_SMS_URL), so an e-mail address is needed",
            ),
        )


def _text(campaign: Campaign, wish: Wish) -> None:
    number = normalise(Channel.SMS, wish.phone)
    link = links.address(
        "confirm_once", campaign, tickets.issue(campaign, asdict(wish), days=TICKET_DAYS), wish.language
    )
    said = texts(wish.language)["confirm_sms"]
    sms.send(number, said.format(campaign=campaign.name, link=link, days=TICKET_DAYS))


def _write(campaign: Campaign, wish: Wish) -> None:
    """To the address, and to it alone; known or not, the letter is the same."""
    said = texts(wish.language)
    link = confirm_link(campaign, wish)
    boxes = "\n".join(f"- {wordings.sentence(*wordings.parse(box), wish.language)}" for box in wish.ticked)
    body = said["confirm_mail"].format(campaign=campaign.name, link=link, boxes=boxes, days=DAYS,
                                       controller=campaign.controller, contact=campaign.contact)  # fmt: skip
    subject = said["confirm_mail_subject"].format(campaign=campaign.name)
    send([Letter(normalise(Channel.EMAIL, wish.email), subject, body)], campaign)


def confirm_link(campaign: Campaign, wish: Wish) -> str:
    """The link that confirms: for a letter, or for a code that its owner scans."""
    return links.address("confirm", campaign, links.seal(campaign, "confirm", asdict(wish)), wish.language)


def read(campaign: Campaign, token: str) -> tuple[datetime, Wish] | None:
    """When it was asked for, and what; None where the link is none of ours or too old."""
    found = links.unseal(campaign, "confirm", token, DAYS * 86400)
    if found is None:
        return None
    at, what = found
    return datetime.fromtimestamp(at, UTC), _wish(what)


def read_ticket(campaign: Campaign, ticket: str, *, use: bool) -> tuple[datetime, Wish] | None:
    """The same of a link that came by SMS; `use`: it is worth nothing afterwards."""
    found = (tickets.use if use else tickets.look)(campaign, ticket)
    return found and (found[0], _wish(found[1]))


def _wish(what: dict[str, Any]) -> Wish:
    lists: dict[str, Any] = {name: tuple(what[name]) for name in ("offers", "ticked")}
    return Wish(**{**what, **lists})


def confirm(campaign: Campaign, at: datetime, wish: Wish, *, by: User | None = None) -> str:
    """Enter the person, by their own act; the token of their own pages. Confirming twice is confirming once.

    The consents date from when they were asked for: a later withdrawal stands, and a link opened again revives nothing.
    Raise NotAllowed where the law refuses.
    """
    _lift(campaign, at, wish)
    made = wordings.consents(
        campaign, list(wish.ticked), wish.language, how=wish.how, at=at, by=by, proof=f"link confirmed, {wish.how}"
    )
    new = NewContact(
        name=wish.name, email=wish.email, phone=wish.phone, postal_code=wish.postal_code, offers=wish.offers,
        language=wish.language, consents=made, act=act_of(wish), origin=wish.how,
    )  # fmt: skip
    told = {"notice_states": TOLD} if wish.how == "door" else None
    added = contacts.add(campaign, new, by=None, declared=told)
    channel = Channel.EMAIL if wish.email else Channel.PHONE
    address = normalise(channel, wish.email or wish.phone)
    return links.personal(campaign, links.Holder(added.contact_id, channel, fingerprint(campaign, channel, address)))


def act_of(wish: Wish) -> str:
    """The person's own act that a wish is, as the law calls it."""
    purposes = [wordings.parse(box)[0] for box in wish.ticked]
    return next((_ACTS[one] for one in purposes if one in _ACTS), "newsletter_signup")


def _lift(campaign: Campaign, at: datetime, wish: Wish) -> None:
    """An objection older than this request no longer stands, by the person's own and confirmed act."""
    given = {Channel.EMAIL: wish.email, Channel.SMS: wish.phone, Channel.PHONE: wish.phone}
    for channel in {wordings.parse(box)[1] for box in wish.ticked}:
        if given.get(channel):
            address = normalise(channel, given[channel])
            since = _objected_at(campaign, channel, address)
            if since is not None and since < at:
                suppression.lift(campaign, channel, address, how=wish.how, at=at)


def _objected_at(campaign: Campaign, channel: Channel, address: str) -> datetime | None:
    """When the standing objection was made; None where none stands."""
    mark = fingerprint(campaign, channel, address)
    newest = Suppression.objects.of(campaign).filter(channel=channel.value, mark=mark).order_by("id").last()
    return newest.at if newest and newest.stands else None
