"""Asking for an export, deciding on it, writing it: who asks for more than a few people does not decide alone."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TextIO

from django.db import transaction
from django.utils import timezone

from isoloir.errors import BookError, NotAllowed, SettingsError
from isoloir.field import facts, gate, log
from isoloir.field.channels import Channel
from isoloir.field.databases import BOOK
from isoloir.field.exports import people
from isoloir.field.exports.files import private_file
from isoloir.field.exports.formats import format_named
from isoloir.field.models import Campaign, ExportRequest, Membership, User
from isoloir.field.purposes import PURPOSES, purposes
from isoloir.field.reachable import how_many
from isoloir.field.roles import PERSONS, Role
from isoloir.language import say
from isoloir.law.facts import vocabulary
from isoloir.settings import settings

DECIDE = frozenset({Role.OFFICER, Role.ADMINISTRATOR})
VALID = timedelta(days=7)
MAPS = ("geojson", "kml", "gpx", "shapefile")  # each person a point: no such format is written, the law says why
OPT_OUTS = ("objections", "opt_outs", "unsubscribed", "suppression")  # no file of them is written either


def request_export(
    campaign: Campaign, by: User | None, *, purpose: str, channel: Channel, format: str, recipient: str
) -> ExportRequest:
    """Ask for everybody who may be written to for this purpose on this channel.

    Up to `ISOLOIR_EXPORT_ALONE` people it is approved at once. Raise NotAllowed where the law or the role refuses.
    """
    no_opt_outs(campaign, purpose)
    if purpose not in PURPOSES:
        raise SettingsError(f"--purpose {purpose}: {', '.join(PURPOSES)}")
    no_map(campaign, by, format)
    if recipient not in vocabulary()["recipient"].values:
        raise SettingsError(f"--recipient {recipient}: {', '.join(vocabulary()['recipient'].values)}")
    format_named(format, channel)
    _must_be(campaign, by, PERSONS)
    _ask(campaign, purpose, recipient)
    number = how_many(campaign, [purpose], channel)
    alone = number <= settings().export_alone
    request = ExportRequest(
        campaign=campaign, by=by, purpose=purpose, channel=channel.value, format=format, recipient=recipient,
        people=number, state=ExportRequest.APPROVED if alone else ExportRequest.PENDING,
        decided_at=timezone.now() if alone else None,
    )  # fmt: skip
    _save(request, by, "export_asked")
    return request


def no_map(campaign: Campaign, by: User | None, format: str) -> None:
    """Raise NotAllowed where a format would put each person on a map."""
    if format in MAPS:
        gate.ask("display", campaign, {**facts.of_display(campaign, by), "as_map": True, "area_kind": "home"})


def no_opt_outs(campaign: Campaign, purpose: str) -> None:
    """Raise NotAllowed where the list of those who objected is asked for: in a file, it would lie open to anybody."""
    if purpose in OPT_OUTS:
        gate.ask("export", campaign, {**_told(), "purpose": "service", "objected": True, "safeguards": []})


def channel_of(campaign: Campaign, name: str) -> Channel:
    """The channel of that name; raise SettingsError where there is none.

    Of a channel that the law knows and the book lacks, nobody in the book agreed to it: the law refuses it.
    """
    if name in tuple(Channel):
        return Channel(name)
    word = _SPOKEN.get(name, name)
    if word in vocabulary()["channel"].values and word not in ("email", "sms", "post", "human_call"):
        gate.ask("message", campaign, {**_NOBODY_AGREED, "channel": word})
    raise SettingsError(f"--channel {name}: email, sms, phone")


_SPOKEN = {"robocall": "automated_call", "automate": "automated_call"}
_NOBODY_AGREED = {
    "purpose": "propaganda", "consent": "none", "consent_for_purpose": False, "consent_for_channel": False,
    "consent_for_time_slot": False, "relation": "regular_contact", "legitimate_interest_test": False,
    "data_categories": ["identity", "phone"], "source": "person",
}  # fmt: skip


def approve_export(request: ExportRequest, by: User) -> None:
    """Let it go out; raise NotAllowed unless `by` is an officer or administrator other than who asked."""
    _decide(request, by, ExportRequest.APPROVED)


def refuse_export(request: ExportRequest, by: User) -> None:
    """Keep it in."""
    _decide(request, by, ExportRequest.REFUSED)


def write_export(request: ExportRequest, path: Path, by: User | None) -> int:
    """Write an approved export as a file that only its owner reads; the number of people in it."""
    with private_file(path) as stream:
        return write_to(request, stream, by)


def write_to(request: ExportRequest, stream: TextIO, by: User | None) -> int:
    """Write an approved export, once; raise BookError where it is not approved, or more people than were asked for."""
    channel, count, target = Channel(request.channel), 0, _Hashed(stream)
    with going_out(request, by) as approved:
        target.write(format_named(request.format, channel).head)
        with people.written(request.campaign, request.purpose, channel, request.format) as parts:
            for number, rows in parts:
                count += number
                approved(count)
                target.write(rows)
        request.written, request.sha256 = count, target.digest.hexdigest()
    return count


@contextmanager
def going_out(request: ExportRequest, by: User | None) -> Iterator[Callable[[int], None]]:
    """An approved request is carried out, once; where the block fails, the approval stands.

    The block is given what to tell how many people it comes to before they go: raises BookError where there are more by
    now than somebody agreed to.
    """
    _must_be(request.campaign, by, PERSONS)
    _ask(request.campaign, request.purpose, request.recipient)
    fresh = ExportRequest.objects.of(request.campaign).filter(
        pk=request.pk, state=ExportRequest.APPROVED, decided_at__gte=timezone.now() - VALID
    )
    if not fresh.update(state=ExportRequest.WRITTEN):
        raise BookError(say(f"l'export {request.pk} n'est pas approuvé, ou ne l'est plus",
                            f"export {request.pk} is not approved, or no longer"))  # fmt: skip
    try:
        yield partial(_no_more, request)
    except BaseException:
        ExportRequest.objects.of(request.campaign).filter(pk=request.pk).update(state=ExportRequest.APPROVED)
        raise
    request.state, request.written_at = ExportRequest.WRITTEN, timezone.now()
    _save(request, by, "export_written")


def request_of(campaign: Campaign, name: str) -> ExportRequest:
    """The request of that identifier; raise BookError where this campaign has none."""
    try:
        return ExportRequest.objects.of(campaign).get(pk=uuid.UUID(name))
    except (ValueError, ExportRequest.DoesNotExist):
        raise BookError(say(f"aucun export {name} dans cette campagne", f"no export {name} in this campaign")) from None


def _no_more(request: ExportRequest, number: int) -> None:
    if number > request.people:
        raise BookError(say(f"il y a maintenant plus de {request.people} personnes : redemandez l'export",
                            f"there are more than {request.people} people by now: ask again"))  # fmt: skip


def _decide(request: ExportRequest, by: User, state: str) -> None:
    _must_be(request.campaign, by, DECIDE)
    if request.by_id == by.pk:
        raise NotAllowed(say("qui demande un export n'en décide pas", "who asks for an export does not decide on it"))
    pending = ExportRequest.objects.of(request.campaign).filter(pk=request.pk, state=ExportRequest.PENDING)
    if not pending.update(state=state, decided_by=by, decided_at=timezone.now()):
        raise BookError(
            say(f"l'export {request.pk} n'attend pas de décision", f"export {request.pk} awaits no decision")
        )
    request.refresh_from_db()
    log.write(request.campaign, by, f"export_{state}", str(request.pk), people=request.people)


def _must_be(campaign: Campaign, by: User | None, roles: frozenset[Role]) -> None:
    """Who commands the server itself (None) has every role; anybody else has that of their membership."""
    if by is not None and not Membership.objects.filter(campaign=campaign, user=by, role__in=roles).exists():
        raise NotAllowed(say("ce rôle ne le permet pas", "this role does not allow it"))


def _ask(campaign: Campaign, purpose: str, recipient: str) -> None:
    gate.ask("export", campaign, {**_told(), "recipient": recipient, "purpose": purposes()[purpose].law})


def _told() -> dict[str, object]:
    """What is established of everybody in an export."""
    return {
        "data_categories": ["identity", "email", "phone", "postal_address"], "source": "person",
        "relation": "regular_contact", "recipient": "named_staff", "consent": "recorded",
        "consent_for_purpose": True, "consent_to_share": False, "objected": False, "suppression_checked": True,
        "address_protected": False, "political_ad": False, "rights_request": False, "notice_states": [],
    }  # fmt: skip


def _save(request: ExportRequest, by: User | None, action: str) -> None:
    with transaction.atomic(using=BOOK):
        request.save()
        told = {"purpose": request.purpose, "channel": request.channel, "format": request.format}
        count = request.people if request.written is None else request.written
        log.write(request.campaign, by, action, str(request.pk), people=count, recipient=request.recipient, **told)


class _Hashed:
    """A text stream that knows the fingerprint of what went through it."""

    def __init__(self, stream: TextIO):
        self._stream, self.digest = stream, hashlib.sha256()

    def write(self, text: str) -> int:
        """Pass on."""
        self.digest.update(text.encode())
        return self._stream.write(text)
