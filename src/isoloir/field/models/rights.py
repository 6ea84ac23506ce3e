"""What the law has a campaign keep about itself: requests of people, breaches, who processes for it."""

from __future__ import annotations

from django.db import models

from isoloir.field.models.campaigns import Campaign, Of


class Request(models.Model):
    """Somebody exercises a right (RGPD, art. 15 to 21): an answer is due within a month. No name is kept here."""

    KINDS = ("access", "portability", "rectification", "objection", "erasure", "restriction")

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in KINDS])
    contact = models.UUIDField(null=True, help_text="null where the person is not in the book")
    how = models.CharField(max_length=30, help_text="page, e-mail, letter, door")
    received_at = models.DateTimeField()
    due_on = models.DateField()
    answered_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=60, blank=True)

    objects = Of["Request"]()


class Breach(models.Model):
    """A breach of personal data (RGPD, art. 33 and 34): the CNIL is told within 72 hours of knowing."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    known_at = models.DateTimeField()
    happened = models.TextField(help_text="what happened, without any name")
    kinds = models.JSONField(default=list, help_text="confidentiality, integrity, availability")
    categories = models.JSONField(default=list, help_text="of data, as the law's facts call them")
    people = models.IntegerField(help_text="about how many are concerned")
    records = models.IntegerField(default=0, help_text="about how many records are concerned")
    consequences = models.TextField(blank=True, help_text="what it may mean for people")
    high_risk = models.BooleanField(help_text="people themselves have to be told")
    measures = models.TextField(blank=True)
    notified_at = models.DateTimeField(null=True, help_text="when the CNIL was told")
    people_told_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    objects = Of["Breach"]()


class Processor(models.Model):
    """Who processes data for the campaign under contract (RGPD, art. 28), the host among them."""

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    task = models.CharField(max_length=200)
    country = models.CharField(max_length=60)
    contract_on = models.DateField(null=True, help_text="day of the contract; none yet where null")

    objects = Of["Processor"]()
