from pathlib import Path

import pytest

from isoloir.errors import LayoutChanged
from isoloir.sources.census.names import name_census, name_filosofi, refuse

FILE = Path("table.csv")


@pytest.mark.parametrize(
    ("column", "year", "plain"),
    [
        ("P21_CHOM1564", 2021, "P_CHOM1564"),
        ("P09_CHOM1564", 2009, "P_CHOM1564"),
        ("C11_POP15P_CS3", 2011, "C_POP15P_CS3"),
        ("C21_ACTOCC15P_TCOM", 2021, "C_ACTOCC15P_TCOM"),
        ("P07_POP0002", 2007, "P_POP0002"),
    ],
)
def test_the_year_leaves_the_name_and_nothing_else_does(column: str, year: int, plain: str) -> None:
    assert name_census([column], FILE) == (year, {column: plain})


def test_the_occupations_of_2022_never_take_the_names_of_before() -> None:
    new = [f"C22_POP15P_STAT_GSEC{c}" for c in ("11_21", "12_22", "13_23", "14_24", "15_25", "16_26", "32", "40")]
    old = [f"C21_POP15P_CS{i}" for i in range(1, 9)]
    _, names_new = name_census(new, FILE)
    _, names_old = name_census(old, FILE)
    assert names_new["C22_POP15P_STAT_GSEC11_21"] == "C_POP15P_STAT_GSEC11_21"
    assert not set(names_new.values()) & set(names_old.values())


def test_columns_of_another_vintage_are_not_taken() -> None:
    assert name_census(["P21_POP", "P21_LOG", "P15_POP"], FILE)[1] == {"P21_POP": "P_POP", "P21_LOG": "P_LOG"}


def test_a_file_named_after_another_year_is_refused() -> None:
    with pytest.raises(LayoutChanged, match="named 2020 but its columns are of 2021"):
        name_census(["P21_POP"], Path("base-ic-logement-2020.CSV"))


def test_a_file_without_variables_is_refused() -> None:
    with pytest.raises(LayoutChanged, match="no column has the name of a variable"):
        name_census(["IRIS", "COM"], FILE)


def test_incomes_have_one_name_in_every_layout() -> None:
    assert name_filosofi(["DISP_MED21", "DISP_TP6021", "DISP_S80S2021", "DISP_D121"], "DISP", FILE) == (
        2021,
        {"DISP_MED21": "DISP_MED", "DISP_TP6021": "DISP_TP60", "DISP_S80S2021": "DISP_S80S20", "DISP_D121": "DISP_D1"},
    )
    assert name_filosofi(["MED12", "NBMENFISC12", "TP60AGE112", "D112"], "DISP", FILE) == (
        2012,
        {"MED12": "DISP_MED", "NBMENFISC12": "DISP_NBMEN", "TP60AGE112": "DISP_TP60AGE1", "D112": "DISP_D1"},
    )


def test_declared_and_disposable_incomes_are_not_mixed() -> None:
    _, declared = name_filosofi(["Q221", "RD", "Q3_Q1", "PMIMP21"], "DEC", FILE)
    assert declared == {"Q221": "DEC_MED", "RD": "DEC_RD", "Q3_Q1": "DEC_Q3_Q1", "PMIMP21": "DEC_PIMP"}


def test_nationality_and_immigration_are_refused_with_the_reason() -> None:
    forbidden, notices = refuse(["P21_POP", "P21_POP_FR", "P21_POP_ETR", "P21_POP_IMM", "P21_FAM"], FILE)
    assert forbidden == {"P21_POP_FR", "P21_POP_ETR", "P21_POP_IMM"}
    assert len(notices) == 1
    assert "24 mars 2005" in notices[0].what
    assert "P21_POP_ETR" in str(notices[0])
    assert notices[0].severity == "info"


@pytest.mark.parametrize("column", ["P21_POP0002", "P21_MENFAM", "C21_NE24F0", "P21_RP_LOCHLMV", "P21_ETUD1564"])
def test_ordinary_columns_are_not_mistaken_for_forbidden_ones(column: str) -> None:
    assert refuse([column], FILE) == (set(), [])
