"""The application of watched sites, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class Watch(AppConfig):
    """Sites that are audited again and again."""

    name = "isoloir.watch"
    label = "watch"
    default_auto_field = "django.db.models.BigAutoField"
