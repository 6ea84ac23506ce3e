"""Sensitive columns are recognised under hundreds of names, by their cells too, and innocent ones are left alone."""

from __future__ import annotations

import random
import tomllib
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isoloir.law.facts import vocabulary
from isoloir.law.sensitive import in_cells, recognise

COLUMNS = tomllib.loads((Path(__file__).parent / "columns.toml").read_text(encoding="utf-8"))
DISGUISED = [(name, category) for category, names in COLUMNS["disguised"].items() for name in names]
INNOCENT = COLUMNS["innocent"]["names"]
LEET = {"o": "0", "i": "1", "e": "3", "a": "4", "s": "5", "t": "7"}
LOOKALIKE = {"a": "а", "c": "с", "e": "е", "o": "о", "p": "р", "i": "і"}


def categories(name: str, cells: tuple[object, ...] = ()) -> set[str]:
    return {finding.category for finding in recognise(name, cells)}


@pytest.mark.parametrize(("name", "category"), DISGUISED)
def test_a_disguised_name_is_recognised(name: str, category: str) -> None:
    findings = recognise(name)
    assert category in {finding.category for finding in findings}
    assert all(finding.text.fr and finding.text.en and finding.word for finding in findings)


@pytest.mark.parametrize("name", INNOCENT)
def test_an_innocent_name_is_left_alone(name: str) -> None:
    assert recognise(name) == ()


def test_there_are_hundreds_of_each() -> None:
    special = vocabulary()["data_categories"].groups["special"]
    assert len({name for name, category in DISGUISED if category in special}) >= 200
    assert len(set(INNOCENT)) >= 200
    assert set(special) <= set(COLUMNS["disguised"])


def dress(word: str, chance: random.Random) -> str:
    """The word as somebody would write it who does not want it seen."""
    letters = []
    for letter in word:
        kind = chance.random()
        if kind < 0.15 and letter in LEET:
            letter = LEET[letter]
        elif kind < 0.3 and letter in LOOKALIKE:
            letter = LOOKALIKE[letter]
        elif kind < 0.4 and letter.isalpha():
            letter = unicodedata.normalize("NFC", letter + chance.choice(["\u0301", "\u0300", "\u0308"]))
        letters.append(letter.upper() if chance.random() < 0.2 and letters == [] else letter)
    return (
        chance.choice(["", "code_", "x ", "is-", "id."]) + "".join(letters) + chance.choice(["", "_2", " (o/n)", "."])
    )


@given(
    st.sampled_from(["religion", "confession", "musulman", "syndicat", "ethnie", "opinion", "politique", "homosexuel"]),
    st.randoms(use_true_random=False),
)
@settings(max_examples=300, deadline=None)
def test_any_disguise_of_a_full_word_is_seen_through(word: str, chance: random.Random) -> None:
    plain = categories(word)
    assert plain & categories(dress(word, chance)), "as the word without disguise"


@given(st.text(max_size=40), st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=30)), max_size=8))
@settings(max_examples=200, deadline=None)
def test_any_column_can_be_looked_at(name: str, cells: list[object]) -> None:
    for finding in recognise(name, cells):
        assert finding.category in vocabulary()["data_categories"].values
        assert 0 < finding.share <= 1


@pytest.mark.parametrize(
    ("name", "cells", "category"),
    [
        ("col7", ("musulman", "catho", "juif"), "religion"),
        ("ref", ("A12", "B7", "Catholique pratiquante"), "religion"),
        ("tags", ("velo;CGT", "marche"), "union"),
        ("champ_libre", ("vue au marche, plutot de droite", ""), "political_opinion"),
        ("cle", ("RN", "LR", "PS", "", None), "political_opinion"),
        ("statut", ("Strong support", "Undecided"), "political_opinion"),
        ("info", ("d'origine algérienne", "x"), "origin"),
        ("t", ("gay", "x"), "sex_life"),
        ("obs_med", ("diabétique", "ras"), "health"),
        ("k", ("MUSULMАN",), "religion"),  # the second A is Cyrillic
        ("ville", ("Musulman", "Juif", "Musulmane"), "religion"),
        ("zz", ("franc-maçon",), "belief"),
        ("q7", ("mu5ulman",), "religion"),
        ("q7", ("m.u.s.u.l.m.a.n",), "religion"),
        ("q7", ("🕌",), "religion"),
        ("q7", ("croyante",), "religion"),
        ("q7", ("Symp. RN",), "political_opinion"),
        ("q7", ("adhérente LR",), "political_opinion"),
        ("q7", ("a voté FN en 2017",), "political_opinion"),
        ("q7", ("plutôt à gauche",), "political_opinion"),
        ("q7", ("encarté CGT",), "union"),
        ("q7", ("origine tunisienne",), "origin"),
        ("q7", ("Algérienne",), "origin"),
        ("q7", ("séropo",), "health"),
        ("q7", ("https://www.facebook.com/zoe",), "social_profile"),
    ],
)
def test_cells_betray_a_column_whose_name_says_nothing(name: str, cells: tuple[object, ...], category: str) -> None:
    assert category in categories(name, cells)


@pytest.mark.parametrize(
    ("name", "cells"),
    [
        ("ville", ("Saint-Denis", "Notre-Dame-de-Gravenchon", "Le Centre", "Église-Neuve")),
        ("adresse", ("12 rue des Juifs", "3 place de la Mosquée", "1 rue du Temple")),
        (
            "nom",
            ("Juif", "Martin", "Chrétien", "Durand", "Le Droit", "Blanc", "Legauche", "Noir", "Roy", "Petit", "Roux"),
        ),
        ("prenom", ("Christian", "Gay", "Jean", "Marie", "Fatima", "David", "Sarah", "Ahmed", "Paul")),
        ("departement", ("75", "2A", "PC", "13")),
        ("civilite", ("M", "Mme", "Dr")),
        ("metier", ("professeur", "syndic de copropriété", "pasteurisateur", "infirmière")),
        ("employeur", ("Secours catholique", "Croix-Rouge", "Mairie")),
        ("disponibilites", ("lundi", "week-end", "sud de la ville", "pour le tractage")),
        ("offre_aide", ("porte-à-porte", "tractage", "voiture", "traduction")),
        (
            "offre_aide",
            (
                "traduire en arabe",
                "conduire des personnes handicapées",
                "tracter devant la mosquée",
                "tenir le bureau de l'école catholique",
                "plutôt de 18 h à 20 h",
                "boîtage rue des Juifs",
                "tractage à gauche du pont",
            ),
        ),
        ("Nom", ("Noir", "Blanc")),
        ("Nom", ("Chrétien", "Roy", "Petit")),
        ("date_inscription", ("2026-01-01", "", None)),
        ("lieu_vote", ("École Jules-Ferry", "Mairie", "Gymnase du Parc")),
    ],
)
def test_innocent_cells_are_left_alone(name: str, cells: tuple[object, ...]) -> None:
    assert recognise(name, cells) == ()


def test_short_words_count_only_where_most_cells_are_such() -> None:
    assert in_cells(["SUD", "est", "nord", "ouest", "centre-ouest"]) == ()
    assert [f.category for f in in_cells(["SUD", "FO", "CGC", "x"])] == ["union"]


def test_the_share_is_that_of_the_filled_cells() -> None:
    (finding,) = in_cells(["musulman", "musulman", "velo", "marche", "", None])
    assert (finding.category, finding.word, finding.share) == ("religion", "musulman", 0.5)
