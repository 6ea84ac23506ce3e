"""What a campaign shows the public: whether people may sign up, which sites may frame its form, which links are out."""

from __future__ import annotations

from django.db import models

from isoloir.field.models.campaigns import Campaign, Of


class Ticket(models.Model):
    """What waits for its owner to show a short link (`field/tickets.py`): a keyed mark, and bytes that it opens."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="tickets")
    mark = models.CharField(max_length=64, unique=True)
    sealed = models.BinaryField()
    until = models.DateTimeField()

    objects = Of["Ticket"]()


class Front(models.Model):
    """The public side of a campaign; without a row, people may sign up and nobody frames the form."""

    campaign = models.OneToOneField(Campaign, on_delete=models.CASCADE, primary_key=True, related_name="front")
    open = models.BooleanField(default=True)
    origins = models.TextField(blank=True, help_text="the sites that may frame the form, as https://example.org")

    sponsor_eligible = models.BooleanField(
        default=False, help_text="who pays is a citizen, a resident with the vote or an entity of the Union"
    )

    objects = Of["Front"]()
