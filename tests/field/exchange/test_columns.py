"""Columns: what enters, what the law refuses under whatever name, and what nobody needs; each with its rule."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path

import pytest

from isoloir.field.imports.columns import judge, lawful
from isoloir.field.imports.layouts import layout_of, layouts, named
from isoloir.law import rules

TODAY = date(2026, 11, 26)
COLUMNS = tomllib.loads((Path(__file__).parents[2] / "law" / "columns.toml").read_text(encoding="utf-8"))
DISGUISED = [(name, category) for category, names in COLUMNS["disguised"].items() for name in names]
REFUSED = {"religion", "belief", "union", "political_opinion", "origin", "health", "sex_life", "genetic", "biometric",
           "nationality", "birth_place", "social_profile"}  # fmt: skip


def test_none_of_hundreds_of_disguised_columns_enters() -> None:
    names = [name for name, category in DISGUISED if category in REFUSED]
    assert len(names) >= 200
    for name in names:
        email, column = judge(["email", name], [["a@exemple.fr", "1"]], named("csv"), lawful(), TODAY)
        assert email.fate == "mapped"
        assert column.fate == "refused", name
        assert column.rules
        assert column.told


@pytest.mark.parametrize("name", ["col7", "x12", "Préférence"])
@pytest.mark.parametrize(
    ("cell", "rule"),
    [("musulman", "SENS-08"), ("vote RN", "SENS-02"), ("syndiqué CGT", "SENS-08"), ("maghrébin", "SENS-08")],
)  # fmt: skip
def test_values_betray_a_column_whose_name_says_nothing(name: str, cell: str, rule: str) -> None:
    rows = [["a@exemple.fr", "1"], ["b@exemple.fr", cell]]
    column = judge(["email", name], rows, named("csv"), lawful(), TODAY)[1]
    assert column.fate == "refused"
    assert rule in column.rules


def test_a_column_that_nobody_knows_is_dropped_by_name_of_a_rule() -> None:
    column = judge(["email", "couleur préférée"], [["a@exemple.fr", "bleu"]], named("csv"), lawful(), TODAY)[1]
    assert (column.fate, column.rules) == ("dropped", ("SENS-09",))


@pytest.mark.parametrize("name", sorted(layouts()))
def test_a_layout_trips_over_none_of_its_own_columns(name: str) -> None:
    layout = named(name)
    own = [column for names in layout.columns.values() for column in names]
    fates = {column.name: column.fate for column in judge(own, [["" for _ in own]], layout, lawful(), TODAY)}
    assert set(fates.values()) == {"mapped"}, [one for one, fate in fates.items() if fate != "mapped"]
    signs = [*layout.yes, *layout.refuses, *layout.opted_out, *layout.deceased, *layout.consented_at]
    assert {column.fate for column in judge(signs, [["" for _ in signs]], layout, lawful(), TODAY)} <= {"read"}


@pytest.mark.parametrize("name", sorted(layouts()))
def test_what_a_layout_refuses_is_refused_by_rules_that_exist(name: str) -> None:
    layout = named(name)
    refused = [pattern.replace("*", "x") for patterns in layout.refused.values() for pattern in patterns]
    for column in judge(refused, [["" for _ in refused]], layout, lawful(), TODAY):
        assert column.fate == "refused", column.name
        assert set(column.rules) <= set(rules())


def test_every_column_of_a_nationbuilder_export_has_its_fate(real_data: Path) -> None:
    text = (real_data / "nationbuilder_export_columns.txt").read_text(encoding="utf-8").strip()
    header = _expanded(text)
    layout = layout_of(header, cards=False)
    assert layout.name == "nationbuilder"
    found = {column.name: column for column in judge(header, [["" for _ in header]], layout, lawful(), TODAY)}
    assert not [one.name for one in found.values() if "SENS-09" in one.rules]  # somebody classified each of them
    forbidden = {"religion", "church", "ethnicity", "party", "previous_party", "inferred_party",
                 "inferred_support_level", "support_probability_score", "turnout_probability_score",
                 "facebook_username", "twitter_id", "twitter_login", "meetup_id", "support_level", "note"}  # fmt: skip
    assert {found[name].fate for name in forbidden} == {"refused"}
    assert {one.meaning for one in found.values() if one.fate == "mapped"} == set(layout.columns)


def _expanded(text: str) -> list[str]:
    """The names in a list with alternatives in braces."""
    import itertools
    import re

    found = []
    for part in re.split(r",(?![^{]*})", text):
        choices = [piece.split(",") for piece in re.findall(r"\{([^}]*)\}", part)]
        shape = re.sub(r"\{[^}]*\}", "%s", part)
        found += [shape % choice for choice in itertools.product(*choices)]
    return found
