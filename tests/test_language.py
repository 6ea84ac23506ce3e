"""One place knows which language is spoken, and everything that is said asks it: a page's is its visitor's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

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
