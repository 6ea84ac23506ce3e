"""What all processes of a server count together: attempts and limits. Keys are fingerprints, values are times."""

from __future__ import annotations

from django.db import models


class CacheEntry(models.Model):
    """The table of Django's database cache, made by the migrations."""

    cache_key = models.CharField(max_length=255, primary_key=True)
    value = models.TextField()
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "field_cache"
