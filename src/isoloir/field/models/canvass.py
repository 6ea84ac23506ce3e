"""The canvass: turfs, buildings, the phones that walk them and what they report. Nothing here names anybody met.

Reports are only ever added. The counts of a unit and of a turf are kept beside them as they come in, so that ending a
pass is deleting its reports. A unit is the smallest thing whose counts are shown (`canvass.units`).
"""

from __future__ import annotations

import uuid

from django.db import models

from isoloir.field.canvass.outcomes import COLUMNS, Kind
from isoloir.field.models.accounts import User
from isoloir.field.models.campaigns import Campaign, Of


class Pass(models.Model):
    """One time of going round; each has turfs of its own. Its reports by door live until it ends."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="passes")
    number = models.PositiveIntegerField()
    opened_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)
    places = models.JSONField(default=list, help_text="first characters of its stations, which say whose day it is")

    objects = Of["Pass"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="one_pass_a_number")]

    def __str__(self) -> str:
        return f"pass {self.number}"


class Counts(models.Model):
    """How many doors ended with each outcome: the last one reported of each door."""

    opened = models.IntegerField(default=0)
    absent = models.IntegerField(default=0)
    refused = models.IntegerField(default=0)
    conversation = models.IntegerField(default=0)
    come_back = models.IntegerField(default=0)
    other_language = models.IntegerField(default=0)
    inaccessible = models.IntegerField(default=0)
    leaflet = models.IntegerField(default=0)

    class Meta:
        abstract = True

    @property
    def counts(self) -> dict[str, int]:
        """By outcome, in the order of `outcomes.COLUMNS`."""
        return {name: getattr(self, name) for name in COLUMNS}

    @property
    def visited(self) -> int:
        """Doors with an outcome."""
        return sum(self.counts.values())


class Turf(Counts):
    """What two people walk in an evening."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="turfs")
    of_pass = models.ForeignKey(Pass, on_delete=models.CASCADE, related_name="turfs")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=120)
    doors = models.PositiveIntegerField(help_text="expected, from addresses; control stations left out")
    west = models.FloatField()
    south = models.FloatField()
    east = models.FloatField()
    north = models.FloatField()
    sequence = models.PositiveBigIntegerField(default=0, help_text="of the last report; reports count up from 1")
    done_at = models.DateTimeField(null=True)

    objects = Of["Turf"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of_pass", "number"], name="one_turf_a_number")]

    def __str__(self) -> str:
        return f"turf {self.number}"


class TurfMap(models.Model):
    """The map of a turf: a whole archive of tiles (PMTiles), which a phone fetches in one piece."""

    turf = models.OneToOneField(Turf, on_delete=models.CASCADE, primary_key=True, related_name="map")
    archive = models.BinaryField()


class StationShape(models.Model):
    """The outline of a station in or around a pass, from which the maps of drawn turfs are cut."""

    of_pass = models.ForeignKey(Pass, on_delete=models.CASCADE, related_name="shapes")
    station = models.CharField(max_length=20)
    control = models.BooleanField(default=False)
    outline = models.BinaryField(help_text="WKB, in degrees")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["of_pass", "station"], name="one_shape_a_station")]


class Drawn(models.Model):
    """A turf that was drawn on the map, and where its buildings were before, so that the drawing can be undone."""

    turf = models.OneToOneField(Turf, on_delete=models.CASCADE, primary_key=True, related_name="drawn")
    origins = models.JSONField(help_text="list of {number, name, buildings}: the turfs that they were taken from")


class Unit(Counts):
    """Buildings whose counts are shown together: at least eleven dwellings of one station."""

    class Level(models.IntegerChoices):
        """What the buildings have in common."""

        BUILDING = 1
        SEGMENT = 2  # one side of one street
        STATION = 3
        TURF = 4  # too small to be shown apart from the rest of the turf

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="units")
    turf = models.ForeignKey(Turf, on_delete=models.CASCADE, related_name="units")
    station = models.CharField(max_length=20)
    level = models.PositiveSmallIntegerField(choices=Level.choices)
    name = models.CharField(max_length=160)
    dwellings = models.PositiveIntegerField()
    longitude = models.FloatField()
    latitude = models.FloatField()

    objects = Of["Unit"]()


