"""The application of the keys, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class Keys(AppConfig):
    """The keys only."""

    name = "isoloir.field.keys"
    label = "keys"
    default_auto_field = "django.db.models.BigAutoField"
