"""Preparing a message: it is written down at once, then who gets it is gathered from the book, part by part.

Each part is a transaction that also says how far it came, so that whoever is killed is taken up there, two at once add
nobody twice, and no request lasts longer than a few seconds, however large the book. Nobody is written to before all
are known.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from isoloir.errors import BookError
from isoloir.field import log, vault
from isoloir.field.channels import Channel
from isoloir.field.databases import BOOK
from isoloir.field.loading import load, unswept
from isoloir.field.messages import ask
from isoloir.field.models import Campaign, Delivery, Mailing, User
from isoloir.field.parts import SIZE, Part, part_after
from isoloir.field.person import Details
from isoloir.field.reachable import Sealed, reachable
from isoloir.field.selection import EVERYBODY, SELECTION, Selection
from isoloir.language import say


def draft(
    campaign: Campaign, purpose: str, subject: str, body: str, *, by: User | None, selection: Selection = EVERYBODY
) -> Mailing:
    """A message without recipients yet; raise NotAllowed where the law refuses it today."""
    ask(campaign, purpose, selection)
    return Mailing.objects.create(
        campaign=campaign, purpose=purpose, subject=subject, body=body, by=by, selection=selection.kept
    )


def gather(mailing: Mailing, seconds: float = 3.0) -> None:
    """Add recipients for so long; call again until it is `prepared_at`. Raise DoesNotExist where it was deleted."""
    until = time.monotonic() + seconds
    with unswept():
        while not mailing.prepared_at:
            _add(mailing, part_after(mailing.campaign, mailing.gathered_upto))
            if time.monotonic() > until:
                return


def delete(mailing: Mailing, by: User | None) -> None:
    """Drop a message of which no letter went; raise BookError where one did."""
    with transaction.atomic(using=BOOK):
        Mailing.objects.select_for_update().get(pk=mailing.pk)
        mailing.deliveries.filter(state="pending").delete()  # one that is being sent meanwhile is no longer pending
        if mailing.deliveries.exists():
            raise BookError(say("ce message est déjà parti", "this message went already"))
        log.write(mailing.campaign, by, "delete_message", str(mailing.pk))
        mailing.delete()


def _add(mailing: Mailing, part: Part) -> None:
    """Whom a part of the book brings, unless somebody else was here first."""
    found = _consenting(mailing.campaign, part, mailing.purpose, Selection.of(mailing.selection))
    last = part.upto is None
    with transaction.atomic(using=BOOK):
        here = Mailing.objects.filter(pk=mailing.pk, gathered_upto=part.after, prepared_at=None)
        if here.update(
            gathered_upto=part.upto, gathered=F("gathered") + (0 if last else SIZE),
            prepared_at=timezone.now() if last else None,
        ):  # fmt: skip
            load(Delivery, ("mailing_id", "contact", "state"), ((mailing.pk, one, "pending") for one in found))
            if last:
                _log(mailing)
    mailing.refresh_from_db(fields=["gathered", "gathered_upto", "prepared_at"])


def _log(mailing: Mailing) -> None:
    log.write(mailing.campaign, mailing.by or log.COMMAND, "prepare_message", str(mailing.pk), purpose=mailing.purpose,
              recipients=mailing.deliveries.count(), selected=int(bool(mailing.selection)))  # fmt: skip


def _consenting(campaign: Campaign, part: Part, purpose: str, selection: Selection) -> list[uuid.UUID]:
    """Who of a part may get it; whoever is chosen has agreed to be chosen as well."""
    several = reachable(campaign, [purpose, SELECTION] if selection else [purpose], Channel.EMAIL, part)
    if selection:
        return [pk for some in several for pk in _chosen(campaign, some, selection)]
    return [pk for some in several for pk, _ in some]


def _chosen(campaign: Campaign, some: Sealed, selection: Selection) -> Iterator[uuid.UUID]:
    keys = vault.keys_between(campaign, some[0][0], some[-1][0]) if some else {}
    for pk, sealed in some:
        if pk in keys and selection.takes(Details.unseal(keys[pk], pk, sealed)):
            yield pk