class Building(models.Model):
    """An address with doors behind it."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="buildings")
    turf = models.ForeignKey(Turf, on_delete=models.CASCADE, related_name="buildings")
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="buildings")
    station = models.CharField(max_length=20)
    street = models.CharField(max_length=160)
    number = models.CharField(max_length=12, blank=True)
    place = models.PositiveIntegerField(help_text="in the order of the walk, from 1")
    dwellings = models.PositiveIntegerField(help_text="doors expected")
    control = models.BooleanField(default=False, help_text="of a station that was drawn to be left alone")
    longitude = models.FloatField()
    latitude = models.FloatField()
    address = models.CharField(max_length=64, db_index=True, help_text="keyed hash of the address, for `KeepAway`")
    note = models.CharField(max_length=80, blank=True, help_text="about the building only")

    objects = Of["Building"]()

    class Meta:
        indexes = [models.Index(fields=["turf", "place"], name="building_of_turf")]


class Claim(models.Model):
    """Who walks a turf; two people may at once."""

    turf = models.ForeignKey(Turf, on_delete=models.CASCADE, related_name="claims")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="claims")
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["turf", "user"], name="one_claim_each")]


class Phone(models.Model):
    """A device that reports, by the number that it drew for itself; `received` is its last report that is kept here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="phones")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="phones")
    received = models.PositiveBigIntegerField(default=0)
    seen_at = models.DateTimeField(auto_now=True)

    objects = Of["Phone"]()


class Report(models.Model):
    """What a phone reported of a door: added, never changed, deleted when the pass ends.

    `number` counts the reports of a phone, `sequence` those of a turf: the order in which the server took them.
    """

    # Found by the constraints below, which begin with them: no index of their own.
    turf = models.ForeignKey(Turf, on_delete=models.CASCADE, related_name="reports", db_index=False)
    phone = models.ForeignKey(Phone, on_delete=models.CASCADE, related_name="reports", db_index=False)
    number = models.PositiveBigIntegerField()
    sequence = models.PositiveBigIntegerField()
    building = models.ForeignKey(Building, on_delete=models.CASCADE, related_name="reports", db_index=False)
    floor = models.SmallIntegerField()
    door = models.PositiveSmallIntegerField()
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    undoes = models.PositiveBigIntegerField(null=True, help_text="number of the report that is taken back")
    at = models.DateTimeField(help_text="by the server's clock")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["phone", "number"], name="one_report_a_number"),
            models.UniqueConstraint(fields=["turf", "sequence"], name="one_report_a_sequence"),
        ]
        indexes = [models.Index(fields=["building", "floor", "door"], name="report_of_door")]


class Pace(models.Model):
    """Doors knocked at by a phone in a quarter of an hour: speed, forecast, and what looks invented."""

    turf = models.ForeignKey(Turf, on_delete=models.CASCADE, related_name="pace", db_index=False)  # has the constraint
    phone = models.ForeignKey(Phone, on_delete=models.CASCADE, related_name="pace")
    slot = models.DateTimeField(help_text="its beginning")
    knocks = models.IntegerField(default=0)
    contacts = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["turf", "phone", "slot"], name="one_pace_a_slot")]
        indexes = [models.Index(fields=["slot"], name="pace_of_slot")]


class KeepAway(models.Model):
    """A door that asked not to be knocked at again: a keyed hash of its address, and which door; no name."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="kept_away")
    address = models.CharField(max_length=64)
    floor = models.SmallIntegerField()
    door = models.PositiveSmallIntegerField()
    since = models.DateField(auto_now_add=True)

    objects = Of["KeepAway"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "address", "floor", "door"], name="one_mark_a_door")]


class SignUp(models.Model):
    """The number of a sealed sign-up that was taken, so that it is not taken twice; who it was is not here."""

    id = models.UUIDField(primary_key=True)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="sign_ups_taken")
    on = models.DateField(auto_now_add=True)

    objects = Of["SignUp"]()


class Question(models.Model):
    """A question that canvassers may ask until it is closed; `answers` are its choices, each in French and English."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="questions")
    number = models.PositiveSmallIntegerField()
    fr = models.CharField(max_length=200)
    en = models.CharField(max_length=200)
    answers = models.JSONField(help_text="list of [fr, en]")
    closed_at = models.DateTimeField(null=True, help_text="since when no phone asks it any more")

    objects = Of["Question"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "number"], name="one_question_a_number")]


class Tally(models.Model):
    """How often a phone was given an answer in a station: a sum that only grows, without door, order or time."""

    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="tallies")
    phone = models.ForeignKey(Phone, on_delete=models.CASCADE, related_name="tallies")
    station = models.CharField(max_length=20)
    answer = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["question", "phone", "station", "answer"], name="one_tally_an_answer")
        ]
