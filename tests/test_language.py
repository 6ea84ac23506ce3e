"""One place knows which language is spoken, and everything that is said asks it: a page's is its visitor's."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import isoloir.field
from isoloir.errors import BadAddress, SourceError
from isoloir.language import language, say, speaking, texts_of


def test_what_is_said_in_a_block_is_in_its_language_and_not_beyond_it() -> None:
    own = language()
    for spoken, other in (("fr", "en"), ("en", "fr")):
        with speaking(spoken):
            assert (language(), say("oui", "yes")) == (spoken, {"fr": "oui", "en": "yes"}[spoken])
            with speaking(other):
                assert language() == other
            assert language() == spoken
            with ThreadPoolExecutor(1) as elsewhere:
                assert elsewhere.submit(language).result() == own  # another request is none of ours
    assert language() == own


def test_a_language_that_nobody_wrote_texts_in_changes_nothing() -> None:
    own = language()
    for spoken in ("", "de", "FR"):
        with speaking(spoken):
            assert language() == own
    with speaking("fr-be"):
        assert texts_of("isoloir.web")[language()] == texts_of("isoloir.web")["fr"]


def test_errors_say_their_own_words_in_the_language_that_is_spoken() -> None:
    def said() -> tuple[str, str]:
        source = SourceError("X", file="a.csv", row=3, value="b")
        return str(source), str(BadAddress("email", "zoe@", "Y"))

    with speaking("fr"):
        assert said() == ("a.csv, ligne 3 : X (valeur 'b')", "adresse email (z…, 4 caractères) : Y")
    with speaking("en"):
        assert said() == ("a.csv, row 3: X (value 'b')", "email address (z…, 4 characters): Y")


SHOWN = {"SettingsError", "BookError", "NotAllowed", "NotSent", "SourceError", "LayoutChanged", "BadAddress"}


def sentences(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """What is raised in one language only: texts of five words and more, given to an error as they are."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SHOWN:
            for told in (one for one in node.args if isinstance(one, ast.Constant | ast.JoinedStr)):
                values = told.values if isinstance(told, ast.JoinedStr) else [told]
                parts = [part.value for part in values if isinstance(part, ast.Constant)]
                text = " ".join(part for part in parts if isinstance(part, str))
                if len(re.findall(r"\b[a-z]{2,}\b", text)) > 4:
                    yield node.lineno, text


def test_no_error_of_the_contact_book_speaks_one_language_only() -> None:
    assert list(sentences(ast.parse('raise BookError(f"{x} is being erased; try again")')))
    assert not list(
        sentences(ast.parse('raise BookError(say("un deux trois quatre cinq", "one two three four five"))'))
    )
    room = Path(isoloir.field.__file__).parent
    found = [(file.name, *one) for file in room.rglob("*.py") for one in sentences(ast.parse(file.read_text()))]
    assert not found
