"""Who works for a campaign: giving another role, taking a membership away. A campaign always keeps an administrator."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from isoloir.errors import SettingsError
from isoloir.field import log, sessions
from isoloir.field.databases import BOOK
from isoloir.field.models import Campaign, Membership, User
from isoloir.field.roles import Role
from isoloir.field.texts import texts


def give(campaign: Campaign, number: int, role: Role | None, *, by: User) -> Membership | None:
    """Give a member that role, or none any more; the membership as it was, None where this campaign has none of it.

    Their sessions end, so that no open page outlives the role. Raise SettingsError for the last administrator.
    """
    with transaction.atomic(using=BOOK):
        every = Membership.objects.select_for_update().filter(campaign=campaign).select_related("user").order_by("pk")
        found = next((one for one in every if one.pk == number), None)
        if found is None or found.role == role:
            return found
        keep_administrator(campaign, found.user, role)
        if role:
            hold(campaign, found.user, role)
        else:
            Membership.objects.filter(pk=number).delete()
        told = {"was": found.role, "role": role.value if role else ""}
        log.write(campaign, by, "change_role" if role else "remove_member", str(number), **told)
        sessions.end(found.user)
    return found


def hold(campaign: Campaign, user: User, role: Role) -> Membership:
    """Write down that the account has this role; another one than before is held since now.

    Tokens know since when their role is held (`api/tokens.py`): one that was made under an earlier role, even of
    the same name, never works again.
    """
    with transaction.atomic(using=BOOK):
        mine, _ = Membership.objects.select_for_update().get_or_create(
            user=user, campaign=campaign, defaults={"role": role.value}
        )
        if mine.role != role:
            mine.role, mine.since = role.value, timezone.now()
            mine.save(update_fields=["role", "since"])
    return mine


def keep_administrator(campaign: Campaign, user: User, role: Role | None) -> None:
    """Raise SettingsError where giving `user` this role would leave the campaign without an administrator."""
    heads = set(Membership.objects.filter(campaign=campaign, role=Role.ADMINISTRATOR).values_list("user_id", flat=True))
    if role is not Role.ADMINISTRATOR and heads == {user.pk}:
        raise SettingsError(texts()["last_administrator"])
