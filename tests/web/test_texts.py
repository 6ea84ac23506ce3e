"""Both languages are complete, and nothing asks for a text that does not exist."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from isoloir.codes import ELECTION_TYPES
from isoloir.web.texts import texts

FRONTEND = Path(__file__).parents[2] / "frontend" / "src"
TEMPLATES = Path(str(resources.files("isoloir.web"))) / "templates"
COMPUTED = {f"election_{t}" for t in ELECTION_TYPES} | {f"quality_{q}" for q in "ABCD"} | {"round_1", "round_2"}


def braces(text: str) -> list[str]:
    return sorted(re.findall(r"\{(\w+)\}", text))


def test_each_text_says_something_in_both_languages_with_the_same_blanks() -> None:
    french, english = texts("fr"), texts("en")
    assert french.keys() == english.keys()
    for name in french:
        assert french[name].strip(), name
        assert english[name].strip(), name
        assert braces(french[name]) == braces(english[name]), name


def test_french_keeps_its_punctuation_on_the_line() -> None:
    for name, text in texts("fr").items():
        assert not re.search(r"[^\u00a0\u202f] [:;?!»%]|« ", text), name


def asked() -> set[str]:
    code = "\n".join(file.read_text(encoding="utf-8") for file in sorted(FRONTEND.glob("*.ts")))
    pages = "\n".join(file.read_text(encoding="utf-8") for file in sorted(TEMPLATES.glob("*.html")))
    ternaries = re.findall(r'say\([^()]*\? "(\w+)" : "(\w+)"', code)
    names = set(re.findall(r'\bsay\("(\w+)"', code)) | {n for pair in ternaries for n in pair}
    return names | set(re.findall(r"\bt\.(\w+)", pages)) | COMPUTED


def test_what_pages_and_scripts_ask_for_exists() -> None:
    if not FRONTEND.is_dir():
        pytest.skip("the front end's sources are not here (an installed wheel)")
    assert asked() - texts("fr").keys() == set()


def test_no_text_is_left_over() -> None:
    if not FRONTEND.is_dir():
        pytest.skip("the front end's sources are not here (an installed wheel)")
    families = ("error_", "unit_", "kind_", "column_", "sure_", "theme_", "classes_", "factor_")
    left = {n for n in texts("fr").keys() - asked() if not n.startswith(families)}
    assert left == set()
