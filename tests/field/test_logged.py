"""Every code that is written to the audit log, wherever it is, has words in both languages; the page shows them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from entering import enter, member

import isoloir
from isoloir.field import log
from isoloir.field.logged import codes as said_of
from isoloir.field.models import Campaign
from isoloir.field.roles import Role

SOURCES = Path(isoloir.__file__).parent
MADE = {"document_": {"document_register", "document_assessment"}, "export_": {"export_approved", "export_refused"}}


def _calls() -> Iterator[tuple[ast.Call, ast.Module, list[str]]]:
    """Every call that writes to the log, its module, and the parameters of the function that it stands in."""
    for file in sorted(SOURCES.rglob("*.py")):
        module = ast.parse(file.read_text(encoding="utf-8"))
        for function in ast.walk(module):
            if isinstance(function, ast.FunctionDef):
                names = [one.arg for one in function.args.args]
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and ast.unparse(node.func) == "log.write":
                        yield node, module, [function.name, *names]


def _codes(told: ast.expr, module: ast.Module, inside: list[str]) -> set[str]:
    match told:
        case ast.Constant(value=str(code)):
            return {code}
        case ast.IfExp():
            return _codes(told.body, module, inside) | _codes(told.orelse, module, inside)
        case ast.JoinedStr(values=[ast.Constant(value=str(begin)), *_]):
            return MADE[begin]
        case ast.Name(id=name):
            place = inside.index(name) - 1
            given = [node.args[place] for node in ast.walk(module)
                     if isinstance(node, ast.Call) and ast.unparse(node.func) == inside[0]]  # fmt: skip
            assert given
            return set().union(*(_codes(one, module, inside) for one in given))
    raise AssertionError(ast.unparse(told))


def test_every_code_has_words_and_no_word_is_of_nothing() -> None:
    codes, told = set[str](), set[str]()
    for call, module, inside in _calls():
        codes |= _codes(call.args[2], module, inside)
        told |= {one.arg for one in call.keywords if one.arg}
    assert len(codes) > 40
    assert codes == set(said_of()["acts"])
    assert told <= set(said_of()["told"])
    for kind in said_of().values():
        assert list(kind) == sorted(kind)
        assert all(set(said) == {"fr", "en"} and all(said.values()) for said in kind.values())
        assert all(one != two for one, two in pairwise(sorted(said["fr"] for said in kind.values())))


@pytest.mark.django_db(databases=["default", "keys"])
def test_the_page_says_them(campaign: Campaign) -> None:
    log.write(campaign, log.PERSON, "lift_suppression", "email", how="signup_form")
    log.write(campaign, log.COMMAND, "a_code_of_long_ago", some=3)
    client = enter(member(campaign, Role.OFFICER))
    shown = client.get("/fr/field/nord/log/").content.decode()
    for words_ in (
        "la personne",
        "opposition levée par la personne",
        "par: un formulaire en ligne",
        "a_code_of_long_ago",
        "some: 3",
    ):
        assert words_ in shown
    assert "objection lifted by the person" in client.get("/en/field/nord/log/?verify=yes").content.decode()
