"""Definitions of variables: complete, right, and nothing about origin or religion."""

from __future__ import annotations

import polars as pl
import pytest

from isoloir.errors import NotAllowed, StationError
from isoloir.stations.census.variables import parse, read_definitions, refused, variables

TEMPLATE = """
minimum = 11
[terms]
{terms}
[themes.t]
fr = "Thème"
en = "Theme"
source = "INSEE"
[themes.t.variables.{name}]
fr = "{fr}"
en = "{en}"
unit = "{unit}"
{kind} = [{formula}]
"""


def define(formula: str, *, name="x", fr="Un", en="One", unit="share", kind="formula", terms=""):
    quoted = ", ".join(repr(f) for f in formula.split("|"))
    return read_definitions(TEMPLATE.format(formula=quoted, name=name, fr=fr, en=en, unit=unit, kind=kind, terms=terms))


def value(definitions, row: dict[str, float | None]):
    (variable,) = definitions
    found = variable.compute(row, definitions.terms)
    return None if found is None else pl.DataFrame(row).select(found.value).item()


def test_more_than_a_hundred_variables_with_every_theme_that_campaigns_ask_for():
    names = {v.name for v in variables()}
    assert len(names) >= 125
    assert {
        "unemployment_share", "youth_unemployment_share", "commute_transit_share", "income_median", "poverty_share",
        "age_0_5_share", "married_share", "higher_education_share", "workers_share", "workers_2022_share",
        "social_housing_share", "vacant_share", "moved_under_2_years_share", "fixed_term_contract_share",
        "lone_parent_households_share", "household_size", "population_density", "registered_per_adult",
    } <= names  # fmt: skip


def test_every_variable_has_both_labels_and_they_are_distinct():
    for language in ("fr", "en"):
        labels = [(v.label[language], v.theme) for v in variables()]
        assert len(set(labels)) == len(labels)
        assert all(label.strip() == label and label for label, _ in labels)


@pytest.mark.parametrize("column", sorted(variables().columns()))
def test_no_column_of_the_definitions_is_refused(column: str):
    assert not refused(column)


def test_alternatives_follow_the_columns_of_the_vintage():
    unemployment = next(v for v in variables() if v.name == "unemployment_share")
    terms = variables().terms
    assert unemployment.compute({"P_CHOM1564", "P_ACT1564", "P_POP1564", "P_INACT1564"}, terms).columns == (
        "P_ACT1564",
        "P_CHOM1564",
    )
    old = unemployment.compute({"P_CHOM1564", "P_POP1564", "P_INACT1564"}, terms)
    assert pl.DataFrame({"P_CHOM1564": 10.0, "P_POP1564": 120.0, "P_INACT1564": 20.0}).select(old.value).item() == 0.1
    assert unemployment.compute({"P_CHOM1564"}, terms) is None
    assert unemployment.missing({"P_CHOM1564"}, terms) == ("P_ACT1564",)


def test_arithmetic_and_its_divisor():
    definitions = define("(P_A + 2 * P_B) / (P_C - P_D)", unit="ratio")
    assert value(definitions, {"P_A": 1.0, "P_B": 2.0, "P_C": 7.0, "P_D": 2.0}) == 1.0
    assert value(definitions, {"P_A": 1.0, "P_B": 2.0, "P_C": 2.0, "P_D": 2.0}) is None
    assert value(definitions, {"P_A": None, "P_B": 2.0, "P_C": 7.0, "P_D": 2.0}) is None
    assert value(definitions, {"P_A": 1.0}) is None


def test_terms_are_alternatives_too():
    definitions = define("P_A / total", unit="ratio", terms='total = ["P_T", "P_B + P_C"]')
    assert value(definitions, {"P_A": 1.0, "P_B": 2.0, "P_C": 2.0}) == 0.25
    assert value(definitions, {"P_A": 1.0, "P_B": 2.0, "P_C": 2.0, "P_T": 5.0}) == 0.2
    (variable,) = definitions
    assert variable.missing({"P_A"}, definitions.terms) == ("P_T",)


@pytest.mark.parametrize(
    "formula",
    [
        "P_POP_ETR / P_POP",
        "P_POP - P_POP_FR",
        "1 - P_POP_FR / P_POP",
        "(0 * P_POP_IMM + P_POP_IMM) / P_POP",
        "p_pop_imm / P_POP",
        "P21_POP_IMM / P21_POP",
        "P_POPH_IMM / P_POPH",
        "P_HPOP_ETR / P_POPH",
        "C_ACT1564_IMMI1 / C_ACT1564",
        "INATC1 / P_POP",
        "AGEQ65_NAT11_SEXE1 / P_POP",
        "Ｐ_ＰＯＰ_ＩＭＭ / P_POP",
        "P_POP_ÉTR / P_POP",
        "P_POP_ETRANGERS / P_POP",
        "P_POP_LNAIS / P_POP",
        "P_MUSULMANS / P_POP",
        "P_A / P_POP|P_POP_ETR / P_POP",
    ],
)
def test_origin_and_religion_are_refused_however_they_are_spelled(formula: str):
    with pytest.raises(NotAllowed) as refusal:
        define(formula)
    assert refusal.value.rules
    assert set(refusal.value.rules) <= {"STAT-02", "STAT-03", "SENS-02"}


@pytest.mark.parametrize(
    "disguise",
    [
        {"name": "immigrant_share"},
        {"fr": "Part des étrangers"},
        {"fr": "Nés hors de France : lieu de naissance"},
        {"en": "Country of birth outside Europe"},
        {"en": "Muslim households"},
        {"terms": 'others = ["P_POP_ETR"]'},
    ],
)
def test_names_labels_and_terms_hide_nothing(disguise: dict[str, str]):
    with pytest.raises(NotAllowed):
        define("P_A / P_B", **disguise)


def test_the_refusal_says_why():
    with pytest.raises(NotAllowed, match="24 mars 2005"):
        parse("P_POP_ETR / P_POP", "x")


@pytest.mark.parametrize("column", ["P_RETR1564", "P_HRETR1564", "P_POPF", "C_FAM", "DISP_PPFAM", "men_fmp"])
def test_innocent_columns_that_look_alike_are_not_refused(column: str):
    assert not refused(column)


@pytest.mark.parametrize(
    "formula",
    [
        "__import__('os')", "P_A.x", "P_A[0]", "P_A if P_B else P_C", "lambda: P_A", "P_A ** 2", "P_A // 2", "P_A % 2",
        "'P_A'", "True", "P_A and P_B", "P_A < P_B", "(P_A, P_B)", "P_A +", "", "P_А / P_B", "unknown / P_B",
        "P_A := 1", "-P_A", "1j * P_A", "f'{P_A}'",
    ],
)  # fmt: skip
def test_a_formula_is_arithmetic_on_known_columns_and_nothing_else(formula: str):
    with pytest.raises(StationError):
        define(formula.replace("'", '"'))


@pytest.mark.parametrize("wrong", [{"unit": "percent"}, {"name": "Share"}, {"fr": ""}, {"kind": "median"}])
def test_incomplete_definitions_are_refused(wrong: dict[str, str]):
    with pytest.raises(StationError):
        define("P_A / P_B", **wrong)


def test_one_name_one_variable():
    text = TEMPLATE.format(formula="'P_A / P_B'", name="x", fr="Un", en="One", unit="share", kind="formula", terms="")
    again = text[text.index("[themes.t]") :].replace("themes.t", "themes.u")
    with pytest.raises(StationError, match="twice"):
        read_definitions(text + again)
