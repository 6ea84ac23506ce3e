"""Codes: what is known of real ones, and properties that hold for any text."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from isoloir import codes
from isoloir.errors import SettingsError

# Any text, and text that looks like a code: the second finds the corners, the first the surprises.
ANY = st.text(max_size=12)
LIKELY = st.from_regex(r"[ '\"]?(0|1|9|Z|ZA|ZM|2A|W|É|٣|é|E|,|\.0|-|\+){0,7}[0-9A-Za-z.,\-+ ]{0,6}", fullmatch=True)
TEXT = ANY | LIKELY


def clean(expression: pl.Expr, values: list[str]) -> list[str | None]:
    return pl.DataFrame({"x": values}, schema={"x": pl.String}).select(expression.alias("x"))["x"].to_list()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("01001", "01001"),
        ("1001", "01001"),  # a spreadsheet ate the zero
        (" 2a004 ", "2A004"),
        ("ZA101", "97101"),
        ("ZB209", "97209"),
        ("ZC302", "97302"),
        ("ZD411", "97411"),
        ("ZS501", "97501"),
        ("ZM501", "97601"),  # Mayotte until 2017: never mistaken for Saint-Pierre-et-Miquelon
        ("ZM601", "97601"),
        ("ZN818", "98818"),
        ("ZP043", "98743"),  # Polynesia until 2017
        ("ZP743", "98743"),
        ("ZW001", "98601"),
        ("ZX701", "97701"),
        ("ZX801", "97801"),
        ("ZZ088", "ZZ088"),
        ("W0001", "W0001"),  # the simulated country
        ("ZB501", None),
        ("75", None),
        ("750560", None),
        ("", None),
        ("٠١٢٣٤", None),
    ],
)
def test_commune(text: str, code: str | None) -> None:
    assert codes.clean_commune(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1", "0001"),
        ("0001", "0001"),
        ("1609", "1609"),
        ("101.0", "0101"),
        ("0E11", "0E11"),
        ("04.1", "04.1"),
        ("069A", "069A"),
        ("322b", "322B"),
        ("40-1", "40-1"),
        ("JUS1", "JUS1"),
        ("BV02", "BV02"),
        ("00001", "0001"),
        ("0,00E+00", None),
        ("1E+11", None),
        ("0000", None),
        ("0", None),
        ("", None),
        ("a station", None),
        ("Ë", None),
    ],
)
def test_station(text: str, code: str | None) -> None:
    assert codes.clean_station(text) == code


@given(TEXT)
def test_cleaners_are_idempotent(text: str) -> None:
    for cleaner in (codes.clean_commune, codes.clean_station):
        code = cleaner(text)
        assert code is None or cleaner(code) == code


@given(st.lists(TEXT, max_size=20))
def test_scalar_equals_vector(texts: list[str]) -> None:
    assert clean(codes.commune("x"), texts) == [codes.clean_commune(t) for t in texts]
    assert clean(codes.station("x"), texts) == [codes.clean_station(t) for t in texts]


@given(TEXT)
def test_a_station_code_is_what_the_text_said(text: str) -> None:
    code = codes.clean_station(text)
    if code is not None:
        said = text.strip(" \t\"'\u00a0\ufeff").upper()
        assert code.lstrip("0") == re.sub(r"(\.0+)+$", "", said).lstrip("0")
        assert code.isascii()
        assert len(code) >= 4


@given(TEXT)
def test_a_commune_code_is_what_the_text_said(text: str) -> None:
    code = codes.clean_commune(text)
    if code is not None:
        said = text.strip(" \t\"'\u00a0\ufeff").upper()
        assert code.isascii()
        assert len(code) == 5
        assert code[-2:] == said[-2:]
        assert code == said.zfill(5) or (said[0] == "Z" and code.startswith(codes.OVERSEAS[said[:3]]))


@pytest.mark.parametrize(
    ("code", "departement"), [("75056", "75"), ("97411", "974"), ("98818", "988"), ("2A004", "2A")]
)
def test_departement(code: str, departement: str) -> None:
    assert codes.departement_of(code) == departement
    assert clean(codes.departement("x"), [code]) == [departement]


@given(st.integers(1, 9999))
def test_numbered_stations_keep_their_number(number: int) -> None:
    assert codes.clean_station(str(number)) == f"{number:04d}" == codes.clean_station(f"{number:05d}")


@given(st.sampled_from(sorted(codes.ELECTION_TYPES)), st.integers(1999, 2099), st.sampled_from([1, 2]))
def test_elections_read_back(kind: str, year: int, turn: int) -> None:
    name = f"{year}_{kind}_t{turn}"
    assert str(codes.Election.parse(name)) == name


@pytest.mark.parametrize("text", ["2017_pres", "2017_pres_t3", "pres_2017_t1", "٢٠١٧_pres_t1", ""])
def test_what_names_no_election_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="no election"):
        codes.Election.parse(text)


@pytest.mark.parametrize(
    ("words", "inside", "outside"),
    [
        ("france", ["01001", "97601", "ZZ001", "W0001"], []),
        ("75", ["75056", "75112"], ["13055", "97512"]),
        ("13055", ["13055", "13203"], ["13001"]),
        ("13203", ["13055", "13216"], ["69123"]),  # an arrondissement stands for its city
        ("974 2A", ["97411", "2A004"], ["2B033", "97601"]),
        ("94, 44109", ["94028", "44109"], ["44001"]),
    ],
)
def test_an_area_contains(words: str, inside: list[str], outside: list[str]) -> None:
    contains = codes.Area.parse(words).contains("x")
    table = pl.DataFrame({"x": inside + outside}).filter(contains)
    assert table["x"].to_list() == inside


@pytest.mark.parametrize("words", ["97", "Paris", "123456", "7"])
def test_what_is_no_area_is_refused(words: str) -> None:
    with pytest.raises(SettingsError, match="no area"):
        codes.Area.parse(words)
