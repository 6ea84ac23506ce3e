"""Turfs that are drawn: the buildings of the open pass that lie inside an outline leave their turfs for a new one.

A building is in one turf of a pass. It moves only while nothing was counted in its turf and nobody walks it, so no
count moves with it, and a drawing can be taken back under the same condition.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from django.db import transaction
from django.db.models import Exists, OuterRef

from isoloir.errors import SettingsError, SourceError
from isoloir.field.canvass.archive import keep_maps
from isoloir.field.canvass.opening import NewBuilding, arrange
from isoloir.field.canvass.outlines import Outline
from isoloir.field.canvass.texts import texts
from isoloir.field.models import Building, Campaign, Claim, Drawn, Pass, Turf, Unit
from isoloir.language import say

MOST = 5_000  # buildings of one turf


@dataclass(frozen=True)
class NewlyDrawn:
    """What a drawing made: the turf, its buildings, and how many came from each turf."""

    turf: Turf
    buildings: int
    taken: dict[str, int]


def draw(campaign: Campaign, outlines: Sequence[Outline], file: Path | str) -> list[NewlyDrawn]:
    """Make a turf of each outline, all or none.

    Raise SettingsError where no pass is open; SourceError, which names the feature, where two outlines share
    buildings, where one has none or too many, and where buildings belong to a turf that is walked.
    """
    with transaction.atomic():
        of = _open_pass(campaign)
        inside = _inside(of, outlines, file)
        made = [_make(of, outline, mine) for outline, mine in zip(outlines, inside, strict=True)]
    keep_maps(of, [one.turf for one in made])  # nobody waits for the turfs meanwhile
    return made


def told(made: NewlyDrawn) -> str:
    """What was made, in the language of the request."""
    taken = ", ".join(f"{name} ({n})" for name, n in made.taken.items())
    return texts()["drawn"].format(turf=_named(made.turf), n=made.buildings, doors=made.turf.doors, taken=taken)


def undo(turf: Turf) -> None:
    """Give the buildings of a drawn turf back; raise SettingsError where it was not drawn or was walked since."""
    with transaction.atomic():
        of = _open_pass(turf.campaign)
        drawn = Drawn.objects.filter(turf=turf, turf__of_pass=of).first()
        if drawn is None:
            raise SettingsError(say("ce secteur n'a pas été dessiné", "this turf was not drawn"))
        homes = [_origin(of, origin["number"], origin["name"]) for origin in drawn.origins]
        if walked := _walked(of) & {turf.pk, *(home.pk for home in homes if home.pk)}:
            names = ", ".join(map(_named, Turf.objects.filter(pk__in=walked).order_by("number")))
            raise SettingsError(
                say(
                    f"on a frappé ou quelqu'un marche ici : {names} ; le dessin reste",
                    f"doors were knocked at or somebody walks here: {names}; the drawing stays",
                )
            )
        mine = {building.pk: building for building in Building.objects.filter(turf=turf)}
        again = []
        for home, origin in zip(homes, drawn.origins, strict=True):
            gone = home.pk is None
            back = [mine.pop(pk) for pk in origin["buildings"] if pk in mine]
            if back:
                _settle(home, [*(() if gone else Building.objects.filter(turf=home)), *back])
            if back and gone:
                again.append(home)
        turf.delete()
    keep_maps(of, again)


def can_undo(turf: Turf) -> bool:
    """Whether it was drawn and nothing was knocked there since."""
    return Drawn.objects.filter(turf=turf, turf__of_pass__ended_at=None).exists() and turf.pk not in _walked(
        turf.of_pass
    )


def _open_pass(campaign: Campaign) -> Pass:
    found = Pass.objects.of(campaign).select_for_update().filter(ended_at=None).first()
    if found is None:
        raise SettingsError(say("aucun passage ouvert : isoloir canvass open", "no pass is open: isoloir canvass open"))
    list(Turf.objects.select_for_update().filter(of_pass=found).values_list("pk"))
    return found


def _inside(of: Pass, outlines: Sequence[Outline], file: Path | str) -> list[list[Building]]:
    """The buildings of each outline. A control building is shown in several turfs: one copy of it is taken."""
    west, south, east, north = shapely.total_bounds([outline.area for outline in outlines])
    found = list(
        Building.objects.filter(
            turf__of_pass=of, longitude__range=(west, east), latitude__range=(south, north)
        ).order_by("turf__number", "place")
    )
    points = shapely.points([(b.longitude, b.latitude) for b in found]) if found else np.array([], dtype=object)
    walked, owner = _walked(of), dict[int, Outline]()
    inside = []
    for outline in outlines:
        rows = np.nonzero(shapely.intersects(outline.area, points))[0]
        mine = _once([found[row] for row in rows])
        _check(outline, mine, walked, owner, file)
        owner.update({building.pk: outline for building in mine})
        inside.append(mine)
    return inside


def _check(
    outline: Outline, mine: list[Building], walked: set[int], owner: dict[int, Outline], file: Path | str
) -> None:
    def wrong(fr: str, en: str, value: object) -> SourceError:
        return SourceError(say(fr, en), file=file, row=outline.row, value=value)

    if not any(not building.control for building in mine):
        raise wrong("aucune porte du passage dans ce contour (longitude d'abord, puis latitude)",
                    "no door of the pass inside this outline (longitude first, then latitude)",
                    outline.name or tuple(round(x, 4) for x in outline.area.bounds))  # fmt: skip
    if len(mine) > MOST:
        raise wrong(f"au plus {MOST} immeubles par secteur", f"at most {MOST} buildings in a turf", len(mine))
    if both := Counter(owner[b.pk].row for b in mine if b.pk in owner):
        told = ", ".join(f"{row}: {n}" for row, n in both.items())
        raise wrong("des immeubles sont aussi dans un autre contour (contour : immeubles)",
                    "buildings are in another outline too (outline: buildings)", told)  # fmt: skip
    if kept := Counter(b.turf_id for b in mine if b.turf_id in walked):
        turfs = Turf.objects.in_bulk(list(kept))
        told = ", ".join(f"{_named(turfs[pk])}: {n}" for pk, n in kept.items())
        raise wrong("des immeubles sont dans un secteur que quelqu'un marche ou a marché (secteur : immeubles)",
                    "buildings are in a turf that somebody walks or has walked (turf: buildings)", told)  # fmt: skip


def _make(of: Pass, outline: Outline, mine: list[Building]) -> NewlyDrawn:
    numbers = Turf.objects.filter(of_pass=of).order_by("-number").values_list("number", flat=True)
    before: dict[int, list[Building]] = defaultdict(list)
    for building in mine:
        before[building.turf_id].append(building)
    turfs = Turf.objects.in_bulk(list(before))
    turf = Turf(campaign=of.campaign, of_pass=of, number=(numbers.first() or 0) + 1, name=outline.name or _street(mine))
    _settle(turf, mine)
    origins = []
    for pk, gone in before.items():
        origins.append({"number": turfs[pk].number, "name": turfs[pk].name, "buildings": [b.pk for b in gone]})
        if left := list(Building.objects.filter(turf=pk)):
            _settle(turfs[pk], left)
        else:
            turfs[pk].delete()
    Drawn.objects.create(turf=turf, origins=origins)
    return NewlyDrawn(turf, len(mine), {_named(turfs[pk]): len(gone) for pk, gone in before.items()})


def _settle(turf: Turf, buildings: Sequence[Building]) -> None:
    """These are the buildings of the turf from now on: their order and their units are made anew."""
    old = list(Unit.objects.filter(turf=turf).values_list("pk", flat=True)) if turf.pk else []
    homes = [
        NewBuilding(b.station, b.station[:5], b.street, b.number, b.dwellings, (b.longitude, b.latitude), b.control)
        for b in buildings
    ]
    for place, (row, unit) in enumerate(arrange(turf, homes), 1):
        buildings[row].turf, buildings[row].unit, buildings[row].place = turf, unit, place
    Building.objects.bulk_update(buildings, ["turf", "unit", "place"], batch_size=300)
    Unit.objects.filter(pk__in=old).delete()


def _walked(of: Pass) -> set[int]:
    """The turfs where something was counted, that somebody walks, or that are finished."""
    claimed = Exists(Claim.objects.filter(turf=OuterRef("pk")))
    turfs = Turf.objects.filter(of_pass=of).annotate(claimed=claimed)
    return {
        pk
        for pk, last, taken, done in turfs.values_list("pk", "sequence", "claimed", "done_at")
        if last or taken or done
    }


def _once(buildings: Iterable[Building]) -> list[Building]:
    """Each address once where it is of a control station."""
    return list({(b.address if b.control else b.pk): b for b in buildings}.values())


def _origin(of: Pass, number: int, name: str) -> Turf:
    return Turf.objects.filter(of_pass=of, number=number).first() or Turf(
        campaign=of.campaign, of_pass=of, number=number, name=name
    )


def _street(buildings: Sequence[Building]) -> str:
    """The street with most doors."""
    doors = Counter[str]()
    for building in buildings:
        doors[building.street] += building.dwellings
    return doors.most_common(1)[0][0][:120]


def _named(turf: Turf) -> str:
    return f"{turf.number} · {turf.name}"
