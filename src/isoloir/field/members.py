"""Who works for a campaign: giving another role, taking a membership away. A campaign always keeps an administrator."""

from __future__ import annotations

from django.db import transaction

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
            Membership.objects.filter(pk=number).update(role=role.value)
        else:
            Membership.objects.filter(pk=number).delete()
        told = {"was": found.role, "role": role.value if role else ""}
        log.write(campaign, by, "change_role" if role else "remove_member", str(number), **told)
        sessions.end(found.user)
    return found


def keep_administrator(campaign: Campaign, user: User, role: Role | None) -> None:
    """Raise SettingsError where giving `user` this role would leave the campaign without an administrator."""
    heads = set(Membership.objects.filter(campaign=campaign, role=Role.ADMINISTRATOR).values_list("user_id", flat=True))
    if role is not Role.ADMINISTRATOR and heads == {user.pk}:
        raise SettingsError(texts()["last_administrator"])
