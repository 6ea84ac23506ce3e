"""What somebody may do with the link of their messages: see and take back their consents, and stop everything.

No page says who they are, nor who else asked.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from isoloir.field import consent, links, suppression, wordings
from isoloir.field.channels import Channel
from isoloir.field.models import Campaign, Contact
from isoloir.field.public.visitors import link_over, public
from isoloir.field.rights import requests
from isoloir.field.texts import texts
from isoloir.language import language

RIGHTS = ("access", "portability", "rectification", "restriction", "erasure")
_ONE_CLICK = "one_click"


@public("personal")
def mine(request: HttpRequest, campaign: Campaign, token: str) -> HttpResponse:
    """My consents; after an erasure the page is the same, with nothing in force."""
    holder = links.holder(campaign, token)
    if holder is None:
        return link_over(request, campaign)
    done, due = "", ""
    if request.method == "POST":
        if "stop" in request.POST:
            stop(campaign, holder, "own_page")
        elif kind := request.POST.get("right", ""):
            if kind not in RIGHTS:
                raise Http404
            asked = requests.receive(campaign, kind, holder.contact, how="page")
            due = asked.due_on.isoformat()
        else:
            _keep_only(campaign, holder, request.POST.getlist("keep"))
        done = "saved"
    standing = _standing(campaign, holder)
    boxes = [(f"{p}:{c.value}", wordings.sentence(p, c, language())) for p, c in standing]
    rights = [(kind, texts()[f"right_{kind}"]) for kind in RIGHTS]
    shown = {
        "campaign": campaign,
        "boxes": boxes,
        "done": done,
        "due": due,
        "rights": rights,
        "notice": wordings.notice(campaign, language()),
    }
    return render(request, "field/public/mine.html", shown | {"token": token})


@public("personal")
def unsubscribe(request: HttpRequest, campaign: Campaign, token: str) -> HttpResponse:
    """RFC 8058: GET asks and POST acts, whether a person's button or a mail program sends it; twice is once."""
    holder = links.holder(campaign, token)
    if holder is None:
        return link_over(request, campaign)
    if request.method == "POST":
        stop(campaign, holder, _ONE_CLICK)
    return render(request, "field/public/unsubscribe.html", {"campaign": campaign, "done": request.method == "POST"})


def stop(campaign: Campaign, holder: links.Holder, how: str) -> None:
    """Put the address on the opt-out list and withdraw everything; the list stands even where the contact is gone."""
    channels = {holder.channel}
    if holder.channel in (Channel.SMS, Channel.PHONE):
        channels = {Channel.SMS, Channel.PHONE}
    for channel in sorted(channels):
        suppression.suppress_marks(campaign, channel, [holder.mark], how=how)
    contact = Contact.objects.of(campaign).filter(pk=holder.contact).first()
    if contact and any(one.granted for one in consent.state(contact).values()):
        consent.withdraw(contact, how=how)


def _standing(campaign: Campaign, holder: links.Holder) -> list[tuple[str, Channel]]:
    states = consent.states(campaign, [holder.contact])[holder.contact]
    return sorted(box for box, state in states.items() if state.granted)


def _keep_only(campaign: Campaign, holder: links.Holder, kept: list[str]) -> None:
    contact = Contact.objects.of(campaign).filter(pk=holder.contact).first()
    if contact is None:
        return
    for purpose, channel in _standing(campaign, holder):
        if f"{purpose}:{channel.value}" not in kept:
            consent.withdraw(contact, purpose, channel, how="own_page")
