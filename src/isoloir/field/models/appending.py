"""Tables that only grow: no row of them is changed or deleted, by this code or behind its back (`triggers.py`)."""

from __future__ import annotations

from typing import Any, NoReturn

from django.db import models

from isoloir.field.models.campaigns import Of


class AppendOnly(TypeError):
    """Somebody tried to rewrite what may only be added to: a bug."""


class Appending(models.QuerySet[Any]):
    """Rows that can be read and added to."""

    def update(self, **_: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly(f"{self.model.__name__} is append-only")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise AppendOnly(f"{self.model.__name__} is append-only")

    def bulk_update(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly(f"{self.model.__name__} is append-only")


class Appended(Of[Any]):
    """Their manager."""

    def get_queryset(self) -> Appending:
        """Rows that can be read and added to."""
        return Appending(self.model, using=self._db)


class Growing(models.Model):
    """A row that, once written, stays as it is."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write a new row."""
        if not self._state.adding:
            raise AppendOnly(f"{type(self).__name__} {self.pk} is append-only")
        super().save(*args, **kwargs)

    def delete(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse."""
        raise AppendOnly(f"{type(self).__name__} {self.pk} is append-only")
