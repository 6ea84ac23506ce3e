"""Units: every building in one, and none of fewer than eleven dwellings unless it is never shown."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from isoloir.field.canvass.notes import foreign_words
from isoloir.field.canvass.units import LEAST, Home, divide
from isoloir.field.canvass.walking import Address, metres, walk

homes = st.lists(
    st.builds(
        Home,
        station=st.sampled_from(["94028_0001", "94028_0002"]),
        street=st.sampled_from(["Rue A", "Rue B", "Rue C"]),
        number=st.integers(1, 40).map(str),
        dwellings=st.integers(1, 30),
    ),
    min_size=1,
    max_size=60,
)


@given(homes)
def test_units_divide_a_turf_and_none_that_is_shown_is_small(given_homes: list[Home]) -> None:
    groups = divide(given_homes)
    assert sorted(row for group in groups for row in group.rows) == list(range(len(given_homes)))
    for group in groups:
        assert {given_homes[row].station for row in group.rows} == {group.station}
        dwellings = sum(given_homes[row].dwellings for row in group.rows)
        assert dwellings >= LEAST or group.level == "turf"
    for station in {home.station for home in given_homes}:
        levels = [group.level for group in groups if group.station == station]
        assert "turf" not in levels or levels == ["turf"], "what is hidden is a whole station"


def test_a_house_alone_has_no_counts_of_its_own() -> None:
    block, house = Home("s", "Rue A", "2", 24), Home("s", "Rue A", "4", 1)
    [unit] = divide([block, house])
    assert unit.rows == (0, 1)


def test_the_walk_goes_up_one_side_and_down_the_other() -> None:
    street = [Address("Rue A", str(n), (2.4 + n / 1e4, 48.8)) for n in range(1, 9)]
    numbers = [int(street[row].number) for row in walk(street)]
    assert numbers in ([1, 3, 5, 7, 8, 6, 4, 2], [2, 4, 6, 8, 7, 5, 3, 1])


def test_the_walk_visits_every_building_once_and_streets_in_a_short_way() -> None:
    streets = [Address(f"Rue {s:02}", str(n), (2.4 + s / 500, 48.8 + n / 1e4)) for s in range(12) for n in (1, 3, 5)]
    order = walk(streets)
    assert sorted(order) == list(range(36))
    length = sum(metres(streets[a].point, streets[b].point) for a, b in itertools.pairwise(order))
    along, between = 12 * 4 * 11.2, 11 * 146.7  # metres: 12 streets of 44 m, and from each to the next
    assert length < 1.35 * (along + between)


def test_notes_take_words_for_buildings_and_refuse_people() -> None:
    for kept in ("Digicode 45B7, entrée par la cour", "chien attaché", "bâtiment C, 3e étage", "door code 12A, dogs"):
        assert foreign_words(kept) == (), kept
    for refused in ("M. Dupont", "vieille dame seule", "électeur de gauche", "06 12 34 56 78 90", "famille turque",
                    "a@example.org", "malade", "il vote Macron", "dupont 3e gauche"):  # fmt: skip
        assert foreign_words(refused), refused
