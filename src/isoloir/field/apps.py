"""The application of the field, for Django."""

from __future__ import annotations

from django.apps import AppConfig


class Field(AppConfig):
    """Everything but the keys."""

    name = "isoloir.field"
    label = "field"
    default_auto_field = "django.db.models.BigAutoField"
