"""What the campaign sees: progress, speed, what is left and for how long, and counts that look invented."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, F, Max, Q, Sum
from django.utils import timezone

from isoloir.field.canvass.outcomes import CONTACTS, OUTCOMES, summed
from isoloir.field.canvass.written import SLOT
from isoloir.field.models import Campaign, Claim, Pace, Pass, Turf

RECENT = timedelta(days=2)  # that speed is measured over
FAST = 25  # knocks in a quarter of an hour; a routed walk makes 30 to 50 an hour
MANY, ALL_OPEN = 30, 0.9  # knocks, and the share answered; usually about one in two is
_FEW = 4  # quarters of an hour before a forecast


@dataclass(frozen=True)
class Line:
    """A turf on the board."""

    id: int
    number: int
    name: str
    doors: int
    visited: int
    contacts: int
    people: tuple[str, ...]
    done: bool

    @property
    def left(self) -> int:
        """Doors expected and not done."""
        return 0 if self.done else max(self.doors - self.visited, 0)


@dataclass(frozen=True)
class Doubt:
    """A phone whose counts no walk would give: `kind` is speed or all_open."""

    kind: str
    name: str
    knocks: int
    contacts: int


@dataclass(frozen=True)
class Board:
    """The whole board of a pass."""

    of: Pass
    lines: tuple[Line, ...]
    per_hour: float | None  # knocks of one phone in an hour
    hours: tuple[float, float] | None  # team hours to the end: 90 % interval
    doubts: tuple[Doubt, ...]

    @property
    def number(self) -> int:
        """Of the pass."""
        return self.of.number

    @property
    def doors(self) -> int:
        """Expected."""
        return sum(line.doors for line in self.lines)

    @property
    def visited(self) -> int:
        """With an outcome."""
        return sum(line.visited for line in self.lines)

    @property
    def left(self) -> int:
        """Expected and not done."""
        return sum(line.left for line in self.lines)

    @property
    def contact_rate(self) -> float | None:
        """The share of visited doors that somebody came to."""
        return sum(line.contacts for line in self.lines) / self.visited if self.visited else None


def board(campaign: Campaign) -> Board | None:
    """The board of the open pass; None where none is open."""
    open_pass = Pass.objects.of(campaign).filter(ended_at=None).first()
    if open_pass is None:
        return None
    lines = tuple(_lines(open_pass))
    left = sum(line.left for line in lines)
    recent = Pace.objects.filter(turf__of_pass=open_pass, slot__gte=timezone.now() - RECENT, knocks__gt=0)
    slots = list(recent.values_list("knocks", flat=True)[:20_000])
    return Board(open_pass, lines, per_hour(slots), forecast(slots, left), tuple(_doubts(open_pass)))


def mark(campaign: Campaign) -> int:
    """A number that changes whenever the board does: cheap to ask for."""
    found = Turf.objects.of(campaign).filter(of_pass__ended_at=None).aggregate(
        reports=Sum("sequence"), people=Count("claims"), done=Count("done_at"), turfs=Count("pk", distinct=True),
        newest=Max("pk"),
    )  # fmt: skip
    return hash((timezone.localdate(), *found.values()))


def per_hour(slots: list[int]) -> float | None:
    """Knocks of one phone in an hour; None where nobody walked lately."""
    return statistics.fmean(slots) * (timedelta(hours=1) / SLOT) if slots else None


def forecast(slots: list[int], left: int) -> tuple[float, float] | None:
    """Hours of one team that the doors left will take, as a 90 % interval; None where too little was walked.

    Each door left takes the mean time of a door: its error is that of the mean of the quarters of an hour walked.
    """
    if len(slots) < _FEW:
        return None
    mean, error = statistics.fmean(slots), statistics.stdev(slots) / math.sqrt(len(slots))
    quarter = SLOT / timedelta(hours=1)
    slow, fast = max(mean - 1.645 * error, mean / 4), mean + 1.645 * error
    return left / fast * quarter, left / slow * quarter


def _lines(of: Pass) -> Iterator[Line]:
    people: dict[int, list[str]] = defaultdict(list)
    claims = Claim.objects.filter(turf__of_pass=of).values_list("turf", "user__name", "user__email")
    for turf, name, email in claims:
        people[turf].append(name or email)
    rows = Turf.objects.filter(of_pass=of).annotate(seen=summed(OUTCOMES), met=summed(CONTACTS)).order_by("number")
    for pk, number, name, doors, seen, met, done in rows.values_list(
        "pk", "number", "name", "doors", "seen", "met", "done_at"
    ):
        yield Line(pk, number, name, doors, seen, met, tuple(people[pk]), done is not None)


def _doubts(of: Pass) -> Iterator[Doubt]:
    recent = Pace.objects.filter(turf__of_pass=of, slot__gte=timezone.now() - RECENT)
    who = ("phone__user__name", "phone__user__email")
    for name, email, knocks, contacts in recent.filter(knocks__gt=FAST).values_list(*who, "knocks", "contacts")[:50]:
        yield Doubt("speed", name or email, knocks, contacts)
    sums = recent.values("phone", *who).annotate(k=Sum("knocks"), c=Sum("contacts"))
    for row in sums.filter(Q(k__gte=MANY) & Q(c__gte=F("k") * ALL_OPEN))[:50]:
        yield Doubt("all_open", row[who[0]] or row[who[1]], row["k"], row["c"])
